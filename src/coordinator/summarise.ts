import { kafkaErrorName } from '../kafka/libraryError.js';
import type { Watermarks } from '../kafka/topics.js';
import { checkCondition, checkWatched, type Measured } from '../measure/checkCondition.js';
import { latenciesOf, MergedLatencies } from '../measure/latencySet.js';
import type { GroupAccount } from '../measure/ledger.js';
import { outagesOf, outageShare } from '../measure/outages.js';
import { phaseCounts } from '../measure/phaseCounts.js';
import { foundRate, searchFindings } from '../measure/searchVerdict.js';
import { selfCheck, selfCheckForConsumers, type PhaseHealth } from '../measure/selfCheck.js';
import { overallRate, rateOf, useTogether } from '../results/averages.js';
import { verdictOf, type Finding, type FindingOf } from '../results/findings.js';
import {
  type CatchUp,
  schemaVersion,
  type GroupLatency,
  type GroupSummary,
  type PhaseSummary,
  type RunResult,
  type ShardsResult,
  type WatchedGroup,
} from '../results/runFolder.js';
import type { Counts, ExpectationResult, PlannedLoad } from '../results/values.js';
import { groupMetrics } from '../scenario/metricNames.js';
import { defaultExpectations, isAnyRate } from '../scenario/expectationSyntax.js';
import { ownGroups, type Expectation, type PhasePlan, type Plan } from '../scenario/plan.js';
import { figuresOf, type PacingFigures, type RecordedFacts } from '../schedule/phaseFigures.js';
import type { LoadPhase } from '../workers/protocol.js';
import type { Collector, PhaseFacts } from './collector.js';
import type { WorkerFailure } from './pool.js';
import type { FinishedSearch } from './searchRun.js';

export interface SummaryInputs {
  readonly plan: Plan;
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** The warm-up too. */
  readonly phases: readonly LoadPhase[];
  readonly measured: readonly string[];
  readonly recorded: RecordedFacts;
  readonly collector: Collector;
  /**
   * First and next offset of each partition of the stream after the drain; undefined where they were not
   * looked up.
   */
  readonly streamEnds: readonly Watermarks[] | undefined;
  /** On all machines. */
  readonly producerCount: number;
  /** In order. */
  readonly searches: readonly FinishedSearch[];
  readonly interrupted: boolean;
  /** What else kept machine and brokers from being as they are on other days. */
  readonly surroundings: readonly Finding[];
  /** Why workers did not end well. */
  readonly failures: readonly WorkerFailure[];
  /** The limit of the scenario that the run was ended at; undefined where it was not. */
  readonly tooLongSeconds: number | undefined;
  /** Undefined on one machine. */
  readonly shards: ShardsResult | undefined;
  /** In order, without their comparison. */
  readonly catchUps: readonly CatchUp[];
  /** Messages of a backlog that the stream's retention has deleted. */
  readonly deleted: number;
  /** Groups that are not ours, each with what was found out about it. */
  readonly watched: readonly { readonly group: WatchedGroup; readonly findings: readonly Finding[] }[];
  /** Programs that did not become consumers; nothing was sent then. */
  readonly notReady: readonly Finding[];
}

