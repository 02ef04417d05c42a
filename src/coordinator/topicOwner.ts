import type { SettingEntry } from '../kafka/clusterSettings.js';
import type { MessageHeaders } from '../kafka/producer.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicReader } from '../kafka/topicReader.js';
import type { TopicRequest, Watermarks } from '../kafka/topics.js';
import { isOfReservoir } from '../workers/reservoirFormat.js';

/**
 * The mark of a topic that this program created (ADR 0015). The setting says how long tombstones stay in a
 * compacted topic, and does nothing in one whose policy is `delete`: the value is a day, which is Kafka's
 * default, and 27.182 s.
 */
const mark = { name: 'delete.retention.ms', value: '86427182' } as const;

/** Our topics have these settings whatever a cluster's defaults are. */
const ownTopicConfig = { 'cleanup.policy': 'delete', [mark.name]: mark.value } as const;

/** Read of each partition to recognise a reservoir by its first message. */
const firstMessageBytes = 1 << 20;
const longestLookMs = 5000;

/**
 * A topic as this program creates it: with its mark, and with the policy `delete`, whatever the cluster's
 * default is. Settings that the request names stay.
 */
export function ownTopic(request: TopicRequest): TopicRequest {
  return { ...request, config: { ...ownTopicConfig, ...request.config } };
}

/**
 * Whether a topic has the mark of this program.
 *
 * @param entries - all of its settings
 */
export function isMarked(entries: readonly SettingEntry[]): boolean {
  return entries.some(
    ({ name, value, source }) =>
      name === mark.name && value === mark.value && source === 'DYNAMIC_TOPIC_CONFIG',
  );
}

/**
 * Whether a topic is a reservoir of this program, by the first message of each partition: for those that were
 * created before there was a mark, and on clusters that do not take it. False also where a first message did
 * not come in time.
 *
 * @param watermarks - first and next offset of each of its partitions
 */
export async function holdsReservoir(
  connection: ConnectionOptions,
  topic: string,
  watermarks: readonly Watermarks[],
  timeoutMs: number,
): Promise<boolean> {
  const starts = watermarks.flatMap(({ low, high }, partition) =>
    high > low ? [{ partition, offset: low }] : [],
  );
  const reader = await openTopicReader(connection, topic, starts, firstMessageBytes, timeoutMs);
  const found = new Map<number, MessageHeaders>();
  try {
    const deadlineMs = performance.now() + Math.min(longestLookMs, timeoutMs);
    while (found.size < starts.length && performance.now() < deadlineMs) {
      for (const { partition, headers } of await reader.read(100))
        if (!found.has(partition)) found.set(partition, headers);
    }
  } finally {
    await reader.close();
  }
  return found.size === starts.length && [...found.values()].every(isOfReservoir);
}
