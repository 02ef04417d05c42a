import type rdkafka from 'node-rdkafka';
import { AlertSimError } from '../errors.js';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaErrors, requestError } from './kafkaErrors.js';
import { kafkaLibrary } from './library.js';
import { producerSettings } from './idempotence.js';
import { kafkaErrorOf } from './libraryError.js';
import { clientSettings, type ClientProperties, type ConnectionOptions } from './settings.js';
import { deliveredRow, producedRow, type RowMemory } from './rows.js';
import { byScope } from './topicScope.js';

/**
 * Called for the ends of many messages.
 *
 * @param reports - a table, {@link deliveredRow}; it is reused
 * @param count - number of rows
 */
export type DeliveriesListener = (reports: Float64Array, count: number) => void;

/** One object per header, as node-rdkafka has them; null for a header without a value. */
export type MessageHeaders = readonly Readonly<Record<string, string | Buffer | null>>[];

/** Instead of a run: rows have a timestamp in the place of the due time. patches/node-rdkafka/0016. */
const timestampedRun = -2;

/** Where the messages' stamps come from. */
export interface Stamper {
  /** 32 bits. */
  readonly run: number;
  /** 16 bits. */
  readonly producer: number;
}

export interface RowProducerOptions {
  readonly connection: ConnectionOptions;
  /** Those of the connection win over them. */
  readonly properties: ClientProperties;
  /** Its leaders are looked up already. */
  readonly topic: string;
  /** Rows point into it. */
  readonly memory: RowMemory;
  /** Undefined for messages without a stamp. */
  readonly stamper?: Stamper | undefined;
  /**
   * Whether rows have the record's timestamp in the place of the stamp's due time, milliseconds since 1970; 0 for
   * the time of sending.
   */
  readonly isTimestamped?: boolean;
  /** Called from within `poll`. */
  readonly onDeliveries: DeliveriesListener;
  /** For connecting. */
  readonly timeoutMs: number;
}

/** Sends messages that lie in one block of memory, many with one call, and accounts for each of them. */
export interface RowProducer {
  /** Messages handed over and neither acknowledged nor failed. */
  readonly inFlight: number;
  /**
   * Hands the rows from `from` up to, not including, `to` over, in order, until librdkafka's queue is full.
   *
   * @returns how many were handled; the table says for each whether it was accepted or rejected for good
   */
  readonly produceRows: (rows: Float64Array, from: number, to: number) => number;
  /**
   * Calls the listener for every report that has come, and returns their number.
   *
   * @param serve - for a loop that never pauses: serve librdkafka's reports in this very call, which costs
   * both less
   */
  readonly poll: (serve?: boolean) => number;
  /** Messages still in flight are given up. */
  readonly close: () => Promise<void>;
}

/** Reports that are taken at once: 48 bytes each, little enough for the processor's nearer caches. */
const reportsPerPoll = 1024;

/**
 * Connects a producer. Close it after use.
 *
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openRowProducer(options: RowProducerOptions): Promise<RowProducer> {
  const { topic, memory, stamper, isTimestamped = false, onDeliveries } = options;
  const client = await connected(options);
  const reports = new Float64Array(reportsPerPoll * deliveredRow.fields);
  const { bytes, lastingBytes } = memory;
  const { run, producer } = stamper ?? { run: isTimestamped ? timestampedRun : -1, producer: 0 };
  let inFlight = 0;
  return {
    get inFlight() {
      return inFlight;
    },
    produceRows: (rows, from, to) => {
      const handled = client.produceRows(topic, bytes, lastingBytes, rows, from, to, run, producer);
      inFlight += acceptedOf(rows, from, from + handled);
      return handled;
    },
    poll: (serve = false) => {
      let total = 0;
      for (;;) {
        const count = client.pollDeliveries(reports, serve && total === 0);
        inFlight -= count;
        if (count > 0) onDeliveries(reports, count);
        total += count;
        if (count < reportsPerPoll) return total;
      }
    },
    close: () => disconnect(client),
  };
}

/**
 * Checks whether a producer can be made and connects, before anything is changed for it.
 *
 * @param properties - those of the connection win over them
 * @throws `BAD_USAGE` for properties that contradict each other; as {@link openRowProducer}
 */
export async function tryProducer(
  connection: ConnectionOptions,
  properties: ClientProperties,
  timeoutMs: number,
): Promise<void> {
  await disconnect(await connected({ connection, properties, timeoutMs }));
}

async function connected({
  connection,
  properties,
  topic,
  timeoutMs,
}: Pick<RowProducerOptions, 'connection' | 'properties' | 'timeoutMs'> & {
  readonly topic?: string;
}): Promise<rdkafka.Producer> {
  const settings = producerSettings(properties, clientSettings(connection), connection.properties);
  const client = makeClient(() => new (kafkaLibrary().Producer)(...byScope(settings)));
  client.setDeliveryBatching(true);
  await connect(client, connection.bootstrap, timeoutMs, topic);
  return client;
}

function acceptedOf(rows: Float64Array, from: number, to: number): number {
  let accepted = to - from;
  for (let row = from; row < to; row += 1)
    if (rows[row * producedRow.fields + producedRow.error] !== 0) accepted -= 1;
  return accepted;
}

/**
 * The error of a message that librdkafka rejected for good.
 *
 * @param bytes - size of its value
 */
export function produceError(topic: string, code: number, bytes: number): AlertSimError {
  if (code === kafkaErrors.messageTooLarge) {
    return new AlertSimError(
      'DELIVERY_FAILED',
      `a message of ${bytes} bytes for ${topic} is larger than this client sends: raise it with -X message.max.bytes=…, ` +
        "and the broker's message.max.bytes too",
    );
  }
  return requestError(`send to the topic ${topic}`, kafkaErrorOf(code));
}
