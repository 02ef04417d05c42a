import { z } from 'zod';
import { nameField, type Report, ruled } from '../fields.js';
import { groupConditionMetrics, groupMetrics, readersMetrics } from '../metricNames.js';
import { purposes, type Expectation } from '../plan.js';
import { isMap, valueAt } from '../source.js';
import { alertsSection } from './alerts.js';
import { checkReplication, clusterSection } from './cluster.js';
import { coordinationSection } from './coordination.js';
import { consumersSection } from './consumers.js';
import { expectSection } from './expect.js';
import { kafkaSection } from './kafka.js';
import { limitsSection } from './limits.js';
import { outputsSection } from './outputs.js';
import { registrySection } from './registry.js';
import { replaySection } from './replaySection.js';
import { reservoirSection, streamSection } from './topicSections.js';
import { reportTwins } from './twins.js';
import { brokerSection, matrixSection, variantField } from './variants.js';

const shape = z.strictObject({
  name: nameField('rate-stairs').meta({ description: "The scenario's name; part of the run folder's name." }),
  kafka: kafkaSection,
  registry: registrySection,
  alerts: alertsSection,
  reservoir: reservoirSection,
  stream: streamSection,
  replay: replaySection,
  consumers: consumersSection,
  expect: expectSection,
  variants: z
    .array(variantField)
    .prefault([])
    .meta({ description: 'Configurations to compare with each other.' }),
  matrix: matrixSection,
  cluster: clusterSection,
  broker: brokerSection,
  outputs: outputsSection,
  limits: limitsSection,
  purpose: z.enum(purposes).optional().meta({
    description:
      'What the run is about: a late load generator makes a measurement of the broker invalid, but a test of consumers only where it matters. Default: consumers if a group is external or a command, else broker.',
  }),
  coordination: coordinationSection,
});

/**
 * The definition of scenario files: types, validation and the schema for editors come from here.
 *
 * @remarks To add a key: a field in its section with a description, its member in `plan.ts`, and its line in
 * `printPlan.ts`.
 */
export const scenarioDefinition = ruled(shape, (scenario, report) => {
  checkTopics(scenario, report);
  checkReplication(scenario, report);
  checkRecorded(scenario, report);
  checkAhead(scenario, report);
  checkExpectations(scenario, report);
  checkConditions(scenario, report);
  checkBacklogs(scenario, report);
  reportTwins(scenario.variants, ['variants'], 'variant', report);
});

/** As written, as plain data. */
export type ScenarioInput = z.input<typeof shape>;

/** With units and defaults resolved, section by section. */
export type ScenarioValues = z.output<typeof shape>;

type Scenario = Readonly<Record<string, unknown>>;

function checkTopics(scenario: Scenario, report: Report): void {
  const reservoir = valueAt(scenario, ['reservoir', 'topic']);
  const stream = valueAt(scenario, ['stream', 'topic']);
  if (typeof stream === 'string' && reservoir === stream) {
    report(
      ['stream', 'topic'],
      'is the topic of the reservoir, too',
      'a replay reads one and writes the other',
    );
  }
}

function checkRecorded(scenario: Scenario, report: Report): void {
  const alerts = scenario.alerts;
  if (!isMap(alerts)) return;
  if (alerts.kind !== 'payload' && alerts.payload === undefined) return;
  phasesOf(scenario).forEach((phase, index) => {
    if (valueAt(phase, ['pacing', 'kind']) !== 'recorded' && valueAt(phase, ['pace']) !== 'recorded') return;
    report(
      ['replay', 'phases', index, 'pace'],
      'cannot be recorded where alerts are payloads: they have no times',
      'give the phase a rate',
    );
  });
}

/** Alerts that are made while they are sent are each sent once, by a schedule that is known before. */
function checkAhead(scenario: Scenario, report: Report): void {
  const visits = valueAt(scenario, ['alerts', 'synthetic', 'visits']) === 'forever';
  const duration = valueAt(scenario, ['alerts', 'synthetic', 'duration']) !== undefined;
  const isAhead = isMap(valueAt(scenario, ['alerts', 'ahead'])) || visits || duration;
  if (!isAhead) return;
  phasesOf(scenario).forEach((phase, index) => {
    const [key, why] = notAhead(phase, scenario.alerts) ?? [];
    if (key === undefined || why === undefined) return;
    report(
      ['replay', 'phases', index, ...key],
      `${why} where alerts are made while they are sent`,
      aheadHint,
    );
  });
}

const aheadHint =
  'give alerts.synthetic a number of visits, which are preloaded, or the phase a rate or such visits';

