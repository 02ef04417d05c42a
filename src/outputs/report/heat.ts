import { JsHistogram, type Histogram } from 'hdr-histogram-js';
import type { TimeGroup } from './timeGroups.js';

/** One stretch of time of a heat map. */
export interface HeatColumn {
  /** Its start, seconds after the run's start. */
  readonly startSeconds: number;
  /** Its end, seconds after the run's start. */
  readonly endSeconds: number;
  /** How many values fell into each bucket, by the bucket's number; empty buckets are left out. */
  readonly counts: Map<number, number>;
}

/** Buckets a decade: 8 of them are 33 % wide each. */
const bucketsPerDecade = 8;

/**
 * The bucket of a value.
 *
 * @param microseconds - the value; what is below 1 counts as 1
 * @returns the bucket's number, 0 or more
 */
export function bucketOf(microseconds: number): number {
  // Without the small addition, 1,000 falls below 10^3 by a rounding of the logarithm.
  return Math.floor(Math.log10(Math.max(1, microseconds)) * bucketsPerDecade + 1e-9);
}

/**
 * The lower bound of a bucket; its upper bound is that of the next one.
 *
 * @param bucket - its number
 * @returns microseconds
 */
export function bucketStartUs(bucket: number): number {
  return 10 ** (bucket / bucketsPerDecade);
}

/**
 * Adds a histogram's values to a column.
 *
 * @param counts - the column's counts
 * @param histogram - the values, microseconds
 */
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
 * Columns for groups: neighbours are taken together until a column is wide enough.
 *
 * @param groups - the groups, in order of time
 * @param atMost - about how many columns there may be
 * @returns empty columns, and the column of each group
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