/** The result of a run, with its verdict, from all that was measured. */
export function summarise(inputs: SummaryInputs): RunResult {
  const { plan, collector, measured, interrupted, shards } = inputs;
  const searches = new Map(inputs.searches.map((search) => [search.phase.name, search]));
  const namesOf = (phase: string): readonly string[] => searches.get(phase)?.recordedAs ?? [phase];
  // The stretches of searches come after the phases.
  const facts = collector.phases
    .slice(0, inputs.phases.length)
    .filter(({ name, startedAtMs }) => startedAtMs > 0 || searches.has(name));
  const figures = new Map(
    inputs.phases.map(({ name, pacing }) => [name, figuresOf(pacing, inputs.recorded)]),
  );
  const phases = facts.map(
    (phase) => searches.get(phase.name)?.phase ?? phaseSummary(phase, figures.get(phase.name), inputs),
  );
  /** The names under which everything is kept that the run's results are made of. */
  const recordedAs = measured.flatMap(namesOf);
  const reported = groupSummaries(inputs, recordedAs, namesOf);
  // Where a member did not send its account, it is unknown what it read.
  const isKnown = accountsWhole(inputs);
  const groups = isKnown ? reported : [];
  const measuredPhases = phases.filter((phase) => phase.measured);
  const overall = {
    counts: { ...sumOf(measuredPhases.map((phase) => phase.counts)), ...readIn(groups) },
    rate: overallRate(measuredPhases),
    latency: latenciesOf(collector.latencies, recordedAs, shards?.clockBoundUs),
    broker: collector.brokerMeans.of(measured),
  } satisfies Measured;
  const watched = inputs.watched.map(({ group }) => group);
  const catchUps = inputs.catchUps.map((one) => ({
    ...one,
    compared: comparedOf(one, plan, phases, reported),
  }));
  const results = { overall, phases, groups: reported, watched, searches, catchUps };
  const expectations = expectationResults(plan, results);
  const findings: Finding[] = [
    ...loadFindings(inputs),
    ...inputs.notReady,
    ...countFindings(overall.counts, inputs),
    ...groups.flatMap((group) => unreadFindings(group, inputs)),
    ...inputs.watched.flatMap(({ findings: ofGroup }) => ofGroup),
    ...(isKnown || inputs.notReady.length > 0 || ownGroups(plan.consumers).length === 0
      ? []
      : [{ kind: 'readingUnknown' as const }]),
    ...phaseFindings(
      facts.filter(({ name }) => !searches.has(name)),
      expectations.filter(({ passed }) => !passed),
      inputs,
    ),
    ...inputs.surroundings,
    ...catchUps.flatMap(catchUpFindings),
    ...(inputs.deleted === 0 ? [] : [{ kind: 'backlogDeleted' as const, messages: inputs.deleted }]),
    ...inputs.searches.flatMap(({ summary }) => searchFindings(summary)),
    ...expectations
      .filter(({ passed }) => !passed)
      .map((expectation) => ({ kind: 'expectationFailed' as const, expectation })),
  ];
  return {
    schemaVersion,
    run: {
      id: inputs.id,
      scenario: plan.name,
      variant: plan.variant ?? null,
      startedAt: inputs.startedAt.toISOString(),
      endedAt: inputs.endedAt.toISOString(),
    },
    verdict: verdictOf(interrupted, findings),
    ...overall,
    phases,
    groups,
    watchedGroups: inputs.watched.map(({ group }) => group),
    expectations,
    searches: inputs.searches.map(({ summary }) => summary),
    catchUps,
    findings,
    outputs: [],
    ...(shards === undefined ? {} : { shards }),
  };
}

/** What expectations are checked against. */
interface Results {
  readonly overall: Measured;
  readonly phases: readonly PhaseSummary[];
  readonly groups: readonly GroupSummary[];
  readonly watched: readonly WatchedGroup[];
  readonly searches: ReadonlyMap<string, FinishedSearch>;
  readonly catchUps: readonly CatchUp[];
}

function expectationResults(plan: Plan, results: Results): ExpectationResult[] {
  const { overall, phases, groups, watched, searches, catchUps } = results;
  const check = (condition: Expectation): ExpectationResult => {
    const { phase: name } = condition;
    if (name === undefined) return checkCondition(condition, { ...overall, catchUps });
    if (groupMetrics.has(condition.metric)) {
      return checkWatched(
        condition,
        name,
        watched.find((group) => group.name === name),
      );
    }
    const inPhase = measuredIn(name, phases, searches);
    const ofPhase = inPhase && { ...inPhase, catchUps: catchUps.filter(({ phase }) => phase === name) };
    return ofPhase === undefined && groups.some((group) => group.name === name)
      ? checkCondition(condition, measuredBy(name, groups, overall), { kind: 'group', name })
      : checkCondition(condition, ofPhase, { kind: 'phase', name });
  };
  return [
    ...plan.expect.filter((condition) => !isAnyRate(condition)).map(check),
    // Recorded alerts that are all due at once have no rate to reach.
    ...defaultExpectations(plan)
      .filter(({ phase }) => phases.some(({ name, rate: { planned } }) => name === phase && planned !== null))
      .map((condition) => ({ ...check(condition), default: true as const })),
  ];
}

