import type { GroupAccount } from './ledger.js';

/** Where a group's reading of a partition stands. */
export interface ReadPosition {
  /** The partition. */
  readonly partition: number;
  /** The offset after the last message that was read. */
  readonly next: number;
}

/**
 * How many messages a group had still to read.
 *
 * @param ends - first and next offset of each partition, in their order
 * @param positions - where its members stood; the furthest one of a partition counts
 * @returns how many messages lie behind its positions, all partitions together
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
 * Says why acknowledged messages were not read: the group was late, or it has passed the place where they should be.
 *
 * @param account - what the group received
 * @param drain - how the wait for it after the load ended: `the drain of 60 s was over`
 * @returns half a sentence; undefined where nothing is lost
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
