import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicReader } from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';
import { timeOffsetOf } from '../workers/reservoirFormat.js';

/**
 * How long the recording of a reservoir is, microseconds from its first to its last alert, as far as these
 * answered. The latest alert is the last one of some partition, where the order by time holds in each.
 *
 * @param watermarks - first and next offset of each of its partitions
 * @param timeoutMs - how long to wait for its last alerts
 * @throws `BAD_INPUT_FILE` when one has no time offset; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function reservoirSpanUs(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<number> {
  const open = filledPartitions(watermarks);
  const reader = await openTopicReader(connection, topic, [], 1 << 20, timeoutMs);
  try {
    const deadlineMs = performance.now() + timeoutMs;
    let spanUs = 0;
    // The last offset may be a transaction's marker, or that of a message which was compacted: then farther
    // back.
    for (let back = 1; open.size > 0 && performance.now() < deadlineMs; back *= 8) {
      const starts = [...open].map(([partition, { low, high }]) => ({
        partition,
        offset: Math.max(low, high - back),
      }));
      reader.assign(starts);
      const reading = new Set(open.keys());
      while (reading.size > 0 && performance.now() < deadlineMs) {
        for (const message of await reader.read(100)) {
          open.delete(message.partition);
          spanUs = Math.max(spanUs, timeOffsetOf(message, topic));
        }
        for (const { partition } of reader.ends()) reading.delete(partition);
      }
      for (const { partition, offset } of starts)
        if (offset === watermarks[partition]?.low) open.delete(partition);
    }
    return spanUs;
  } finally {
    await reader.close();
  }
}

/**
 * The partitions that have offsets, by number.
 *
 * @param watermarks - first and next offset of each partition
 */
export function filledPartitions(watermarks: readonly Watermarks[]): Map<number, Watermarks> {
  return new Map([...watermarks.entries()].filter(([, { low, high }]) => high > low));
}
