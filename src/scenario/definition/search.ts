import { z } from 'zod';
import type { SearchPacing } from '../../schedule/pacing.js';
import { readCondition } from '../expectationSyntax.js';
import { percentageField, quantityField, type Report, ruled, wholeField } from '../fields.js';
import { conditionMetrics, limitingMetric } from '../metricNames.js';
import type { Expectation } from '../plan.js';
import { durationQuantity, rateQuantity, readQuantity } from '../quantities.js';
import { isMap, valueAt } from '../source.js';
import { lineIssue } from './expect.js';
import { searchedVisits } from './visits.js';

const mostRate = '100000000/s';

const conditions = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .transform((lines, context) => {
    let faults = 0;
    const found = Object.entries(lines).flatMap(([key, value]): Expectation[] => {
      const reading = readCondition(key, value);
      if (reading.ok) return [reading.expectation];
      context.addIssue(lineIssue(key, value, reading));
      faults += 1;
      return [];
    });
    if (faults === 0 && !found.some(({ metric }) => limitingMetric.test(metric))) {
      const hint = 'add one, for example response.p99: "< 100ms"';
      const message = 'has nothing that too high a rate would break';
      context.addIssue({ code: 'custom', path: [], message, params: { hint }, input: lines });
    }
    return found;
  })
  .prefault({ 'response.p99': '< 100ms' })
  .meta({
    description:
      'What must hold at a load: a metric or GROUP.METRIC, and its limit, e.g. response.p99: "< 100ms", mine.lag: "< 2s".',
    properties: Object.fromEntries(
      [...conditionMetrics.keys()].map((metric) => [metric, { type: ['string', 'number'] }]),
    ),
  });

/** How long a load is sent before it is judged, and for how long it is judged, by default. */
const defaults = { settle: '3s', hold: '10s' } as const;

/** Visits, by default: with one alone nothing shows that a group is further behind after each. */
const defaultVisits = 3;
const fewestVisits = 2;

const mostAlerts = 100_000_000;

/** A rate, or where visits are searched for, alerts per visit. */
function end(what: string) {
  return z
    .union([
      quantityField(rateQuantity, { above: '0/s', most: mostRate }).transform((perSecond) => ({ perSecond })),
      wholeField(1, mostAlerts).transform((perVisit) => ({ perVisit })),
    ])
    .meta({ description: `${what}: alerts per second, or with visits the number of alerts per visit.` });
}

type End = { readonly perSecond: number } | { readonly perVisit: number };

/** A search for the highest rate, or the largest visit, at which conditions hold. */
export const searchField = ruled(
  z
    .strictObject({
      from: end('The lowest load that is tried: conditions should hold there'),
      to: end('The highest load that is tried'),
      visits: searchedVisits.optional(),
      hold: quantityField(durationQuantity, { above: '0s', most: '1d' })
        .optional()
        .meta({
          description: `How long conditions must hold at a load. Default ${defaults.hold}; with visits whole visits, default ${defaultVisits} of them.`,
        }),
      settle: quantityField(durationQuantity, { least: '0s', most: '1d' })
        .optional()
        .meta({
          description: `How long a rate is sent before it is judged. Default ${defaults.settle}; not with visits.`,
        }),
      conditions,
      precision: percentageField({ least: '0.1%', most: '50%' }).prefault('2%').meta({
        description: 'How far apart the load that holds and the load that fails may be at the end.',
      }),
      confirm: wholeField(1, 100, 3)
        .prefault(3)
        .meta({ description: 'How many probes must hold at the load that was found, one after the other.' }),
      probes: wholeField(1, 1000, 60).prefault(60).meta({ description: 'The most loads that are tried.' }),
    })
    .meta({ examples: [{ from: '100/s', to: '20000/s' }] }),
  checkSearch,
).meta({
  description:
    'The highest rate, or the largest visit, at which conditions hold: {from, to, visits, hold, settle, conditions, precision}.',
});

/** The pacing rule of a search, and what must hold. */
export function searched({ visits, ...search }: z.output<typeof searchField>): {
  readonly pacing: SearchPacing;
  readonly conditions: readonly Expectation[];
} {
  const { precision, confirm, probes, conditions } = search;
  const common = { kind: 'search', precision, confirm, probes } as const;
  if (visits === undefined) {
    const { hold = read(defaults.hold), settle = read(defaults.settle) } = search;
    const ends = { fromPerSecond: perSecondOf(search.from, 1), toPerSecond: perSecondOf(search.to, 1) };
    return { pacing: { ...common, ...ends, holdNs: hold, settleNs: settle }, conditions };
  }
  const { cadence: cadenceNs, burst: burstNs, detectors, seed } = visits;
  const { hold = defaultVisits * cadenceNs } = search;
  const count = Math.max(fewestVisits, Math.ceil(hold / cadenceNs - 1e-9));
  const quantum = 1e9 / cadenceNs;
  return {
    pacing: {
      ...common,
      fromPerSecond: perSecondOf(search.from, quantum),
      toPerSecond: perSecondOf(search.to, quantum),
      holdNs: count * cadenceNs,
      settleNs: 0,
      quantum,
      visits: { cadenceNs, burstNs, detectors, seed },
    },
    conditions,
  };
}

function read(text: string): number {
  const reading = readQuantity(durationQuantity, text);
  return reading.ok ? reading.value : 0;
}

function perSecondOf(one: End, quantum: number): number {
  return 'perSecond' in one ? one.perSecond : one.perVisit * quantum;
}

function checkSearch(search: Readonly<Record<string, unknown>>, report: Report): void {
  const { from, to, hold, settle, conditions, visits } = search;
  for (const [key, value] of Object.entries({ from, to })) {
    if (!isMap(value)) continue;
    if (visits === undefined && 'perVisit' in value)
      report(
        [key],
        'needs a unit',
        `write ${String(value.perVisit)}/s, or add visits to search for alerts per visit`,
      );
    if (visits !== undefined && 'perSecond' in value)
      report([key], 'is a rate, but visits are searched for', 'write the number of alerts of a visit');
  }
  if (isMap(from) && isMap(to) && Number(Object.values(to)[0]) < Number(Object.values(from)[0])) {
    report(['to'], 'must be at least from: the search goes from the lower load to the higher');
  }
  if (visits !== undefined && settle !== undefined) {
    report(['settle'], 'goes with rates: visits begin when everything before was read', 'remove it', 'key');
  }
  const readers = /^lag$|^drain|^commit/;
  const onGroup =
    Array.isArray(conditions) &&
    (conditions as readonly unknown[]).some((one) => readers.test(String(valueAt(one, ['metric']))));
  if (onGroup && visits === undefined && typeof hold === 'number' && hold < 2e9) {
    report(['hold'], 'must be at least 2s with a condition on lag: members report their lag each second');
  }
}
