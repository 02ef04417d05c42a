import { z } from 'zod';
import { type ExpectationReading, readExpectation } from '../expectationSyntax.js';
import { metrics } from '../metricNames.js';
import type { Expectation } from '../plan.js';

/** What must hold at the end of a run. */
export const expectSection = z
  .record(z.string(), z.union([z.string(), z.number()]))
  .transform((lines, context) =>
    Object.entries(lines).flatMap(([key, value]): Expectation[] => {
      const reading = readExpectation(key, value);
      if (reading.ok) return [reading.expectation];
      context.addIssue(lineIssue(key, value, reading));
      return [];
    }),
  )
  .prefault({})
  .meta({
    description:
      'What must hold at the end: a metric, PHASE.METRIC or GROUP.METRIC, and its limit, e.g. ack.p99: "< 50ms".',
    properties: Object.fromEntries(
      [...metrics.keys()].map((metric) => [metric, { type: ['string', 'number'] }]),
    ),
  });

/** The issue of a wrong line, for the map that holds it. */
export function lineIssue(
  key: string,
  value: string | number,
  { at, message, hint }: Extract<ExpectationReading, { ok: false }>,
) {
  return {
    code: 'custom' as const,
    path: [key],
    message,
    params: { hint, atKey: at === 'key' ? ('key' as const) : undefined },
    input: value,
  };
}
