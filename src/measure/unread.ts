/** Where a group's reading of a partition stands. */
export interface ReadPosition {
  readonly partition: number;
  /** Offset after the last message that was read. */
  readonly next: number;
}

/**
 * How many messages a group had still to read, all partitions together.
 *
 * @param ends - first and next offset of each partition, in their order
 * @param positions - where its members stood; the furthest one of a partition counts
 */
export function messagesBehind(
  ends: readonly { readonly low: number; readonly high: number }[],
  positions: readonly ReadPosition[],
): number {
  const next = new Map<number, number>();
  for (const one of positions) next.set(one.partition, Math.max(next.get(one.partition) ?? 0, one.next));
  return ends.reduce(
    (sum, { low, high }, partition) => sum + Math.max(0, high - Math.max(low, next.get(partition) ?? low)),
    0,
  );
}
