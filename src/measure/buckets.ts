import { JsHistogram, type Histogram } from 'hdr-histogram-js';
import { AlertSimError } from '../errors.js';

/**
 * Number of values in each non-empty bucket, by the bucket's upper bound in microseconds. A bucket holds the
 * values above the bound before its own, up to and with its own.
 */
export type LatencyBuckets = Readonly<Record<string, number>>;

/** Ten steps a decade that people know: Renard's series R10. */
const steps = [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8];
const decades = 10;

/**
 * The upper bounds of all buckets, microseconds, ascending: 7 in the first decade, 10 in each further one, up
 * to 8,000 s. They are the same for every run, so that runs can be compared.
 */
export const bucketBoundsUs: readonly number[] = [
  ...new Set(
    Array.from({ length: decades }, (_, decade) =>
      steps.map((step) => Math.round(step * 10 ** decade)),
    ).flat(),
  ),
];

/**
 * Sorts the values of a histogram into log-spaced buckets, for a heat map.
 *
 * @param histogram - latencies, microseconds; a cell that spans a bound counts by its lowest value, which is
 * off by at most 0.1 % of the value
 * @returns the buckets that hold a value, ascending; their counts sum to the histogram's
 */
export function logBuckets(histogram: Histogram): LatencyBuckets {
  if (!(histogram instanceof JsHistogram)) {
    throw new AlertSimError(
      'INTERNAL',
      'only histograms that are built without WebAssembly show their cells',
    );
  }
  const buckets: Record<string, number> = {};
  let left = histogram.totalCount;
  let bucket = 0;
  for (let cell = 0; left > 0 && cell < histogram.countsArrayLength; cell += 1) {
    const count = histogram.getCountAtIndex(cell);
    if (count === 0) continue;
    const value = histogram.valueFromIndex(cell);
    while ((bucketBoundsUs[bucket] ?? Infinity) < value) bucket += 1;
    const bound = String(bucketBoundsUs[bucket] ?? bucketBoundsUs.at(-1));
    buckets[bound] = (buckets[bound] ?? 0) + count;
    left -= count;
  }
  return buckets;
}
