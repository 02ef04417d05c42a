import { z } from 'zod';
import type { Pacing } from '../../schedule/pacing.js';
import { nameField, quantityField, type Report, ruled, wholeField } from '../fields.js';
import type { PhasePlan } from '../plan.js';
import { durationQuantity } from '../quantities.js';
import { type Rate, rateField } from './rate.js';
import { backlogField, catchUpField, groupsField } from './backlog.js';
import { searched, searchField } from './search.js';
import { visitsField } from './visits.js';

/** The keys that set a phase's pacing, and the keys that go with each. */
const companions = {
  pace: ['speed', 'passes', 'rewrite'],
  rate: ['duration'],
  visits: ['count'],
  search: [],
  backlog: ['groups'],
  catchUp: [],
} as const;
type PacingKey = keyof typeof companions;
const pacingKeys = Object.keys(companions) as PacingKey[];

const phaseShape = z.strictObject({
  name: nameField('steady').meta({ description: 'The name of the phase, unique in the scenario.' }),
  pace: z
    .literal('recorded')
    .meta({ examples: ['recorded'] })
    .optional()
    .meta({ description: 'recorded: each alert is due when it was recorded.' }),
  speed: z
    .number()
    .superRefine((speed, context) => {
      if (speed > 0 && speed <= 1_000_000) return;
      context.addIssue({ code: 'custom', message: `must be above 0 and at most 1,000,000, but is ${speed}` });
    })
    .optional()
    .meta({ description: 'Recorded seconds that pass in one second: 2 is twice as fast. Default 1.' }),
  passes: wholeField(1, 1_000_000)
    .optional()
    .meta({ description: 'How often the reservoir is gone through. Default 1.' }),
  rewrite: z.boolean().optional().meta({
    description: 'Whether later passes get new ids and later times in their encoded bytes. Default false.',
  }),
  rate: rateField.optional(),
  duration: quantityField(durationQuantity, { above: '0s', most: '30d' })
    .optional()
    .meta({ description: 'How long the phase lasts.' }),
  visits: visitsField.optional(),
  count: wholeField(1, 1_000_000).optional().meta({ description: 'How many visits. Default 1.' }),
  search: searchField.optional(),
  backlog: backlogField.optional(),
  catchUp: catchUpField.optional(),
  groups: groupsField.optional().meta({
    description: 'The groups that do not read during a backlog. Default: all.',
  }),
});

/** A stretch of a replay with one pacing rule. */
export const phaseField = ruled(phaseShape, checkPhase)
  .transform(({ name, ...phase }): PhasePlan => {
    if (phase.search !== undefined) return { name, ...searched(phase.search) };
    if (phase.backlog !== undefined)
      return { name, pacing: { kind: 'backlog', amount: phase.backlog }, groups: phase.groups };
    if (phase.catchUp === undefined) return { name, pacing: pacingOf(phase) };
    const { groups, while: meanwhile } = phase.catchUp;
    return { name, pacing: { kind: 'catchUp', ratePerSecond: meanwhile?.rate }, groups };
  })
  .meta({
    description: 'One of: pace: recorded; rate with duration; visits with count; search; backlog; catchUp.',
    oneOf: pacingKeys.map((key) => ({ required: key === 'rate' ? [key, 'duration'] : [key] })),
  });

function checkPhase(phase: Readonly<Record<string, unknown>>, report: Report): void {
  const [kind, ...others] = pacingKeys.filter((key) => phase[key] !== undefined);
  if (kind === undefined) {
    report([], 'needs one of pace: recorded, rate, visits, search, backlog or catchUp', undefined, 'key');
    return;
  }
  for (const other of others) {
    report([other], `stands beside ${kind}, but a phase has one pacing rule`, 'remove one of them', 'key');
  }
  for (const owner of pacingKeys) {
    if (owner === kind || others.includes(owner)) continue;
    for (const key of companions[owner]) {
      if (phase[key] !== undefined)
        report([key], `goes with ${owner}, but this phase has ${kind}`, undefined, 'key');
    }
  }
  if (kind === 'rate' && phase.duration === undefined) {
    report([], 'has a rate but no duration', 'add one, for example duration: 30s', 'key');
  }
}

function pacingOf(phase: Omit<z.output<typeof phaseShape>, 'name'>): Pacing {
  const durationNs = phase.duration ?? 0;
  if (phase.rate !== undefined) return rated(phase.rate, durationNs);
  if (phase.visits === undefined) {
    const { speed = 1, passes = 1, rewrite = false } = phase;
    return { kind: 'recorded', speed, passes, rewrite };
  }
  const { cadence, burst, detectors, alerts, seed } = phase.visits;
  return {
    kind: 'visits',
    cadenceNs: cadence,
    burstNs: burst,
    detectors,
    size: alerts,
    visits: phase.count ?? 1,
    seed,
  };
}

function rated(rate: Rate, durationNs: number): Pacing {
  if (rate.kind === 'max') return { kind: 'max', durationNs };
  if (rate.kind === 'constant') return { kind: 'constant', ratePerSecond: rate.perSecond, durationNs };
  const { from: fromPerSecond, to: toPerSecond, steps } = rate;
  return steps === undefined
    ? { kind: 'ramp', fromPerSecond, toPerSecond, durationNs }
    : { kind: 'stairs', fromPerSecond, toPerSecond, steps, durationNs };
}