/** What happened in the phases, searches apart, and whether the load generator was the limit in them. */
function phaseFindings(
  facts: readonly PhaseFacts[],
  missed: readonly ExpectationResult[],
  inputs: SummaryInputs,
): Finding[] {
  const { plan, collector, measured } = inputs;
  const own = selfCheck(
    facts.filter(({ name }) => measured.includes(name)).map((phase) => health(phase, inputs)),
    plan.limits.selfCheck,
  );
  const longestLagUs = (phase: string): number =>
    collector.latencies.of(phase, 'scheduleLag').summary().max ?? 0;
  return [
    ...collector.phases.flatMap(failuresOf),
    ...facts.flatMap(({ name, gaps }) => outagesOf(name, gaps, plan.stream.partitions)),
    ...(plan.purpose === 'consumers' ? selfCheckForConsumers(own, missed, longestLagUs) : own),
  ];
}

/** What the groups read together: the slowest group counts. */
function readIn(
  groups: readonly GroupSummary[],
): typeof noReaders | { [Key in keyof typeof noReaders]: number } {
  if (groups.length === 0) return noReaders;
  return {
    consumed: Math.min(...groups.map(({ received }) => received)),
    lost: Math.max(...groups.map(({ lost }) => lost)),
    duplicated: Math.max(...groups.map(({ duplicated }) => duplicated)),
    outOfOrder: Math.max(...groups.map(({ outOfOrder }) => outOfOrder)),
  };
}

function groupSummaries(
  { collector, streamEnds, plan, phases, shards }: SummaryInputs,
  recordedAs: readonly string[],
  namesOf: (phase: string) => readonly string[],
): GroupSummary[] {
  const latencyOf = (group: string, names: readonly string[]): GroupLatency => {
    const merged = collector.groupLatencies.get(group) ?? new MergedLatencies();
    return { endToEnd: latenciesOf(merged, names, shards?.clockBoundUs).endToEnd };
  };
  const isMeasured = (phase: number): boolean =>
    recordedAs.includes(collector.phases[phase]?.recordedAs ?? '');
  const others = collector.settle((phase) => !isMeasured(phase));
  return collector.settle(isMeasured).map((account, index) => {
    const unmeasured = others[index];
    const lost = account.lost + (unmeasured?.lost ?? 0);
    const { group } = account;
    return {
      name: ownGroups(plan.consumers)[index]?.name ?? group,
      ...account,
      latency: latencyOf(group, recordedAs),
      phases: phases
        .map(({ name }) => ({ name, latency: latencyOf(group, namesOf(name)) }))
        .filter(({ latency }) => latency.endToEnd.count > 0),
      ...(lost <= 0 || streamEnds === undefined ? {} : { behind: collector.behind(group, streamEnds) }),
      ...(unmeasured === undefined || unmeasured.received + unmeasured.lost === 0
        ? {}
        : { unmeasured: accountOnly(unmeasured) }),
    };
  });
}

function accountOnly({ received, lost, duplicated, reread, outOfOrder, receivedThoughFailed }: GroupAccount) {
  return { received, lost, duplicated, reread, outOfOrder, receivedThoughFailed };
}

/** Whether every member of every group has reported what it read, and every producer what it sent. */
function accountsWhole({ shards, collector, plan }: SummaryInputs): boolean {
  const { consumers, producers } = collector.accounts;
  const expectedProducers =
    plan.replay.workers * plan.replay.producersPerWorker * (shards?.shards.length ?? 1);
  const expectedConsumers = ownGroups(plan.consumers).reduce((sum, group) => sum + group.members, 0);
  return consumers >= expectedConsumers && producers >= expectedProducers;
}

/** Why the load ended before its schedule. All workers of a machine that was lost report the same. */
function loadFindings({ failures, tooLongSeconds }: SummaryInputs): Finding[] {
  const lost = new Set<number>();
  const workers = failures.filter(({ shard, machineLost }) => {
    if (machineLost !== true || shard === undefined) return true;
    const isFirst = !lost.has(shard);
    lost.add(shard);
    return isFirst;
  });
  return [
    ...workers.map(({ name, shard = null, code, message }) => ({
      kind: 'workerFailed' as const,
      ...{ worker: name, shard, code, message },
    })),
    ...(tooLongSeconds === undefined ? [] : [{ kind: 'runTooLong' as const, limitSeconds: tooLongSeconds }]),
  ];
}