/** What a phase has that does not go with such alerts. */
function notAhead(phase: unknown, alerts: unknown): readonly [key: string[], why: string] | undefined {
  const pacing = valueAt(phase, ['pacing']);
  if (!isMap(pacing)) return undefined;
  const { kind } = pacing;
  if (kind === 'recorded') return [['pace'], 'cannot be recorded'];
  if (kind === 'search') return [['search'], 'is not possible'];
  if (kind === 'backlog' || kind === 'catchUp') return [[kind], 'is not possible'];
  if (kind === 'max') return [['rate'], 'cannot be max'];
  if (kind !== 'visits' || !isMap(alerts)) return undefined;
  const { alertsPerVisit, cadenceNs } = alerts;
  if (pacing.cadenceNs !== cadenceNs) return [['visits', 'cadence'], 'must be that of alerts.synthetic'];
  if (valueAt(pacing, ['size', 'alerts']) === alertsPerVisit) return undefined;
  return [['visits', 'alerts'], `must be alertsPerVisit of alerts.synthetic, ${String(alertsPerVisit)},`];
}

function checkExpectations(scenario: Scenario, report: Report): void {
  const { expect } = scenario;
  if (!Array.isArray(expect)) return;
  const names = phasesOf(scenario).map((phase) => valueAt(phase, ['name']));
  const searches = phasesOf(scenario)
    .filter((phase) => valueAt(phase, ['pacing', 'kind']) === 'search' || isMap(valueAt(phase, ['search'])))
    .map((phase) => valueAt(phase, ['name']));
  const nobodyReads = hasNoReaders(scenario);
  for (const expectation of expect as readonly unknown[]) {
    const metric = valueAt(expectation, ['metric']);
    const phase = valueAt(expectation, ['phase']);
    if (typeof metric !== 'string') continue;
    const key = typeof phase === 'string' ? `${phase}.${metric}` : metric;
    if (groupMetrics.has(metric)) {
      checkWatched(scenario, String(phase), metric, report);
      continue;
    }
    if (typeof phase === 'string') checkPrefix(phase, metric, names, groupsOf(scenario, 'own'), report);
    if (metric === 'rate' && names.includes(phase) && !searches.includes(phase)) {
      report(
        ['expect', key],
        `is the rate that a search found, but ${String(phase)} is not a search`,
        'write achievedRate',
        'key',
      );
    }
    if (nobodyReads && readersMetrics.has(metric)) {
      report(
        ['expect', key],
        'is measured by consumers, but there are none',
        'add consumers: {groups: 1, members: 1}',
        'key',
      );
    }
  }
}

/** The prefix of a metric is a phase, or before `endToEnd` a consumer group. */
function checkPrefix(
  prefix: string,
  metric: string,
  phases: readonly unknown[],
  groups: readonly unknown[],
  report: Report,
): void {
  const path = ['expect', `${prefix}.${metric}`];
  const isGroup = groups.includes(prefix);
  const isEndToEnd = metric.startsWith('endToEnd.');
  if (phases.includes(prefix)) {
    if (isGroup && isEndToEnd) {
      const hint = 'give one of them another name';
      report(path, `may be about the phase or the consumer group "${prefix}"`, hint, 'key');
    }
  } else if (!isGroup) {
    report(path, `names the phase "${prefix}", but there is none of this name`, undefined, 'key');
  } else if (!isEndToEnd) {
    const hint = `write ${prefix}.endToEnd.p99, or PHASE.${metric}`;
    report(path, `is not measured by consumer group, as "${prefix}" is one`, hint, 'key');
  }
}

/** The prefix of these metrics is a group that is watched. */
function checkWatched(scenario: Scenario, prefix: string, metric: string, report: Report): void {
  const path = ['expect', `${prefix}.${metric}`];
  if (groupsOf(scenario, 'watched').includes(prefix)) return;
  if (groupsOf(scenario, 'own').includes(prefix)) {
    const hint = `write ${prefix}.endToEnd.p99`;
    report(path, `is measured of external groups and commands, but "${prefix}" is one of ours`, hint, 'key');
  } else {
    report(path, `names the consumer group "${prefix}", but there is none of this name`, undefined, 'key');
  }
}

/** The names of groups: of ours, or of those that are watched. */
function groupsOf(scenario: Scenario, kind: 'own' | 'watched'): readonly unknown[] {
  const groups = valueAt(scenario, ['consumers', 'groups']);
  if (!Array.isArray(groups)) return [];
  return (groups as readonly unknown[])
    .filter((group) => isWatched(group) === (kind === 'watched'))
    .map((group) => valueAt(group, ['name']));
}

/** As it is written, or as it was read. */
function isWatched(group: unknown): boolean {
  const kind = valueAt(group, ['kind']);
  if (kind !== undefined) return kind !== 'own';
  return valueAt(group, ['external']) !== undefined || valueAt(group, ['command']) !== undefined;
}

