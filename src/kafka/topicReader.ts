import { randomUUID } from 'node:crypto';
import type rdkafka from 'node-rdkafka';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { kafkaErrors, requestError } from './errors.js';
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
  /** The ends that were reached since this was asked last: a partition, and the offset of its next message. */
  readonly ends: () => readonly PartitionStart[];
  /**
   * Looks whether the topic was deleted and made anew, or has got more partitions, and goes on with what is new from its
   * beginning. Ask it now and then; it is for readers that began with the first message of each partition.
   *
   * @returns whether there was anything new
   */
  readonly follow: () => Promise<boolean>;
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
    // Where an offset is no longer there, nothing of what is left may be missed.
    'auto.offset.reset': 'earliest',
    // Offsets have gaps, by transactions and compaction: the last message is not always the one before the end.
    'enable.partition.eof': true,
    'queued.max.messages.kbytes': Math.max(1024, Math.floor(bufferBytes / 1024)),
    'fetch.wait.max.ms': 50,
    ...consumerSettings(options),
  };
  const client = makeClient(() => new (kafkaLibrary().KafkaConsumer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  client.setDefaultConsumeTimeout(waitMs);
  const ended = new Map<number, number>();
  client.on('partition.eof', ({ partition, offset }) => {
    ended.set(partition, offset);
  });
  /** The offset after the last message that was read, by partition. */
  const nextOffsets = new Map<number, number>();
  /** The first message that was read of each partition: by it a topic that was made anew is known. */
  const firsts = new Map<number, Place>();
  /** The timestamps of what was read since it was last looked whether the topic was made anew; most readers never look. */
  let readSince: Map<string, number> | undefined;
  /** Those of them that come again, because reading began anew. */
  let readBefore: ReadonlyMap<string, number> | undefined;
  const goOn = (): void => {
    ended.clear();
    client.assign([...nextOffsets].map(([partition, offset]) => ({ topic, partition, offset })));
  };
  const assign = (to: readonly PartitionStart[]): void => {
    nextOffsets.clear();
    firsts.clear();
    for (const { partition, offset } of to) nextOffsets.set(partition, offset);
    goOn();
  };
  const inTopic = (partitions: readonly number[]): { topic: string; partition: number }[] =>
    partitions.map((partition) => ({ topic, partition }));
  assign(starts);

  return {
    read: async (most) => {
      const messages: StoredMessage[] = [];
      for (const message of (await consumed(client, most, topic)).map(toStored)) {
        const { partition, offset, timestampMs } = message;
        const isFirst = !firsts.has(partition) || offset < (nextOffsets.get(partition) ?? 0);
        if (isFirst) firsts.set(partition, { offset, timestampMs });
        nextOffsets.set(partition, offset + 1);
        const place = readSince === undefined ? '' : `${partition}/${offset}`;
        readSince?.set(place, timestampMs);
        if (readBefore?.get(place) !== timestampMs) messages.push(message);
      }
      return messages;
    },
    pause: (partitions) => void client.pause(inTopic(partitions)),
    resume: (partitions) => void client.resume(inTopic(partitions)),
    assign,
    ends: () => {
      const found = [...ended].map(([partition, offset]) => ({ partition, offset }));
      ended.clear();
      return found;
    },
    follow: async () => {
      const count = await partitionCount(client, topic, timeoutMs);
      if (count === undefined) return false;
      const isNew = count < nextOffsets.size || (await wasMadeAnew(client, topic, count, firsts, timeoutMs));
      if (isNew === undefined) return false;
      const changed = isNew || count > nextOffsets.size;
      if (isNew) {
        nextOffsets.clear();
        firsts.clear();
        readBefore = readSince;
      }
      if (changed) {
        for (let partition = 0; partition < count; partition += 1)
          if (!nextOffsets.has(partition)) nextOffsets.set(partition, fromBeginning);
        goOn();
      }
      readSince = new Map();
      return changed;
    },
    close: () => disconnect(client),
  };
}

/** Where a message lies in its partition. */
interface Place {
  readonly offset: number;
  /** Its record's timestamp, milliseconds since 1970. */
  readonly timestampMs: number;
}

/** What librdkafka calls the first message that there is. */
const fromBeginning = -2;

function consumed(client: rdkafka.KafkaConsumer, most: number, topic: string): Promise<rdkafka.Message[]> {
  return new Promise((resolve, reject) => {
    client.consume(most, (error, batch) => {
      // node-rdkafka types the error as always there.
      if ((error as unknown) === null || (error as unknown) === undefined) resolve(batch);
      // librdkafka looks for the coordinator of every group id, but a reader of chosen partitions needs none.
      else if (error.code === kafkaErrors.groupAuthorizationFailed) resolve([]);
      else reject(requestError(`read the topic ${topic}`, error));
    });
  });
}

/**
 * Whether the topic was deleted and made anew; undefined where the broker does not say.
 *
 * librdkafka 2.12 goes on at the old offset in a topic that was made anew. It is known by its times: in one and the same
 * topic, the first message that is later than the first one that was read lies behind it.
 */
async function wasMadeAnew(
  client: rdkafka.KafkaConsumer,
  topic: string,
  count: number,
  firsts: ReadonlyMap<number, Place>,
  timeoutMs: number,
): Promise<boolean | undefined> {
  const later = await laterOffsets(client, topic, count, firsts, timeoutMs);
  if (later === undefined) return undefined;
  return [...later].some(([partition, offset]) => offset <= (firsts.get(partition)?.offset ?? -1));
}

function partitionCount(
  client: rdkafka.KafkaConsumer,
  topic: string,
  timeoutMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    client.getMetadata({ topic, timeout: timeoutMs }, (error, metadata) => {
      const isThere = (error as unknown) === null || (error as unknown) === undefined;
      const found = isThere
        ? metadata.topics.find(({ name }) => name === topic)?.partitions.length
        : undefined;
      resolve(found === 0 ? undefined : found);
    });
  });
}

/** Of each partition that was read, the offset of the first message that is later than the first one that was read. */
function laterOffsets(
  client: rdkafka.KafkaConsumer,
  topic: string,
  count: number,
  firsts: ReadonlyMap<number, Place>,
  timeoutMs: number,
): Promise<ReadonlyMap<number, number> | undefined> {
  const times = [...firsts]
    .filter(([partition, { timestampMs }]) => partition < count && timestampMs >= 0)
    .map(([partition, { timestampMs }]) => ({ topic, partition, offset: timestampMs + 1 }));
  if (times.length === 0) return Promise.resolve(new Map());
  return new Promise((resolve) => {
    client.offsetsForTimes(times, timeoutMs, (error, found) => {
      const failed = (error as unknown) !== null && (error as unknown) !== undefined;
      if (failed) resolve(undefined);
      else
        resolve(
          new Map(
            found.filter(({ offset }) => offset >= 0).map(({ partition, offset }) => [partition, offset]),
          ),
        );
    });
  });
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
