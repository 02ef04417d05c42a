import { openReportingProducer, type AlertProducer, type DeliveriesListener } from './producer.js';
import { producedRow, type RowMemory } from './rows.js';
import type { ClientProperties, ConnectionOptions } from './settings.js';

/** Where the messages' stamps come from. */
export interface Stamper {
  /** 32 bits. */
  readonly run: number;
  /** 16 bits. */
  readonly producer: number;
}

/** Sends messages that lie in one block of memory, many with one call. */
export interface RowProducer {
  /** Messages handed over and neither acknowledged nor failed. */
  readonly inFlight: number;
  /**
   * Hands the rows from `from` up to, not including, `to` over, in order, until librdkafka's queue is full.
   *
   * @returns how many were handled; the table says for each whether it was accepted or rejected for good
   */
  readonly produceRows: (rows: Float64Array, from: number, to: number) => number;
  /** See {@link AlertProducer.poll}. */
  readonly poll: AlertProducer['poll'];
  /** Messages still in flight are given up. */
  readonly close: () => Promise<void>;
}

/**
 * Connects a producer for rows. Close it after use.
 *
 * @param properties - those of `options` win over them
 * @param onDeliveries - called from within `poll`
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
