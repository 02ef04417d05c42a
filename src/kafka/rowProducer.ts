import { kafkaLibrary } from './library.js';
import { kafkaErrors } from './errors.js';
import { openReportingProducer, type AlertProducer, type DeliveriesListener } from './producer.js';
import { decodeHeaders, encodeStamp, producedRow, stampHeader, type RowMemory } from './rows.js';
import type { ClientProperties, ConnectionOptions } from './settings.js';

/** Who stamps the messages, where they are stamped. */
export interface Stamper {
  /** The run, 32 bits. */
  readonly run: number;
  /** The producer, 16 bits. */
  readonly producer: number;
}

/** Sends messages that lie in one block of memory, many with one call. */
export interface RowProducer {
  /** See {@link AlertProducer.batchedAcknowledgements}. */
  readonly batchedAcknowledgements: boolean;
  /** How many messages are handed over and neither acknowledged nor failed. */
  readonly inFlight: number;
  /**
   * Hands rows over, in order, until librdkafka's queue is full.
   *
   * @param rows - the table, {@link producedRow}
   * @param from - its first row to hand over
   * @param to - the row after the last
   * @returns how many were handled; each of these says in the table whether it was accepted or refused for good
   */
  readonly produceRows: (rows: Float64Array, from: number, to: number) => number;
  /** See {@link AlertProducer.poll}. */
  readonly poll: AlertProducer['poll'];
  /** Ends the connection; messages still in flight are given up. */
  readonly close: () => Promise<void>;
}

/**
 * Connects a producer for rows.
 *
 * @param options - how to reach the cluster
 * @param properties - librdkafka properties of this producer; those of `options` win over them
 * @param topic - the topic of all rows
 * @param memory - where the rows point into
 * @param stamper - who stamps the messages; undefined for no stamps
 * @param onDeliveries - told of messages' ends, from within `poll`
 * @param timeoutMs - how long connecting may take, in milliseconds
 * @returns the producer; close it
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openRowProducer(
  options: ConnectionOptions,
  properties: ClientProperties,
  topic: string,
  memory: RowMemory,
  stamper: Stamper | undefined,
  onDeliveries: DeliveriesListener,
  timeoutMs: number,
): Promise<RowProducer> {
  const producer = await openReportingProducer(options, properties, onDeliveries, timeoutMs, topic);
  const native = producer.batchedAcknowledgements && 'produceRows' in kafkaLibrary().Producer.prototype;
  const run = stamper?.run ?? -1;
  const number = stamper?.producer ?? 0;
  const produceRows = native
    ? (rows: Float64Array, from: number, to: number): number => {
        const { bytes, lastingBytes } = memory;
        const handled = producer.client.produceRows(topic, bytes, lastingBytes, rows, from, to, run, number);
        producer.countSent(acceptedOf(rows, from, from + handled));
        return handled;
      }
    : (rows: Float64Array, from: number, to: number): number =>
        oneByOne(producer, topic, memory.bytes, stamper, rows, from, to);
  return {
    batchedAcknowledgements: producer.batchedAcknowledgements,
    get inFlight() {
      return producer.inFlight;
    },
    produceRows,
    poll: producer.poll,
    close: producer.close,
  };
}

/** The way without our patches: the same messages, one call and some objects each. */
function oneByOne(
  producer: AlertProducer,
  topic: string,
  memory: Uint8Array,
  stamper: Stamper | undefined,
  rows: Float64Array,
  from: number,
  to: number,
): number {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
  for (let index = from; index < to; index += 1) {
    const field = (name: keyof typeof producedRow): number =>
      rows[index * producedRow.fields + producedRow[name]] ?? 0;
    const slice = (at: number, length: number): Buffer => bytes.subarray(at, at + length);
    const headers: Record<string, Buffer>[] = decodeHeaders(slice(field('headersAt'), field('headersBytes')));
    if (stamper !== undefined) {
      const stamp = {
        ...stamper,
        phase: field('phase'),
        sequence: field('sequence'),
        dueNs: field('dueNs'),
      };
      headers.push({ [stampHeader]: encodeStamp(stamp) });
    }
    const partition = field('partition');
    const keyBytes = field('keyBytes');
    const code = producer.produce(
      topic,
      partition < 0 ? null : partition,
      slice(field('valueAt'), field('valueBytes')),
      keyBytes < 0 ? null : slice(field('keyAt'), keyBytes),
      // 53 bits are enough here: this way is for thousands of messages in flight.
      field('tag') * 2 ** 32 + (field('sequence') % 2 ** 32),
      headers,
    );
    rows[index * producedRow.fields + producedRow.error] = code;
    if (code === kafkaErrors.queueFull) return index - from;
  }
  return to - from;
}

function acceptedOf(rows: Float64Array, from: number, to: number): number {
  let accepted = to - from;
  for (let row = from; row < to; row += 1)
    if (rows[row * producedRow.fields + producedRow.error] !== 0) accepted -= 1;
  return accepted;
}
