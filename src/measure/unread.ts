import type { GroupAccount } from './ledger.js';

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

/**
 * Why acknowledged messages were not read, as half a sentence: the group was late, or it is past the position
 * where they should be. Undefined where nothing is lost.
 *
 * @param drain - how the wait for it after the load ended: `the drain of 60 s was over`
 */
export function unreadText(
  { lost, behind }: Pick<GroupAccount, 'lost' | 'behind'>,
  drain: string,
): string | undefined {
  if (lost <= 0) return undefined;
  if (behind === undefined) return 'it is not known how far behind the group was';
  if (behind === 0) return 'missing: the group had read to the end of the stream';
  const late = `the group was ${behind} messages behind when ${drain}`;
  return behind >= lost ? `late: ${late}` : `${late}: the other ${lost - behind} are missing`;
}
