import { JsHistogram, type Histogram } from 'hdr-histogram-js';
import type { TimeGroup } from './timeGroups.js';

/** A stretch of time of a heat map. */
export interface HeatColumn {
  /** After the run's start. */
  readonly startSeconds: number;
  /** After the run's start. */
  readonly endSeconds: number;
  /** Number of values by the bucket's number; empty buckets are left out. */
  readonly counts: Map<number, number>;
}

/** Each of them is 33 % wide. */
const bucketsPerDecade = 8;

/** The number of a value's bucket, 0 or more; values below 1 count as 1. */
export function bucketOf(microseconds: number): number {
  // Without the small addition, 1,000 falls below 10^3 by a rounding of the logarithm.
  return Math.floor(Math.log10(Math.max(1, microseconds)) * bucketsPerDecade + 1e-9);
}

/** The lower bound of a bucket in microseconds; its upper bound is that of the next one. */
export function bucketStartUs(bucket: number): number {
  return 10 ** (bucket / bucketsPerDecade);
}

/** Adds a histogram's values, in microseconds, to a column. */
export function addToColumn(counts: Map<number, number>, histogram: Histogram): void {
  if (!(histogram instanceof JsHistogram) || histogram.totalCount === 0) return;
  const last = histogram.countsArrayIndex(histogram.maxValue);
  for (let index = 0; index <= last; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const bucket = bucketOf(histogram.valueFromIndex(index));
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
}

/**
 * Empty columns, and the column of each group: neighbours are merged until a column is wide enough.
 *
 * @param groups - in order of time
 * @param atMost - about how many columns there may be
 */
export function columnsFor(
  groups: readonly TimeGroup[],
  atMost: number,
): { columns: HeatColumn[]; columnOf: number[] } {
  const span = (groups.at(-1)?.endSeconds ?? 0) - (groups[0]?.startSeconds ?? 0);
  const columns: HeatColumn[] = [];
  const columnOf: number[] = [];
  for (const { startSeconds, endSeconds } of groups) {
    const last = columns.at(-1);
    const isWide = last !== undefined && last.endSeconds - last.startSeconds >= (span / atMost) * 0.999;
    if (last === undefined || isWide) columns.push({ startSeconds, endSeconds, counts: new Map() });
    else columns[columns.length - 1] = { ...last, endSeconds };
    columnOf.push(columns.length - 1);
  }
  return { columns, columnOf };
}
