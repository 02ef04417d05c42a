import { z } from 'zod';
import type { SearchPacing } from '../../schedule/pacing.js';
import { readCondition } from '../expectationSyntax.js';
import { percentageField, quantityField, type Report, ruled, wholeField } from '../fields.js';
import { conditionMetrics, limitingMetric } from '../metricNames.js';
import type { Expectation } from '../plan.js';
import { durationQuantity, rateQuantity } from '../quantities.js';
import { valueAt } from '../source.js';
import { lineIssue } from './expect.js';

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
    description: 'What must hold at a rate: a metric and its limit, e.g. response.p99: "< 100ms".',
    properties: Object.fromEntries(
      [...conditionMetrics.keys()].map((metric) => [metric, { type: ['string', 'number'] }]),
    ),
  });

/** A search for the highest rate at which conditions hold. */
export const searchField = ruled(
  z
    .strictObject({
      from: quantityField(rateQuantity, { above: '0/s', most: mostRate }).meta({
        description: 'The lowest rate that is tried: conditions should hold there.',
      }),
      to: quantityField(rateQuantity, { above: '0/s', most: mostRate }).meta({
        description: 'The highest rate that is tried.',
      }),
      hold: quantityField(durationQuantity, { above: '0s', most: '1d' })
        .prefault('10s')
        .meta({ description: 'How long conditions must hold at a rate.' }),
      settle: quantityField(durationQuantity, { least: '0s', most: '1d' })
        .prefault('3s')
        .meta({ description: 'How long a rate is sent before it is judged.' }),
      conditions,
      precision: percentageField({ least: '0.1%', most: '50%' }).prefault('2%').meta({
        description: 'How far apart the rate that holds and the rate that fails may be at the end.',
      }),
      confirm: wholeField(1, 100, 3)
        .prefault(3)
        .meta({ description: 'How many probes must hold at the rate that was found, one after the other.' }),
      probes: wholeField(1, 1000, 60).prefault(60).meta({ description: 'The most rates that are tried.' }),
    })
    .meta({ examples: [{ from: '100/s', to: '20000/s' }] }),
  checkSearch,
).meta({
  description: 'The highest rate at which conditions hold: {from, to, hold, settle, conditions, precision}.',
});

/** The pacing rule of a search, and what must hold. */
export function searched(search: z.output<typeof searchField>): {
  readonly pacing: SearchPacing;
  readonly conditions: readonly Expectation[];
} {
  const { from, to, hold, settle, precision, confirm, probes } = search;
  return {
    pacing: {
      kind: 'search',
      fromPerSecond: from,
      toPerSecond: to,
      holdNs: hold,
      settleNs: settle,
      precision,
      confirm,
      probes,
    },
    conditions: search.conditions,
  };
}

function checkSearch(search: Readonly<Record<string, unknown>>, report: Report): void {
  const { from, to, hold, conditions } = search;
  if (typeof from === 'number' && typeof to === 'number' && to < from) {
    report(['to'], 'must be at least from: the search goes from the lower rate to the higher');
  }
  const onLag =
    Array.isArray(conditions) &&
    (conditions as readonly unknown[]).some((one) => valueAt(one, ['metric']) === 'lag');
  if (onLag && typeof hold === 'number' && hold < 2e9) {
    report(['hold'], 'must be at least 2s with a condition on lag: members report their lag each second');
  }
}
