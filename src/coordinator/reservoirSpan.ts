import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicReader } from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';
import { timeOffsetOf } from '../workers/reservoirFormat.js';

/**
 * How long the recording of a reservoir is. The latest alert is the last one of some partition, where the order by time
 * holds in each.
 *
 * @param connection - how to reach the cluster
 * @param topic - the reservoir
 * @param watermarks - first and next offset of each of its partitions
 * @param timeoutMs - how long to wait for its last alerts, milliseconds
 * @returns microseconds from its first to its last alert, as far as these answered
 * @throws `BAD_INPUT_FILE` when one has no time offset; `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function reservoirSpanUs(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<number> {
  const lasts = watermarks.flatMap(({ low, high }, partition) =>
    high > low ? [{ partition, offset: high - 1 }] : [],
  );
  const reader = await openTopicReader(connection, topic, lasts, 1 << 20, timeoutMs);
  try {
    const seen = new Set<number>();
    const deadlineMs = performance.now() + timeoutMs;
    let spanUs = 0;
    while (seen.size < lasts.length && performance.now() < deadlineMs) {
      for (const message of await reader.read(lasts.length)) {
        seen.add(message.partition);
        spanUs = Math.max(spanUs, timeOffsetOf(message, topic));
      }
    }
    return spanUs;
  } finally {
    await reader.close();
  }
}