function countFindings(
  { failed, unknown, scheduled, acked }: Counts,
  { collector, measured, interrupted, notReady, catchUps }: SummaryInputs,
): Finding[] {
  const errors = collector.phases.filter(({ name }) => measured.includes(name)).flatMap(failuresOf);
  return [
    ...(failed === 0 ? [] : [{ kind: 'deliveryFailed' as const, count: failed, errors: byError(errors) }]),
    ...(unknown === 0 ? [] : [{ kind: 'messagesUnknown' as const, unknown, scheduled }]),
    ...(acked > 0 || interrupted || notReady.length + catchUps.length > 0
      ? []
      : [{ kind: 'nothingAcknowledged' as const }]),
  ];
}

/** The errors of messages, the most frequent first. */
function byError(findings: readonly FindingOf<'messagesFailed'>[]): FindingOf<'deliveryFailed'>['errors'] {
  const byCode = new Map<number, FindingOf<'deliveryFailed'>['errors'][number]>();
  for (const { error, count } of findings) {
    byCode.set(error.code, { error, count: count + (byCode.get(error.code)?.count ?? 0) });
  }
  return [...byCode.values()].sort((one, other) => other.count - one.count);
}

function unreadFindings(
  { group, lost, behind, unmeasured }: GroupSummary,
  { plan, interrupted }: SummaryInputs,
): Finding[] {
  const beside = unmeasured?.lost ?? 0;
  if (lost + beside <= 0) return [];
  return [
    {
      kind: 'messagesUnread',
      ...{ group, lost: lost + beside, unmeasured: beside, behind: behind ?? null },
      drainSeconds: interrupted ? null : plan.limits.drainNs / 1e9,
    },
  ];
}

/** The last messages of a schedule are answered within this time, where the rate was held. */
const tailSeconds = 1;

/** A time of 0 has no rate. */
const shortestSeconds = 1e-3;

const noReaders = { consumed: null, lost: null, duplicated: null, outOfOrder: null };

function phaseSummary(
  phase: PhaseFacts,
  figures: PacingFigures | undefined,
  { measured, collector, shards, producerCount }: SummaryInputs,
): PhaseSummary {
  const { name, acked, bytes, startedAtMs } = phase;
  const counts = phaseCounts({
    due: figures?.count,
    dueOfDone: phase.scheduled,
    producers: collector.producerReports(phase),
    producerCount,
  });
  // The end of a phase that was cut short was never reported.
  const endedAtMs = Math.max(phase.endedAtMs, startedAtMs);
  const planned = plannedLoad(figures);
  const seconds = measuredSeconds(phase, planned, counts.unsent > 0);
  return {
    name,
    measured: measured.includes(name),
    startedAt: new Date(startedAtMs).toISOString(),
    endedAt: new Date(endedAtMs).toISOString(),
    counts: { ...counts, ...noReaders },
    rate: rateOf({ acked, bytes, seconds, planned }),
    latency: latenciesOf(collector.latencies, [name], shards?.clockBoundUs),
    harness: useTogether(phase.use),
    broker: collector.brokerMeans.of([name]),
  };
}

function plannedLoad(figures: PacingFigures | undefined): PlannedLoad | null {
  const seconds = (figures?.dueNs ?? 0) / 1e9;
  return figures?.count === undefined || seconds === 0 ? null : { messages: figures.count, seconds };
}

/** The time that a phase's rates are over. */
function measuredSeconds(phase: PhaseFacts, planned: PlannedLoad | null, isCut: boolean): number {
  const { startedAtMs, endedAtMs, answeredAtMs, use } = phase;
  // The end of a phase that was cut short by a worker's death was never reported: its intervals say how long
  // it was.
  const took = endedAtMs > 0 ? (endedAtMs - startedAtMs) / 1000 : useTogether(use).seconds;
  const answered = Math.max(0, answeredAtMs - startedAtMs) / 1000;
  // What librdkafka's queue held at the end was acknowledged later: flat out, the time until the last answer
  // counts. A schedule's last messages may take a moment; a backlog of more than a second shows that the rate
  // was not held.
  if (planned === null) return Math.max(took, answered, shortestSeconds);
  // The planned length counts, unless it was cut short, or the last message was sent or answered so much
  // later that the rate was not held: a short phase does not miss its target by the 20 ms that its last
  // message is late.
  if (isCut) return Math.max(took, answered - tailSeconds, shortestSeconds);
  return Math.max(planned.seconds, took - tailSeconds, answered - tailSeconds, shortestSeconds);
}

