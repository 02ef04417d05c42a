import { connect, disconnect, makeClient } from './connect.js';
import { kafkaLibrary } from './library.js';
import { isKafkaError, joinError, kafkaErrors, requestError } from './kafkaErrors.js';
import { consumedRow } from './rows.js';
import { consumerSettings, type ClientProperties, type ConnectionOptions } from './settings.js';
import { byScope } from './topicScope.js';

/** A member of a consumer group that measures: it takes messages as rows of numbers. */
export interface RowConsumer {
  /**
   * Takes what has come, without waiting.
   *
   * @param rows - filled from its start, {@link consumedRow}
   * @returns how many rows were filled; a full table means that there may be more
   */
  readonly take: (rows: Float64Array) => number;
  readonly assignedPartitions: () => number;
  /** Number of messages after this member's positions: what its group has still to read of its partitions. */
  readonly lag: () => number;
  /** The offset after the last message that was taken of each partition. */
  readonly positions: () => { readonly partition: number; readonly next: number }[];
  /** Fetches nothing any more, stays in the group; go on taking, which keeps it a member. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Leaves the group and ends the connection. */
  readonly close: () => Promise<void>;
}

/** What a member of a group reads. */
export interface GroupReading {
  readonly group: string;
  /** Read from where the group's position is, or else from its beginning. */
  readonly topic: string;
  /** The offset of each partition from which on messages count for its lag. */
  readonly starts: readonly number[];
}

/**
 * Checks whether a consumer can be made and connects, before anything is changed for it. It joins no group.
 *
 * @throws `BAD_USAGE`, `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function tryConsumer(options: ConnectionOptions, timeoutMs: number): Promise<void> {
  const settings = { ...consumerSettings(options), 'group.id': 'none' };
  const client = makeClient(() => new (kafkaLibrary().KafkaConsumer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  await disconnect(client);
}

/**
 * Joins a consumer group. Close the consumer after use.
 *
 * @param properties - those of `options` win over them
 * @param onReadable - called when messages have come: take all of them
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`, `MISSING_PREREQUISITE`
 */
export async function openRowConsumer(
  options: ConnectionOptions,
  properties: ClientProperties,
  { group, topic, starts }: GroupReading,
  onReadable: () => void,
  timeoutMs: number,
): Promise<RowConsumer> {
  const settings = {
    'enable.auto.commit': false,
    'auto.offset.reset': 'earliest',
    'fetch.wait.max.ms': 100,
    'queued.max.messages.kbytes': 65_536,
    ...properties,
    ...consumerSettings(options),
    'group.id': group,
  };
  const client = makeClient(() => new (kafkaLibrary().KafkaConsumer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  client.subscribe([topic]);
  client.listenReadable(onReadable);
  const taken = new Map<number, number>();
  return {
    take: (rows) => {
      try {
        const count = client.consumeRows(rows);
        for (let row = 0; row < count; row += 1) {
          const at = row * consumedRow.fields;
          taken.set(rows[at + consumedRow.partition] ?? 0, rows[at + consumedRow.offset] ?? 0);
        }
        return count;
      } catch (thrown) {
        throw isKafkaError(thrown) && thrown.code === kafkaErrors.groupAuthorizationFailed
          ? joinError(group, thrown)
          : requestError(`read the topic ${topic}`, thrown);
      }
    },
    assignedPartitions: () => client.assignments().length,
    lag: () => {
      let lag = 0;
      for (const { partition } of client.assignments()) {
        const { highOffset } = client.getWatermarkOffsets(topic, partition);
        // A partition of which nothing was fetched yet has no known end: librdkafka says -1001.
        const next = (taken.get(partition) ?? -1) + 1;
        lag += Math.max(0, highOffset - Math.max(next, starts[partition] ?? 0));
      }
      return lag;
    },
    positions: () => [...taken].map(([partition, offset]) => ({ partition, next: offset + 1 })),
    pause: () => {
      client.pause(client.assignments());
    },
    resume: () => {
      client.resume(client.assignments());
    },
    close: () => disconnect(client),
  };
}
