import type rdkafka from 'node-rdkafka';
import { AlertSimError } from '../errors.js';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { settingCalls, type SettingEntry, type SettingUpdate } from './clusterSettings.js';
import { isKafkaError, kafkaErrors, requestError } from './errors.js';
import { clientSettings, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/** A topic to be made. */
export interface TopicRequest {
  /** Its name. */
  readonly name: string;
  /** How many partitions it gets. */
  readonly partitions: number;
  /** How many replicas each partition gets; -1 for the broker's default. */
  readonly replication: number;
  /** Topic settings, in Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
}

/** A partition's first offset and the offset that its next message will get. */
export interface Watermarks {
  /** The offset of the first message that is there. */
  readonly low: number;
  /** The offset after the last message. */
  readonly high: number;
}

/** How a topic is laid out. */
export interface TopicShape {
  /** How many partitions it has. */
  readonly partitions: number;
  /** How many replicas its partitions have; of different numbers, the smallest. */
  readonly replicas: number;
}

/** Looks at topics, makes, empties and deletes them. */
export interface TopicAdmin {
  /** The number of partitions of a topic, or undefined where it does not exist. */
  readonly partitionsOf: (topic: string) => Promise<number | undefined>;
  /** How a topic is laid out, or undefined where it does not exist. */
  readonly shapeOf: (topic: string) => Promise<TopicShape | undefined>;
  /**
   * Asks the cluster whether it would make a topic, as far as it can say so while one of this name exists.
   *
   * @throws as `create` would
   */
  readonly validate: (request: TopicRequest) => Promise<void>;
  /** Makes a topic and waits until every partition has a leader. */
  readonly create: (request: TopicRequest) => Promise<void>;
  /** Deletes a topic and waits until it is gone. */
  readonly remove: (topic: string) => Promise<void>;
  /** Deletes all messages of a topic and waits until they are gone; its partitions and their offsets go on. */
  readonly empty: (topic: string) => Promise<void>;
  /** First and next offset of each partition of a topic, in the order of the partitions. */
  readonly watermarks: (topic: string) => Promise<Watermarks[]>;
  /** The ids of the brokers, as text. */
  readonly brokerIds: () => Promise<string[]>;
  /**
   * Settings that differ from Kafka's own defaults; secret ones are null.
   *
   * @param kind - what they are of
   * @param name - the topic's name or the broker's id
   */
  readonly settings: (kind: 'topic' | 'broker', name: string) => Promise<Record<string, string | null>>;
  /** All settings of a topic or a broker, the defaults among them. */
  readonly describe: (kind: 'topic' | 'broker', name: string) => Promise<readonly SettingEntry[]>;
  /**
   * Changes some settings of a topic, and leaves the others as they are.
   *
   * @returns why the cluster rejects the values, undefined where it took them
   */
  readonly alter: (topic: string, updates: readonly SettingUpdate[]) => Promise<string | undefined>;
  /** Ends the connections. */
  readonly close: () => Promise<void>;
}

const pollMs = 50;

/** A partition's new leader is found within seconds, or a broker has to come back for it. */
const newLeaderMs = 10_000;

/** Kafka's `Topic.validate`: a topic's name has at most so many letters. */
const longestName = 249;

/**
 * Connects to a cluster to look at its topics and change them.
 *
 * @param options - how to reach the cluster
 * @param timeoutMs - how long each step may take, in milliseconds
 * @returns the admin; close it
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
    // Rights are looked at first, so this answer means that we have them; what else is wrong is not said.
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
      await sleep(pollMs);
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
        // node-rdkafka types the error as always there.
        if ((error as unknown) === null || (error as unknown) === undefined)
          resolve({ low: found.lowOffset, high: found.highOffset });
        else
          reject(Object.assign(new Error(`partition ${partition}: ${error.message}`), { code: error.code }));
      });
    });

  /** A topic that was just made, and one whose leader has just moved, is known before its new leader answers for it. */
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
      await sleep(pollMs);
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

/** Answers to a name that nobody asked for: it exists as well, or we may not use it. */
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

/** What the cluster knows of one topic; undefined where the topic does not exist. */
function metadataOf(
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
    await sleep(pollMs);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
