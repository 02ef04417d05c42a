import { randomUUID } from 'node:crypto';
import type rdkafka from 'node-rdkafka';
import { AlertSimError, messageOf } from '../errors.js';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { kafkaErrors, requestError } from './kafkaErrors.js';
import type { MessageHeaders } from './producer.js';
import { consumerSettings, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/** A message in a topic. */
export interface StoredMessage {
  readonly partition: number;
  readonly offset: number;
  readonly value: Buffer | null;
  readonly key: Buffer | null;
  readonly headers: MessageHeaders;
  /** The record's timestamp, since 1970. */
  readonly timestampMs: number;
}

/** A stretch of time, since 1970; open at a side that is undefined. */
export interface TimeRange {
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
}

/** Whether a message's timestamp lies in a stretch of time. */
export function isWithin(
  { fromMs = -Infinity, toMs = Infinity }: TimeRange,
  { timestampMs }: Pick<StoredMessage, 'timestampMs'>,
): boolean {
  return timestampMs >= fromMs && timestampMs < toMs;
}

/**
 * The error for a topic that has messages left and gives none.
 *
 * @param advice - added to it
 */
export function silentTopic(topic: string, timeoutMs: number, advice = ''): AlertSimError {
  return new AlertSimError(
    'BROKER_UNREACHABLE',
    `the topic ${topic} gave no message for ${timeoutMs / 1000} s: is the topic still there and the broker up?${advice}`,
  );
}

/** How many messages to read next for about so many bytes, if their values are like these. */
export function messagesForBytes(
  messages: readonly StoredMessage[],
  bytesPerRead: number,
  most: number,
): number {
  const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 1);
  return Math.min(most, Math.max(10, Math.floor((bytesPerRead * messages.length) / bytes)));
}

export interface PartitionStart {
  readonly partition: number;
  /** The first offset to read. */
  readonly offset: number;
}

/** Reads messages of chosen partitions, without a consumer group. */
export interface TopicReader {
  /** The next messages, in the order of each partition; an empty list when none came within a moment. */
  readonly read: (most: number) => Promise<readonly StoredMessage[]>;
  /** Stops fetching these partitions, for a while. */
  readonly pause: (partitions: readonly number[]) => void;
  readonly resume: (partitions: readonly number[]) => void;
  /** Continues from other offsets, with nothing paused. */
  readonly assign: (starts: readonly PartitionStart[]) => void;
  /** The ends that were reached since the last call: a partition, and the offset of its next message. */
  readonly ends: () => readonly PartitionStart[];
  /**
   * Checks whether the topic was deleted and created again, or has got more partitions, and continues with
   * what is new from its beginning; true if there was anything new. Call it now and then; it is for readers
   * that began with the first message of each partition.
   */
  readonly follow: () => Promise<boolean>;
  /**
   * The offset of the first message at or after an instant, by partition; none for a partition without one.
   *
   * @param timestampMs - since 1970
   */
  readonly offsetsAt: (
    timestampMs: number,
    partitions: readonly number[],
  ) => Promise<ReadonlyMap<number, number>>;
  readonly close: () => Promise<void>;
}

/** How long `read` waits for a message before it returns with none. */
const waitMs = 20;