function checkConditions(scenario: Scenario, report: Report): void {
  const nobodyReads = hasNoReaders(scenario);
  const isWatching = groupsOf(scenario, 'watched').length > 0;
  phasesOf(scenario).forEach((phase, index) => {
    const conditions = valueAt(phase, ['conditions']);
    if (!Array.isArray(conditions)) return;
    for (const { metric, phase: group } of conditions as readonly Expectation[]) {
      const path = ['replay', 'phases', index, 'search', 'conditions'];
      if (group !== undefined)
        checkGroupCondition(scenario, [...path, `${group}.${metric}`], group, metric, report);
      else if (nobodyReads && readersMetrics.has(metric) && !(metric === 'lag' && isWatching)) {
        report(
          [...path, metric],
          'is measured by consumers, but there are none',
          'add consumers: {groups: 1, members: 1}',
          'key',
        );
      }
    }
  });
}

/** The prefix of a condition is a group that has the metric. */
function checkGroupCondition(
  scenario: Scenario,
  path: readonly (string | number)[],
  group: string,
  metric: string,
  report: Report,
): void {
  const kind = (['own', 'watched'] as const).find((one) => groupsOf(scenario, one).includes(group));
  const of = groupConditionMetrics.get(metric)?.of ?? 'all';
  if (kind === undefined) {
    const names = [...groupsOf(scenario, 'own'), ...groupsOf(scenario, 'watched')].join(', ');
    const hint = names === '' ? 'add it under consumers: {groups: [...]}' : `the groups are ${names}`;
    report(path, `names the consumer group "${group}", but there is none of this name`, hint, 'key');
  } else if (of !== 'all' && of !== kind) {
    const message =
      of === 'own'
        ? `is measured by consumers of the run, but "${group}" is watched by its commits`
        : `is measured of external groups and commands, but "${group}" is one of the run's own`;
    const hint =
      of === 'own' ? `write ${group}.commitLatency.p99` : `write ${group}.endToEnd.p99 or ${group}.lag`;
    report(path, message, hint, 'key');
  }
}

/** Groups that do not read during a backlog catch up in a phase after it, and no others do. */
function checkBacklogs(scenario: Scenario, report: Report): void {
  const all = [...groupsOf(scenario, 'own'), ...groupsOf(scenario, 'watched')];
  let waiting: readonly unknown[] = [];
  let last: readonly (string | number)[] = [];
  phasesOf(scenario).forEach((phase, index) => {
    const kind = valueAt(phase, ['pacing', 'kind']);
    if (kind !== 'backlog' && kind !== 'catchUp') return;
    const path = ['replay', 'phases', index, kind];
    const named = valueAt(phase, ['groups']);
    const groups: readonly unknown[] = Array.isArray(named) ? named : kind === 'backlog' ? all : waiting;
    for (const group of groups.filter((one) => !all.includes(one)))
      report(path, `names the consumer group "${String(group)}", but there is none of this name`);
    if (kind === 'backlog') {
      for (const group of groups.filter((one) => startsLater(scenario, one)))
        report(
          path,
          `keeps the consumer group "${String(group)}" from reading, which joins by itself after its startAfter`,
          'leave that out, or name the other groups in groups',
        );
      if (all.length === 0)
        report(path, 'is for consumers to catch up with, but there are none', 'add consumers: {groups: 1}');
      waiting = [...new Set([...waiting, ...groups])];
      last = path;
    } else {
      const idle = groups.filter((group) => all.includes(group) && !waiting.includes(group));
      if (groups.length === 0 || idle.length > 0)
        report(path, 'lets groups catch up that have no backlog', 'put a phase with backlog before it');
      waiting = waiting.filter((group) => !groups.includes(group));
    }
  });
  const missing = waiting.filter((group) => all.includes(group));
  if (missing.length > 0)
    report(last, `is never read by ${missing.join(', ')}`, 'add a phase with catchUp after it');
}

/** Until it joins it cannot be told anything. */
function startsLater(scenario: Scenario, name: unknown): boolean {
  const groups = valueAt(scenario, ['consumers', 'groups']);
  if (!Array.isArray(groups)) return false;
  return (groups as readonly unknown[]).some(
    (group) => valueAt(group, ['name']) === name && Number(valueAt(group, ['startAfterNs'])) > 0,
  );
}

function hasNoReaders(scenario: Scenario): boolean {
  const groups = valueAt(scenario, ['consumers', 'groups']);
  return Array.isArray(groups) && groups.every(isWatched);
}

function phasesOf(scenario: Scenario): readonly unknown[] {
  const phases = valueAt(scenario, ['replay', 'phases']);
  return Array.isArray(phases) ? phases : [];
}
