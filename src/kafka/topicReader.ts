import { randomUUID } from 'node:crypto';
import type rdkafka from 'node-rdkafka';
import { connect, disconnect, makeClient } from './connect.js';
import { requestError } from './errors.js';
import { kafkaLibrary } from './library.js';
import type { MessageHeaders } from './producer.js';
import { consumerSettings, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/** A message as it lies in a topic. */
export interface StoredMessage {
  /** The partition it lies in. */
  readonly partition: number;
  /** Its offset there. */
  readonly offset: number;
  /** Its value; null where it has none. */
  readonly value: Buffer | null;
  /** Its key; null where it has none. */
  readonly key: Buffer | null;
  /** Its headers, in order. */
  readonly headers: MessageHeaders;
  /** The record's timestamp, in milliseconds since 1970. */
  readonly timestampMs: number;
}

/** Where to begin in one partition. */
export interface PartitionStart {
  /** The partition. */
  readonly partition: number;
  /** The first offset to read. */
  readonly offset: number;
}

/** Reads messages of chosen partitions, without a consumer group. */
export interface TopicReader {
  /**
   * The next messages, in the order of each partition; an empty list when none came within a moment.
   *
   * @param most - how many at the most
   */
  readonly read: (most: number) => Promise<readonly StoredMessage[]>;
  /** Stops, for a while, to fetch these partitions. */
  readonly pause: (partitions: readonly number[]) => void;
  /** Goes on with these partitions. */
  readonly resume: (partitions: readonly number[]) => void;
  /** Goes on from other offsets. */
  readonly assign: (starts: readonly PartitionStart[]) => void;
  /** Ends the connection. */
  readonly close: () => Promise<void>;
}

/** How long `read` waits for a message before it returns with none. */
const waitMs = 20;

/**
 * Connects a reader.
 *
 * @param options - how to reach the cluster; its properties may set `group.id`, where the cluster's rules name one
 * @param topic - the topic to read
 * @param starts - the partitions, and where to begin in each
 * @param bufferBytes - about how much may be fetched ahead, in bytes
 * @param timeoutMs - how long connecting may take, in milliseconds
 * @returns the reader; close it
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openTopicReader(
  options: ConnectionOptions,
  topic: string,
  starts: readonly PartitionStart[],
  bufferBytes: number,
  timeoutMs: number,
): Promise<TopicReader> {
  const settings = {
    'group.id': `rubin-alert-sim-${randomUUID()}`,
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'queued.max.messages.kbytes': Math.max(1024, Math.floor(bufferBytes / 1024)),
    'fetch.wait.max.ms': 50,
    ...consumerSettings(options),
  };
  const client = makeClient(() => new (kafkaLibrary().KafkaConsumer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  client.setDefaultConsumeTimeout(waitMs);
  const assign = (to: readonly PartitionStart[]): void => {
    client.assign(to.map(({ partition, offset }) => ({ topic, partition, offset })));
  };
  const inTopic = (partitions: readonly number[]): { topic: string; partition: number }[] =>
    partitions.map((partition) => ({ topic, partition }));
  assign(starts);

  return {
    read: async (most) => {
      const messages = await new Promise<rdkafka.Message[]>((resolve, reject) => {
        client.consume(most, (error, batch) => {
          // node-rdkafka types the error as always there.
          if ((error as unknown) === null || (error as unknown) === undefined) resolve(batch);
          else reject(requestError(`read the topic ${topic}`, error));
        });
      });
      return messages.map(toStored);
    },
    pause: (partitions) => void client.pause(inTopic(partitions)),
    resume: (partitions) => void client.resume(inTopic(partitions)),
    assign,
    close: () => disconnect(client),
  };
}

function toStored(message: rdkafka.Message): StoredMessage {
  return {
    partition: message.partition,
    offset: message.offset,
    value: message.value,
    key: message.key === undefined || message.key === null ? null : Buffer.from(message.key),
    headers: message.headers ?? [],
    timestampMs: message.timestamp ?? -1,
  };
}