/**
 * Connects a reader. Close it after use.
 *
 * @param options - its properties may set `group.id`, where the cluster's rules require one
 * @param starts - the partitions, and where to begin in each
 * @param bufferBytes - about how much may be fetched ahead
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
    // Where an offset does not exist any more, nothing of what is left may be missed.
    'auto.offset.reset': 'earliest',
    // Offsets have gaps, from transactions and compaction: the last message is not always the one before the
    // end.
    'enable.partition.eof': true,
    'queued.max.messages.kbytes': Math.max(1024, Math.floor(bufferBytes / 1024)),
    'fetch.wait.max.ms': 50,
    // When its queue was full, librdkafka looks again after a second by default: by then it was empty for long.
    'fetch.queue.backoff.ms': 10,
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
  /** The first message that was read of each partition: it identifies a topic that was created again. */
  const firsts = new Map<number, Place>();
  /**
   * The timestamps of what was read since the last check whether the topic was created again; most readers
   * never check.
   */
  let readSince: Map<string, number> | undefined;
  /** Those of them that come again, because reading began again. */
  let readBefore: ReadonlyMap<string, number> | undefined;
  const paused = new Set<number>();
  const inTopic = (partitions: readonly number[]): { topic: string; partition: number }[] =>
    partitions.map((partition) => ({ topic, partition }));
  const goOn = (): void => {
    ended.clear();
    client.assign([...nextOffsets].map(([partition, offset]) => ({ topic, partition, offset })));
  };
  const assign = (to: readonly PartitionStart[]): void => {
    nextOffsets.clear();
    firsts.clear();
    for (const { partition, offset } of to) nextOffsets.set(partition, offset);
    // It would stay so.
    if (paused.size > 0) client.resume(inTopic([...paused]));
    paused.clear();
    goOn();
  };
  assign(starts);

  return {
    read: async (most) => {
      const messages: StoredMessage[] = [];
      for (const message of (await consumed(client, most, topic)).map(toStored)) {
        const { partition, offset, timestampMs } = message;
        const isFirst = !firsts.has(partition) || offset < (nextOffsets.get(partition) ?? 0);
        if (isFirst) firsts.set(partition, { offset, timestampMs });
        nextOffsets.set(partition, offset + 1);
        if (readSince !== undefined) {
          const place = `${partition}/${offset}`;
          readSince.set(place, timestampMs);
          if (readBefore?.get(place) === timestampMs) continue;
        }
        messages.push(message);
      }
      return messages;
    },
    pause: (partitions) => {
      for (const partition of partitions) paused.add(partition);
      client.pause(inTopic(partitions));
    },
    resume: (partitions) => {
      for (const partition of partitions) paused.delete(partition);
      client.resume(inTopic(partitions));
    },
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
    offsetsAt: async (timestampMs, partitions) => {
      const times = partitions.map((partition) => ({ topic, partition, offset: timestampMs }));
      return offsetsForTimes(client, times, timeoutMs).catch((thrown: unknown) => {
        throw requestError(`look up the offsets of ${topic} at a time`, thrown);
      });
    },
    close: () => disconnect(client),
  };
}

/** A message's position in its partition. */
interface Place {
  readonly offset: number;
  /** The record's timestamp, since 1970. */
  readonly timestampMs: number;
}

/** librdkafka's offset of the first message that exists. */
const fromBeginning = -2;

function consumed(client: rdkafka.KafkaConsumer, most: number, topic: string): Promise<rdkafka.Message[]> {
  return new Promise((resolve, reject) => {
    client.consume(most, (error, batch) => {
      // node-rdkafka types the error as always present.
      if ((error as unknown) === null || (error as unknown) === undefined) resolve(batch);
      // librdkafka looks for the coordinator of every group id, but a reader of chosen partitions needs none.
      else if (error.code === kafkaErrors.groupAuthorizationFailed) resolve([]);
      else reject(requestError(`read the topic ${topic}`, error));
    });
  });
}

/**
 * Whether the topic was deleted and created again; undefined where the broker does not say.
 *
 * librdkafka 2.12 continues at the old offset in a topic that was created again. Timestamps show it: in one
 * and the same topic, the first message that is later than the first one that was read comes after it.
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

/**
 * For each partition that was read, the offset of the first message that is later than the first one that was
 * read.
 */
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
  return offsetsForTimes(client, times, timeoutMs).catch(() => undefined);
}

/** Offsets by partition, without those of partitions that have none; rejects with librdkafka's error. */
function offsetsForTimes(
  client: rdkafka.KafkaConsumer,
  times: rdkafka.TopicPartitionTime[],
  timeoutMs: number,
): Promise<ReadonlyMap<number, number>> {
  if (times.length === 0) return Promise.resolve(new Map<number, number>());
  return new Promise((resolve, reject) => {
    client.offsetsForTimes(times, timeoutMs, (error, found) => {
      // node-rdkafka types the error as always present, and as no Error, which it is.
      const failed: unknown = error;
      if (failed !== null && failed !== undefined)
        reject(failed instanceof Error ? failed : new Error(messageOf(failed)));
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
