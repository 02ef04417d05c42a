import type rdkafka from 'node-rdkafka';
import { AlertSimError } from '../errors.js';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaErrors, requestError } from './errors.js';
import { kafkaLibrary } from './library.js';
import { producerSettings } from './idempotence.js';
import { kafkaErrorOf } from './libraryError.js';
import { clientSettings, type ClientProperties, type ConnectionOptions } from './settings.js';
import { deliveredRow } from './rows.js';
import { byScope } from './topicScope.js';

/**
 * Called at each message's end, acknowledged or failed.
 *
 * @param errorCode - 0 when the broker acknowledged it, else librdkafka's error code
 * @param latencyUs - from the hand-over to librdkafka until the acknowledgement
 * @param opaque - the integer that was given with the message, 0 to 2^53
 * @param offset - negative when it was not acknowledged
 */
export type DeliveryListener = (
  errorCode: number,
  latencyUs: number,
  opaque: number,
  partition: number,
  offset: number,
) => void;

/**
 * Called for the ends of many messages.
 *
 * @param reports - a table, {@link deliveredRow}; it is reused
 * @param count - number of rows
 */
export type DeliveriesListener = (reports: Float64Array, count: number) => void;

/** One object per header, as node-rdkafka takes them. */
export type MessageHeaders = readonly Readonly<Record<string, string | Buffer>>[];

/** Sends messages, and accounts for each of them by a delivery report. */
export interface AlertProducer {
  /** Messages handed over and neither acknowledged nor failed. */
  readonly inFlight: number;
  /**
   * Hands a message to librdkafka, which copies it.
   *
   * @returns false when librdkafka's queue is full: poll, and try again
   */
  readonly tryProduce: (
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | null,
    opaque: number,
    headers: MessageHeaders | undefined,
  ) => boolean;
  /** As `tryProduce`, but returns librdkafka's error code; 0 when the message was taken. */
  readonly produce: (
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | null,
    opaque: number,
    headers: MessageHeaders | undefined,
  ) => number;
  /** node-rdkafka's own producer, for the row producer. */
  readonly client: rdkafka.Producer;
  /** Counts messages that were handed over through `client`. */
  readonly countSent: (messages: number) => void;
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

/** The part of the native binding that we call without its JavaScript layer. */
interface NativeProducer {
  produce(
    topic: string,
    partition: number | null,
    value: Buffer | null,
    key: Buffer | string | null,
    timestamp: null,
    opaque: unknown,
    headers: MessageHeaders | undefined,
  ): number;
}

/** Reports that are taken at once: 40 bytes each, little enough for the processor's nearer caches. */
const reportsPerPoll = 1024;

/**
 * Connects a producer. Close it after use.
 *
 * @param properties - those of `options` win over them
 * @param onDelivery - called from within `poll`
 * @param topic - the topic that will be written: its leaders are looked up already
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export function openProducer(
  options: ConnectionOptions,
  properties: ClientProperties,
  onDelivery: DeliveryListener,
  timeoutMs: number,
  topic?: string,
): Promise<AlertProducer> {
  return openReportingProducer(options, properties, eachOf(onDelivery), timeoutMs, topic);
}

/**
 * Connects a producer that reports many messages' ends at once. Close it after use.
 *
 * @param properties - those of `options` win over them
 * @param onDeliveries - called from within `poll`
 * @param topic - the topic that will be written: its leaders are looked up already
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openReportingProducer(
  options: ConnectionOptions,
  properties: ClientProperties,
  onDeliveries: DeliveriesListener,
  timeoutMs: number,
  topic?: string,
): Promise<AlertProducer> {
  const settings = producerSettings(properties, clientSettings(options), options.properties);
  const client = makeClient(() => new (kafkaLibrary().Producer)(...byScope(settings)));
  client.setDeliveryBatching(true);
  await connect(client, options.bootstrap, timeoutMs, topic);
  const native = client.getClient() as NativeProducer;

  let inFlight = 0;
  const poll = batchedPoll(client, (reports, count) => {
    inFlight -= count;
    onDeliveries(reports, count);
  });

  const produce: AlertProducer['produce'] = (topic, partition, value, key, opaque, headers) => {
    // The binding turns an empty buffer into no key at all, but leaves an empty text as it is.
    const keyOrText = key?.length === 0 ? '' : key;
    const code = native.produce(topic, partition, value, keyOrText, null, opaque, headers);
    if (code === 0) inFlight += 1;
    return code;
  };

  return {
    get inFlight() {
      return inFlight;
    },
    tryProduce: (topic, partition, value, key, opaque, headers) => {
      const code = produce(topic, partition, value, key, opaque, headers);
      if (code === 0) return true;
      if (code === kafkaErrors.queueFull) return false;
      throw produceError(topic, code, value?.length ?? 0);
    },
    produce,
    client,
    countSent: (messages) => {
      inFlight += messages;
    },
    poll,
    close: () => disconnect(client),
  };
}

/**
 * Checks whether a producer can be made and connects, before anything is changed for it.
 *
 * @param properties - those of `options` win over them
 * @throws `BAD_USAGE` for properties that contradict each other; as {@link openProducer}
 */
export async function tryProducer(
  options: ConnectionOptions,
  properties: ClientProperties,
  timeoutMs: number,
): Promise<void> {
  const producer = await openProducer(options, properties, () => undefined, timeoutMs);
  await producer.close();
}

function eachOf(onDelivery: DeliveryListener): DeliveriesListener {
  const { error, latencyUs, lower, upper, partition, offset, fields } = deliveredRow;
  return (reports, count) => {
    for (let at = 0; at < count * fields; at += fields) {
      onDelivery(
        reports[at + error] ?? 0,
        reports[at + latencyUs] ?? 0,
        (reports[at + upper] ?? 0) * 2 ** 32 + (reports[at + lower] ?? 0),
        reports[at + partition] ?? 0,
        reports[at + offset] ?? 0,
      );
    }
  };
}

function batchedPoll(client: rdkafka.Producer, report: DeliveriesListener): AlertProducer['poll'] {
  const reports = new Float64Array(reportsPerPoll * deliveredRow.fields);
  return (serve = false) => {
    let total = 0;
    for (;;) {
      const count = client.pollDeliveries(reports, serve && total === 0);
      if (count > 0) report(reports, count);
      total += count;
      if (count < reportsPerPoll) return total;
    }
  };
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
