import { z } from 'zod';
import { boundedQuantity, quantityField, quantityInput, ruled, wholeField } from '../fields.js';
import { rateQuantity } from '../quantities.js';

const most = '100000000/s';
const even = quantityInput(rateQuantity, ['max']).transform((text, context) => {
  if (text === 'max') return { kind: 'max' as const };
  const reading = boundedQuantity(rateQuantity, { above: '0/s', most }, text);
  if (reading.ok) return { kind: 'constant' as const, perSecond: reading.value };
  context.addIssue({ code: 'custom', message: reading.problem, input: text });
  return z.NEVER;
});
const changing = ruled(
  z.strictObject({
    from: quantityField(rateQuantity, { least: '0/s', most }).meta({ description: 'The rate at the start.' }),
    to: quantityField(rateQuantity, { least: '0/s', most }).meta({ description: 'The rate at the end.' }),
    steps: wholeField(2, 10_000)
      .optional()
      .meta({ description: 'How many equal steps lead there; without it the rate changes evenly.' }),
  }),
  ({ from, to, steps }, report) => {
    if (steps === undefined && from === 0 && to === 0) report(['to'], 'must be above 0/s where from is 0/s');
    if (steps === undefined) return;
    for (const [key, rate] of Object.entries({ from, to })) {
      if (rate === 0) report([key], 'must be above 0/s where there are steps');
    }
  },
).transform(({ from, to, steps }) => ({ kind: 'changing' as const, from, to, steps }));

/** A rate: `500/s`, `max`, or a map from one rate to another. */
export const rateField = z.union([even, changing]).meta({
  description:
    'Messages in a time: 500/s, 30000/min, max, or {from: 100/s, to: 5000/s} with or without steps.',
});

export type Rate = z.output<typeof rateField>;