/** A group's own latency, beside what the whole run measured. */
function measuredBy(name: string, groups: readonly GroupSummary[], overall: Measured): Measured | undefined {
  const latency = groups.find((group) => group.name === name)?.latency ?? undefined;
  return latency === undefined ? undefined : { ...overall, latency: { ...overall.latency, ...latency } };
}

function measuredIn(
  name: string,
  phases: readonly PhaseSummary[],
  searches: ReadonlyMap<string, FinishedSearch>,
): Measured | undefined {
  const phase = phases.find((one) => one.name === name);
  const search = searches.get(name);
  return phase === undefined || search === undefined
    ? phase
    : { ...phase, limit: foundRate(search.summary.result) };
}

/** Groups that did not catch up, or had not stopped while their backlog was made. */
function catchUpFindings({ phase, groups }: CatchUp): Finding[] {
  return groups.flatMap(({ name: group, readEarly: read, seconds, leftBehind }): Finding[] => [
    ...(seconds === null ? [{ kind: 'catchUpUnfinished' as const, phase, group, leftBehind }] : []),
    ...(read > 0 ? [{ kind: 'backlogRead' as const, phase, group, read }] : []),
  ]);
}

/** What the load was like before the backlog, and while groups caught up. */
function comparedOf(
  { phase, groups: caughtUp }: CatchUp,
  { replay }: Plan,
  phases: readonly PhaseSummary[],
  groups: readonly GroupSummary[],
): CatchUp['compared'] {
  const at = replay.phases.findIndex(({ name }) => name === phase);
  const isLoad = ({ pacing }: PhasePlan): boolean =>
    pacing.kind !== 'backlog' && pacing.kind !== 'catchUp' && pacing.kind !== 'search';
  const before = replay.phases.slice(0, at).findLast(isLoad)?.name;
  const one = phases.find(({ name }) => name === before)?.latency;
  const other = phases.find(({ name }) => name === phase)?.latency;
  if (before === undefined || one === undefined || other === undefined || other.ack.count === 0) return null;
  return {
    phase: before,
    ack: { before: one.ack, during: other.ack },
    response: { before: one.response, during: other.response },
    groups: groups
      .filter(({ name }) => caughtUp.every((group) => group.name !== name))
      .flatMap(({ name, phases: ofGroup }) => {
        const latencyIn = (which: string) => ofGroup.find((two) => two.name === which)?.latency.endToEnd;
        const [first, second] = [latencyIn(before), latencyIn(phase)];
        return first === undefined || second === undefined
          ? []
          : [{ name, endToEnd: { before: first, during: second } }];
      }),
  };
}

function sumOf(counts: readonly Counts[]): Omit<Counts, keyof typeof noReaders> {
  const sum = (of: (one: Counts) => number): number => counts.reduce((total, one) => total + of(one), 0);
  return {
    scheduled: sum(({ scheduled }) => scheduled),
    sent: sum(({ sent }) => sent),
    unsent: sum(({ unsent }) => unsent),
    unknown: sum(({ unknown }) => unknown),
    acked: sum(({ acked }) => acked),
    failed: sum(({ failed }) => failed),
  };
}

function health(
  { name, scheduled, sent, gaps, startedAtMs, answeredAtMs, producers }: PhaseFacts,
  { collector, interrupted, failures, tooLongSeconds, plan }: SummaryInputs,
): PhaseHealth {
  const lags = collector.latencies.of(name, 'scheduleLag');
  return {
    phase: name,
    scheduleLag: lags.summary(),
    response: collector.latencies.of(name, 'response').summary(),
    late: lags.countAbove(plan.limits.selfCheck.scheduleLagP99Us),
    scheduled,
    sent,
    outageShare: outageShare(gaps, startedAtMs, answeredAtMs),
    endedEarly: interrupted || failures.length > 0 || tooLongSeconds !== undefined,
    producers: [...producers.values()],
  };
}

function failuresOf({ name, failures }: PhaseFacts): FindingOf<'messagesFailed'>[] {
  return [...failures].map(([code, count]) => ({
    kind: 'messagesFailed',
    phase: name,
    error: { code, name: kafkaErrorName(code) },
    count,
  }));
}
