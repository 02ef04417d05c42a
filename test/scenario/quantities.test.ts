import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  durationQuantity,
  latencyQuantity,
  percentageQuantity,
  type Quantity,
  quantityText,
  rateQuantity,
  readQuantity,
  sizeQuantity,
  throughputQuantity,
} from '../../src/scenario/quantities.js';

const right: [text: string, quantity: Quantity, value: number][] = [
  ['250ms', durationQuantity, 250e6],
  ['5s', durationQuantity, 5e9],
  ['2m', durationQuantity, 120e9],
  ['1h', durationQuantity, 3600e9],
  ['1d', durationQuantity, 86_400e9],
  ['1m30s', durationQuantity, 90e9],
  ['1h0m0.5s', durationQuantity, 3600.5e9],
  ['0.3s', durationQuantity, 300_000_000],
  ['10 us', durationQuantity, 10_000],
  ['10µs', durationQuantity, 10_000],
  ['7ns', durationQuantity, 7],
  ['500/s', rateQuantity, 500],
  ['30000/min', rateQuantity, 500],
  ['3600/h', rateQuantity, 1],
  ['0.5/s', rateQuantity, 0.5],
  ['1e3/s', rateQuantity, 1000],
  ['82kB', sizeQuantity, 82_000],
  ['10MB', sizeQuantity, 10_000_000],
  ['1MiB', sizeQuantity, 1_048_576],
  ['1.5KiB', sizeQuantity, 1536],
  ['100B', sizeQuantity, 100],
  ['50ms', latencyQuantity, 50_000],
  ['300us', latencyQuantity, 300],
  ['1.5s', latencyQuantity, 1_500_000],
  ['500ns', latencyQuantity, 0.5],
  ['99%', percentageQuantity, 0.99],
  ['99.9%', percentageQuantity, 0.999],
  ['7 %', percentageQuantity, 0.07],
  ['100MB/s', throughputQuantity, 100e6],
];

const wrong: [text: string, quantity: Quantity, problem: string][] = [
  ['30', durationQuantity, 'needs a unit; write 30s'],
  ['5min', durationQuantity, 'has the unknown unit "min"; write 5m'],
  ['5 seconds', durationQuantity, 'has the unknown unit "seconds"; write 5s'],
  ['soon', durationQuantity, 'must be a duration such as 30s, but is "soon"'],
  ['', durationQuantity, 'must be a duration such as 30s, but is ""'],
  ['1s1s', durationQuantity, '"1s1s" has its units out of order; write the largest first'],
  ['500', rateQuantity, 'needs a unit; write 500/s'],
  ['500Hz', rateQuantity, 'has the unknown unit "Hz"; write 500/s'],
  ['5/fortnight', rateQuantity, 'has the unknown unit "/fortnight"; known are /s, /min, /h'],
  ['82kb', sizeQuantity, 'has the unknown unit "kb"; write 82kB'],
  ['0.99', percentageQuantity, 'needs a unit; write 99%'],
  ['99', percentageQuantity, 'needs a unit; write 99%'],
  ['1e999s', durationQuantity, 'is too large'],
];

describe('a number with a unit', () => {
  test.each(right)('%s', (text, quantity, value) => {
    expect(readQuantity(quantity, text)).toEqual({ ok: true, value });
  });

  test.each(wrong)('"%s" is refused with the right form', (text, quantity, problem) => {
    expect(readQuantity(quantity, text)).toEqual({ ok: false, problem });
  });

  test.each([
    [durationQuantity, 0, '0s'],
    [durationQuantity, 100e6, '100ms'],
    [durationQuantity, 90e9, '90s'],
    [sizeQuantity, 82_000, '82kB'],
    [sizeQuantity, 2_097_152, '2MiB'],
    [percentageQuantity, 0.07, '7%'],
    [rateQuantity, 500, '500/s'],
  ])('%# is printed in its shortest whole form', (quantity, value, text) => {
    expect(quantityText(quantity, value)).toBe(text);
  });

  test('is read back from what is printed as exactly the same number', () => {
    const whole = fc.integer({ min: 0, max: 2 ** 50 });
    const real = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    const cases = fc.oneof(
      fc.tuple(fc.constantFrom(durationQuantity, sizeQuantity), whole),
      fc.tuple(fc.constantFrom(rateQuantity, latencyQuantity, throughputQuantity), real),
      fc.tuple(
        fc.constant(percentageQuantity),
        fc.integer({ min: 0, max: 100_000 }).map((n) => Number((n / 100_000).toPrecision(15))),
      ),
    );
    fc.assert(
      fc.property(cases, ([quantity, value]) => {
        expect(readQuantity(quantity, quantityText(quantity, value))).toEqual({ ok: true, value });
      }),
    );
  });
});
