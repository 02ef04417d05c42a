import type { ConnectionOptions } from '../kafka/settings.js';
import {
  isWithin,
  messagesForBytes,
  openTopicReader,
  silentTopic,
  type StoredMessage,
  type TimeRange,
} from '../kafka/topicReader.js';
import { filledPartitions, type Watermarks } from '../kafka/topics.js';

/** Part of a topic. */
export interface TopicMessages {
  readonly connection: ConnectionOptions;
  readonly topic: string;
  /** First and next offset of each partition. */
  readonly watermarks: readonly Watermarks[];
  /** Messages of other times are left out. */
  readonly range: TimeRange;
}

const bufferBytes = 64 * 1024 * 1024;
const bytesPerRead = 2 * 1024 * 1024;
const mostPerRead = 2000;

/**
 * The messages of a part of a topic, in the order of each partition.
 *
 * @param isWanted - whether a partition is read
 * @param timeoutMs - for the next message
 * @throws `BROKER_UNREACHABLE` when the topic gives nothing for too long
 */
export async function* topicMessages(
  part: TopicMessages,
  isWanted: (partition: number) => boolean,
  timeoutMs: number,
): AsyncGenerator<StoredMessage, void, undefined> {
  const { connection, topic, watermarks, range } = part;
  const open = new Map([...filledPartitions(watermarks)].filter(([partition]) => isWanted(partition)));
  const starts = [...open].map(([partition, { low }]) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, bufferBytes, timeoutMs);
  const endAt = (partition: number, offset: number): void => {
    if (offset < (open.get(partition)?.high ?? Infinity)) return;
    open.delete(partition);
    reader.pause([partition]);
  };
  try {
    let wanted = 10;
    let heardMs = performance.now();
    while (open.size > 0) {
      const messages = await reader.read(wanted);
      for (const message of messages) {
        const { partition, offset } = message;
        const high = open.get(partition)?.high;
        if (high === undefined) continue;
        if (offset < high && isWithin(range, message)) yield message;
        endAt(partition, offset + 1);
      }
      for (const { partition, offset } of reader.ends()) endAt(partition, offset);
      if (messages.length > 0) {
        heardMs = performance.now();
        wanted = messagesForBytes(messages, bytesPerRead, mostPerRead);
      } else if (performance.now() - heardMs > timeoutMs) throw silentTopic(topic, timeoutMs);
    }
  } finally {
    await reader.close();
  }
}
