import { frameAlert, frameHeadBytes } from '../alerts/wireFormat.js';
import { kafkaErrors } from '../kafka/errors.js';
import { PayloadRing } from '../kafka/payloadRing.js';
import { produceError, type AlertProducer, type MessageHeaders } from '../kafka/producer.js';
import { openRowProducer, type RowProducer } from '../kafka/rowProducer.js';
import { deliveredRow, headersLength, producedRow, writeHeaders } from '../kafka/rows.js';
import { maxMessageBytes, type ClientProperties, type ConnectionOptions } from '../kafka/settings.js';

/** So many bytes of alerts are on their way at once: five batches, and twice as many that wait for their turn. */
const ringBytes = 16 * 1024 * 1024;

/** Room for a message's headers beside the largest value. */
const maxHeaderBytes = 64 * 1024;

/** Batches as large as brokers take by default, each alert exactly once and in order. */
const producerProperties: ClientProperties = {
  'linger.ms': 5,
  'batch.size': 1_000_000,
  'queue.buffering.max.kbytes': 65_536,
  'enable.idempotence': true,
};

/** A message on its way into a reservoir. */
export interface UnsentMessage {
  /** The Avro record, or what else is sent. */
  readonly bytes: Uint8Array;
  /** The schema id that stands before it, or undefined for bytes that are sent as they are. */
  readonly schemaId: number | undefined;
  /** Its headers. */
  readonly headers: MessageHeaders;
}

/**
 * Fills a reservoir: an alert is framed into memory that it is sent from, which is the only copy of it that is made.
 */
export class ReservoirSender {
  readonly #topic: string;
  readonly #ring: PayloadRing;
  readonly #mostBytes: number;
  readonly #producer: RowProducer;
  readonly #row = new Float64Array(producedRow.fields);

  private constructor(topic: string, ring: PayloadRing, mostBytes: number, producer: RowProducer) {
    this.#topic = topic;
    this.#ring = ring;
    this.#mostBytes = mostBytes;
    this.#producer = producer;
    this.#row[producedRow.keyBytes] = -1;
  }

  /**
   * Connects a sender.
   *
   * @param connection - how to reach the cluster
   * @param topic - the reservoir; it exists
   * @param onEnd - told of each message's end, from within `poll`: 0 when it was acknowledged, else librdkafka's error
   * code
   * @param timeoutMs - how long connecting may take, in milliseconds
   * @returns the sender; close it
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
   */
  static async open(
    connection: ConnectionOptions,
    topic: string,
    onEnd: (errorCode: number) => void,
    timeoutMs: number,
  ): Promise<ReservoirSender> {
    const mostBytes = largestMessageBytes(connection);
    const ring = new PayloadRing(Math.max(ringBytes, mostBytes + maxHeaderBytes));
    const { fields, error, lower } = deliveredRow;
    const onDeliveries = (reports: Float64Array, count: number): void => {
      for (let at = 0; at < count * fields; at += fields) {
        ring.release(reports[at + lower] ?? 0);
        onEnd(reports[at + error] ?? 0);
      }
    };
    const producer = await openRowProducer(
      connection,
      producerProperties,
      topic,
      ring,
      undefined,
      onDeliveries,
      timeoutMs,
    );
    return new ReservoirSender(topic, ring, mostBytes, producer);
  }

  /** How many messages are handed over and neither acknowledged nor failed. */
  get inFlight(): number {
    return this.#producer.inFlight;
  }

  /** See {@link AlertProducer.poll}. */
  get poll(): AlertProducer['poll'] {
    return this.#producer.poll;
  }

  /**
   * Puts a message into the memory that it will be sent from.
   *
   * @param message - the message; its bytes are copied
   * @returns the length of its value, bytes; undefined while there is no room: poll, and try again
   * @throws `DELIVERY_FAILED` for one that is larger than this client sends
   */
  frame({ bytes, schemaId, headers }: UnsentMessage): number | undefined {
    const valueBytes = bytes.length + (schemaId === undefined ? 0 : frameHeadBytes);
    if (valueBytes > this.#mostBytes)
      throw produceError(this.#topic, kafkaErrors.messageTooLarge, valueBytes);
    const headersBytes = headersLength(headers);
    const at = this.#ring.take(valueBytes + headersBytes);
    if (at < 0) return undefined;
    const memory = this.#ring.bytes;
    if (schemaId === undefined) memory.set(bytes, at);
    else frameAlert(schemaId, bytes, memory.subarray(at, at + valueBytes));
    writeHeaders(headers, memory, at + valueBytes);
    const row = this.#row;
    row[producedRow.valueAt] = at;
    row[producedRow.valueBytes] = valueBytes;
    row[producedRow.headersAt] = at + valueBytes;
    row[producedRow.headersBytes] = headersBytes;
    row[producedRow.sequence] = this.#ring.newest;
    return valueBytes;
  }

  /**
   * Hands the message that was framed last to librdkafka.
   *
   * @param partition - where it goes; null for the partitioner's choice
   * @returns false while librdkafka's queue is full: poll, and try again
   * @throws `DELIVERY_FAILED`, `BAD_USAGE` when librdkafka refuses it for good
   */
  send(partition: number | null): boolean {
    const row = this.#row;
    row[producedRow.partition] = partition ?? -1;
    this.#producer.produceRows(row, 0, 1);
    const code = row[producedRow.error];
    if (code === 0) return true;
    if (code === kafkaErrors.queueFull) return false;
    throw produceError(this.#topic, code ?? 0, row[producedRow.valueBytes] ?? 0);
  }

  /** Ends the connection; messages still in flight are given up. */
  async close(): Promise<void> {
    await this.#producer.close();
  }
}

/**
 * The largest message that a client sends.
 *
 * @param connection - its settings
 * @returns bytes of the value
 */
export function largestMessageBytes(connection: ConnectionOptions): number {
  return Number(connection.properties?.['message.max.bytes'] ?? maxMessageBytes);
}
