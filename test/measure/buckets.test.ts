import { build } from 'hdr-histogram-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketBoundsUs, logBuckets } from '../../src/measure/buckets.js';
import { LatencyHistogram } from '../../src/measure/latency.js';

function bucketsOf(...values: readonly number[]): Record<string, number> {
  const recorded = new LatencyHistogram();
  for (const value of values) recorded.record(value);
  return logBuckets(recorded.histogram);
}

describe('the bounds of latency buckets', () => {
  it('are whole microseconds that rise, 7 in the first decade and 10 in each further one', () => {
    expect(bucketBoundsUs.slice(0, 18)).toEqual([
      1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 80, 100,
    ]);
    expect(bucketBoundsUs).toHaveLength(7 + 9 * 10);
    expect(bucketBoundsUs.every((bound) => Number.isInteger(bound))).toBe(true);
    expect([...bucketBoundsUs].sort((a, b) => a - b)).toEqual(bucketBoundsUs);
  });

  it('grow by at most a third from 8 µs on, and reach beyond the longest latency', () => {
    const ratios = bucketBoundsUs.slice(1).map((bound, index) => bound / (bucketBoundsUs[index] ?? NaN));
    expect(Math.max(...ratios.slice(bucketBoundsUs.indexOf(8)))).toBeLessThan(4 / 3);
    expect(bucketBoundsUs.at(-1)).toBeGreaterThan(3_600_000_000);
  });
});

describe('the buckets of latencies', () => {
  it.each<[string, readonly number[], Record<string, number>]>([
    ['are none without a value', [], {}],
    ['take zero and what is below it in the first one', [0, 0, -5, 1], { 1: 4 }],
    ['hold a value that is a bound in the bucket of that bound', [100, 101, 125], { 100: 1, 125: 2 }],
    ['leave out buckets without a value', [3, 700, 700, 90_000], { 3: 1, 800: 2, 100_000: 1 }],
    [
      'hold a bound that HdrHistogram stores in a cell with larger ones',
      [4000, 16_000],
      { 4000: 1, 16_000: 1 },
    ],
    ['take what is cut off at an hour', [4e9], { 4_000_000_000: 1 }],
  ])('%s', (_, values, buckets) => {
    expect(bucketsOf(...values)).toEqual(buckets);
  });

  it('hold every value once, and each in a bucket whose bounds enclose it to three digits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000_000 }), { maxLength: 50 }), (values) => {
        const buckets = Object.entries(bucketsOf(...values)).flatMap(([bound, count]) =>
          new Array<number>(count).fill(Number(bound)),
        );
        expect(buckets).toHaveLength(values.length);
        [...values]
          .sort((a, b) => a - b)
          .forEach((value, index) => {
            const bound = buckets[index] ?? NaN;
            const before = bucketBoundsUs[bucketBoundsUs.indexOf(bound) - 1] ?? -1;
            expect(value).toBeLessThanOrEqual(bound * 1.001);
            expect(value).toBeGreaterThan(before);
          });
      }),
    );
  });

  it('sum as the values do: those of two workers together are those of their merged histogram', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1e7 })), fc.array(fc.nat({ max: 1e7 })), (one, other) => {
        const sum: Record<string, number> = { ...bucketsOf(...one) };
        for (const [bound, count] of Object.entries(bucketsOf(...other)))
          sum[bound] = (sum[bound] ?? 0) + count;
        expect(bucketsOf(...one, ...other)).toEqual(sum);
      }),
    );
  });

  it('cannot be made of a histogram of another kind', () => {
    expect(() => logBuckets({ ...build(), totalCount: 1 })).toThrow(/without WebAssembly/);
  });
});
