import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../src/measure/latency.js';
import { highestUs, LatencyCounts } from '../../src/measure/latencyCounts.js';

/** The encoded histogram of values, counted here and taken over, beside that of the library alone. */
function both(values: readonly number[]): [counted: string, recorded: string] {
  const counts = new LatencyCounts();
  const recorded = new LatencyHistogram();
  for (const value of values) {
    counts.record(value);
    recorded.record(value);
  }
  const taken = new LatencyHistogram();
  taken.addCounts(counts.take(), 0, 0);
  return [taken.encode(), recorded.encode()];
}

describe('counts by class', () => {
  it.each([
    ['zero', 0],
    ['the last class of one value', 2047],
    ['the first class of two values', 2048],
    ['its second value', 2049],
    ['the end of a power of two', 4095],
    ['the next one', 4096],
    ['half the range of a signed integer', 2 ** 31 - 1],
    ['beyond it', 2 ** 31],
    ['an hour', highestUs],
    ['more than an hour', highestUs + 1],
    ['less than nothing', -1],
    ['a fraction', 1.999],
  ])('are those of HdrHistogram: %s', (_, value) => {
    const [counted, recorded] = both([value]);
    expect(counted).toBe(recorded);
  });

  it('are those of HdrHistogram for any values', () => {
    const values = fc.oneof(
      fc.integer({ min: 0, max: 5000 }),
      fc.double({ min: -10, max: 4e9, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(values, { maxLength: 200 }), (list) => {
        const [counted, recorded] = both(list);
        expect(counted).toBe(recorded);
      }),
    );
  });

  it('begin anew after each take', () => {
    const counts = new LatencyCounts();
    counts.record(-5);
    counts.record(2 * highestUs);
    expect([counts.negative, counts.clipped, counts.isEmpty]).toEqual([1, 1, false]);
    expect(counts.take()).toEqual([0, 1, 3_598_712_832, 1]);
    expect([counts.negative, counts.clipped, counts.isEmpty]).toEqual([0, 0, true]);
    counts.record(7);
    expect(counts.take()).toEqual([7, 1]);
  });
});
