import { openReportingProducer, type AlertProducer, type DeliveriesListener } from './producer.js';
import { producedRow, type RowMemory } from './rows.js';
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
  const { bytes, lastingBytes } = memory;
  const run = stamper?.run ?? -1;
  const number = stamper?.producer ?? 0;
  const produceRows = (rows: Float64Array, from: number, to: number): number => {
    const handled = producer.client.produceRows(topic, bytes, lastingBytes, rows, from, to, run, number);
    producer.countSent(acceptedOf(rows, from, from + handled));
    return handled;
  };
  return {
    get inFlight() {
      return producer.inFlight;
    },
    produceRows,
    poll: producer.poll,
    close: producer.close,
  };
}

function acceptedOf(rows: Float64Array, from: number, to: number): number {
  let accepted = to - from;
  for (let row = from; row < to; row += 1)
    if (rows[row * producedRow.fields + producedRow.error] !== 0) accepted -= 1;
  return accepted;
}
