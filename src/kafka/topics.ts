import { setTimeout as pause } from 'node:timers/promises';
import type rdkafka from 'node-rdkafka';
import { AlertSimError } from '../errors.js';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { settingCalls, type SettingEntry, type SettingUpdate } from './clusterSettings.js';
import { isKafkaError, kafkaErrors, requestError } from './kafkaErrors.js';
import { clientSettings, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/** A topic to create. */
export interface TopicRequest {
  readonly name: string;
  readonly partitions: number;
  /** Of each partition; -1 for the broker's default. */
  readonly replication: number;
  /** In Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
}

/** Offsets of a partition. */
export interface Watermarks {
  /** Of the first message that exists. */
  readonly low: number;
  /** After the last message. */
  readonly high: number;
}

/**
 * The partitions that have offsets, by number.
 *
 * @param watermarks - first and next offset of each partition
 */
export function filledPartitions(watermarks: readonly Watermarks[]): Map<number, Watermarks> {
  return new Map([...watermarks.entries()].filter(([, { low, high }]) => high > low));
}

export interface TopicShape {
  readonly partitions: number;
  /** Of different numbers, the smallest. */
  readonly replicas: number;
}

/** Inspects, creates, empties and deletes topics. */
export interface TopicAdmin {
  /** Undefined where the topic does not exist. */
  readonly partitionsOf: (topic: string) => Promise<number | undefined>;
  /** Undefined where the topic does not exist. */
  readonly shapeOf: (topic: string) => Promise<TopicShape | undefined>;
  /**
   * Asks the cluster whether it would create a topic, as far as it can say so while one of this name exists.
   *
   * @throws as `create` would
   */
  readonly validate: (request: TopicRequest) => Promise<void>;
  /** Creates a topic and waits until every partition has a leader. */
  readonly create: (request: TopicRequest) => Promise<void>;
  /** Deletes a topic and waits until it is gone. */
  readonly remove: (topic: string) => Promise<void>;
  /**
   * Deletes all messages of a topic and waits until they are gone; its partitions and their offsets go on.
   */
  readonly empty: (topic: string) => Promise<void>;
  /** In the order of the partitions. */
  readonly watermarks: (topic: string) => Promise<Watermarks[]>;
  readonly brokerIds: () => Promise<string[]>;
  /**
   * Settings that differ from Kafka's own defaults; secret ones are null.
   *
   * @param name - the topic's name or the broker's id
   */
  readonly settings: (kind: 'topic' | 'broker', name: string) => Promise<Record<string, string | null>>;
  /** All settings of a topic or a broker, including the defaults. */
  readonly describe: (kind: 'topic' | 'broker', name: string) => Promise<readonly SettingEntry[]>;
  /**
   * Changes some settings of a topic, and leaves the others as they are.
   *
   * @returns why the cluster rejects the values; undefined where it took them
   */
  readonly alter: (topic: string, updates: readonly SettingUpdate[]) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

const pollMs = 50;

/** A partition's new leader is found within seconds, or a broker has to come back for it. */
const newLeaderMs = 10_000;

/** Kafka's `Topic.validate`: maximum length of a topic's name. */
const longestName = 249;

/**
 * Connects to a cluster to inspect and change its topics. Close it after use.
 *
 * @param timeoutMs - per step
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openTopicAdmin(options: ConnectionOptions, timeoutMs: number): Promise<TopicAdmin> {
  const settings = clientSettings(options);
  const client = makeClient(() => new (kafkaLibrary().Producer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  const admin = kafkaLibrary().AdminClient.create(settings);
  const calls = settingCalls(admin, timeoutMs);

  const partitionsIn = async (topic: string): Promise<rdkafka.PartitionMetadata[] | undefined> => {
    const metadata = await metadataOf(client, topic, timeoutMs);
    const found = metadata?.topics.find((entry) => entry.name === topic);
    return found === undefined || found.partitions.length === 0 ? undefined : found.partitions;
  };
  const partitionsOf = async (topic: string): Promise<number | undefined> =>
    (await partitionsIn(topic))?.length;

  const shapeOf = async (topic: string): Promise<TopicShape | undefined> => {
    const partitions = await partitionsIn(topic);
    if (partitions === undefined) return undefined;
    return {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    };
  };

  const validate = async (request: TopicRequest): Promise<void> => {
    const refusalOf = (name: string): Promise<unknown> =>
      called((done) => {
        admin.validateTopic({ ...newTopic(request), topic: name }, timeoutMs, done);
      });
    const own = await refusalOf(request.name);
    // Rights are checked first, so this answer means that we have them; other errors are not reported.
    if (isKafkaError(own) && own.code === kafkaErrors.topicAlreadyExists) {
      const other = await refusalOf(`${request.name.slice(0, longestName - 6)}-check`);
      const says = isKafkaError(other) && !notAboutSettings.includes(other.code);
      if (says) throw createError(request, other);
    } else if (own !== undefined) throw createError(request, own);
  };

  const create = async (request: TopicRequest): Promise<void> => {
    const topic = newTopic(request);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const failure = await called((done) => {
        admin.createTopic(topic, timeoutMs, done);
      });
      if (failure === undefined) break;
      // A topic that was deleted a moment ago may linger for a few milliseconds.
      const lingers = isKafkaError(failure) && failure.code === kafkaErrors.topicAlreadyExists;
      if (!lingers || performance.now() > deadline) throw createError(request, failure);
      await pause(pollMs);
    }
    await until(
      async () => {
        const found = await partitionsIn(request.name);
        return found?.length === request.partitions && found.every(hasLeader);
      },
      timeoutMs,
      `the topic ${request.name} was created but has no leader for each partition yet`,
    );
  };

  const remove = async (topic: string): Promise<void> => {
    const failure = await called((done) => {
      admin.deleteTopic(topic, timeoutMs, done);
    });
    if (failure !== undefined && !(isKafkaError(failure) && isUnknownTopic(failure.code))) {
      throw requestError(`delete the topic ${topic}`, failure);
    }
    await until(
      async () => (await partitionsOf(topic)) === undefined,
      timeoutMs,
      `the topic ${topic} was deleted but is still there`,
    );
  };

  const watermarkOf = (topic: string, partition: number): Promise<Watermarks> =>
    new Promise((resolve, reject) => {
      client.queryWatermarkOffsets(topic, partition, timeoutMs, (error, found) => {
        // node-rdkafka types the error as always present.
        if ((error as unknown) === null || (error as unknown) === undefined)
          resolve({ low: found.lowOffset, high: found.highOffset });
        else
          reject(Object.assign(new Error(`partition ${partition}: ${error.message}`), { code: error.code }));
      });
    });

  /**
   * A topic that was just created, and one whose leader has just moved, is known before its new leader
   * answers for it.
   */
  const watermarks = async (topic: string): Promise<Watermarks[]> => {
    const waitMs = Math.min(timeoutMs, newLeaderMs);
    const deadlineMs = performance.now() + waitMs;
    for (;;) {
      const found = await partitionsIn(topic);
      if (found === undefined) return [];
      try {
        if (found.every(hasLeader))
          return await Promise.all(found.map((_, partition) => watermarkOf(topic, partition)));
        if (performance.now() > deadlineMs) throw leaderless(topic, found, waitMs);
      } catch (thrown) {
        if (!(isKafkaError(thrown) && isOfNewLeader(thrown.code)) || performance.now() > deadlineMs)
          throw requestError(`look up the offsets of ${topic}`, thrown);
      }
      await pause(pollMs);
    }
  };

  const empty = async (topic: string): Promise<void> => {
    const before = (await watermarks(topic)).map(({ high }, partition): [number, number] => [
      partition,
      high,
    ]);
    const failure = await called((done) => {
      admin.deleteRecords(topic, before, timeoutMs, done);
    });
    if (failure !== undefined) throw requestError(`empty the topic ${topic}`, failure);
    await until(
      async () =>
        (await watermarks(topic)).every(({ low }, partition) => low >= (before[partition]?.[1] ?? 0)),
      timeoutMs,
      `the messages of the topic ${topic} were deleted but are still there`,
    );
  };

  const brokerIds = async (): Promise<string[]> => {
    const metadata = await metadataOf(client, '', timeoutMs);
    return (metadata?.brokers ?? []).map(({ id }) => String(id));
  };

  const readSettings = async (
    kind: 'topic' | 'broker',
    name: string,
  ): Promise<Record<string, string | null>> => {
    const entries = await calls.describe({ kind, name });
    const changed = entries.filter(({ source }) => source !== 'DEFAULT_CONFIG');
    return Object.fromEntries(changed.map((entry) => [entry.name, entry.value]));
  };

  return {
    partitionsOf,
    shapeOf,
    validate,
    create,
    remove,
    empty,
    watermarks,
    brokerIds,
    settings: readSettings,
    describe: (kind, name) => calls.describe({ kind, name }),
    alter: (topic, updates) => calls.alter({ kind: 'topic', name: topic }, updates),
    close: async () => {
      admin.disconnect();
      await disconnect(client);
    },
  };
}

function newTopic({ name, partitions, replication, config }: TopicRequest): rdkafka.NewTopic {
  return {
    topic: name,
    num_partitions: partitions,
    replication_factor: replication,
    config: { ...config },
  };
}

function createError({ name }: TopicRequest, failure: unknown): AlertSimError {
  const error = requestError(`create the topic ${name}`, failure);
  const isAboutSettings =
    isKafkaError(failure) &&
    (failure.code === kafkaErrors.policyViolation || failure.code === kafkaErrors.invalidConfig);
  if (!isAboutSettings) return error;
  const remedy =
    'change its settings with --topic-config, or with reservoir.config and stream.config of a scenario';
  return new AlertSimError(error.code, `${error.message}; ${remedy}`, failure);
}

/** Answers to a name that no one asked for: it exists as well, or we may not use it. */
const notAboutSettings: readonly number[] = [
  kafkaErrors.topicAlreadyExists,
  kafkaErrors.topicAuthorizationFailed,
  kafkaErrors.clusterAuthorizationFailed,
];

function hasLeader({ leader }: rdkafka.PartitionMetadata): boolean {
  return leader >= 0;
}

function leaderless(
  topic: string,
  partitions: readonly rdkafka.PartitionMetadata[],
  waitedMs: number,
): AlertSimError {
  const { id } = partitions.find((partition) => !hasLeader(partition)) ?? {};
  return new AlertSimError(
    'BROKER_UNREACHABLE',
    `partition ${id} of the topic ${topic} has had no leader for ${waitedMs / 1000} s: see whether all brokers are up`,
  );
}

function isOfNewLeader(code: number): boolean {
  return code === kafkaErrors.notLeader || code === kafkaErrors.leaderNotAvailable || isUnknownTopic(code);
}

function isUnknownTopic(code: number): boolean {
  return code === kafkaErrors.unknownTopicOrPartition || code === kafkaErrors.unknownTopic;
}

/** Undefined where the topic does not exist. */
export function metadataOf(
  client: rdkafka.Producer,
  topic: string,
  timeoutMs: number,
): Promise<rdkafka.Metadata | undefined> {
  return new Promise((resolve, reject) => {
    client.getMetadata({ topic, timeout: timeoutMs }, (error, metadata) => {
      if ((error as unknown) === null || (error as unknown) === undefined) resolve(metadata);
      else if (isUnknownTopic(error.code)) resolve(undefined);
      else reject(requestError(`look up the topic ${topic}`, error));
    });
  });
}

function called(call: (done: (error?: unknown) => void) => void): Promise<unknown> {
  return new Promise((resolve) => {
    call((error) => {
      resolve(error ?? undefined);
    });
  });
}

async function until(holds: () => Promise<boolean>, timeoutMs: number, otherwise: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new AlertSimError('BROKER_UNREACHABLE', `${otherwise}, after ${timeoutMs / 1000} s`);
    }
    await pause(pollMs);
  }
}
