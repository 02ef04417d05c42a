/**
 * How many neighbouring partitions are shown as one, so that there are at most `rows` of them: 400 partitions
 * in 50 rows are 8 a row. What is shown of a row is its worst partition, so that a slow one stays visible.
 */
export function partitionsPerRow(partitions: number, rows: number): number {
  return Math.max(1, Math.ceil(partitions / rows));
}

/**
 * The largest lag of each row of partitions; rows without a lag are left out.
 *
 * @param lags - pairs of partition and lag
 * @returns by the row's first partition
 */
export function largestLags(
  lags: Iterable<readonly [partition: number, lag: number]>,
  perRow: number,
): Map<number, number> {
  const largest = new Map<number, number>();
  for (const [partition, lag] of lags) {
    if (lag <= 0) continue;
    const first = partition - (partition % perRow);
    largest.set(first, Math.max(largest.get(first) ?? 0, lag));
  }
  return largest;
}
