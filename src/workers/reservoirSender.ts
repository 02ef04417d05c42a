import { frameAlert, frameHeadBytes } from '../alerts/wireFormat.js';
import type { AlertSimError } from '../errors.js';
import { kafkaErrors } from '../kafka/kafkaErrors.js';
import { PayloadRing } from '../kafka/payloadRing.js';
import { openRowProducer, produceError, type MessageHeaders, type RowProducer } from '../kafka/producer.js';
import { deliveredRow, headersLength, producedRow, writeHeaders } from '../kafka/rows.js';
import { largestMessageBytes, type ClientProperties, type ConnectionOptions } from '../kafka/settings.js';
import { DeliveryLedger } from './deliveryLedger.js';

/** Alerts in flight at once: five batches, and twice as many that wait for their turn. */
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
  /** Undefined for bytes that are sent as they are. */
  readonly schemaId: number | undefined;
  readonly headers: MessageHeaders;
  readonly key?: Uint8Array | null | undefined;
  /** Whether it has no value; its bytes are empty then. */
  readonly isNull?: boolean;
  /** Since 1970; undefined or below zero for the time of sending. */
  readonly timestampMs?: number | undefined;
}

export interface ReservoirSenderOptions {
  readonly connection: ConnectionOptions;
  /** It exists. */
  readonly topic: string;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Whether sending must end. */
  readonly stopped: () => boolean;
}

/**
 * Fills a reservoir, and knows what became of each message. An alert is framed into memory that it is sent
 * from, which is the only copy of it.
 */
export class ReservoirSender {
  /** The largest value that it sends. */
  readonly mostBytes: number;
  readonly #options: ReservoirSenderOptions;
  readonly #ledger: DeliveryLedger;
  readonly #ring: PayloadRing;
  readonly #producer: RowProducer;
  readonly #row = new Float64Array(producedRow.fields);
  #bytes = 0;
  #stalled = false;

  private constructor(
    options: ReservoirSenderOptions,
    ledger: DeliveryLedger,
    ring: PayloadRing,
    producer: RowProducer,
  ) {
    this.mostBytes = largestMessageBytes(options.connection);
    this.#options = options;
    this.#ledger = ledger;
    this.#ring = ring;
    this.#producer = producer;
  }

  /**
   * Connects a sender. Close it after use.
   *
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
   */
  static async open(options: ReservoirSenderOptions): Promise<ReservoirSender> {
    const { connection, topic, timeoutMs } = options;
    const ring = new PayloadRing(Math.max(ringBytes, largestMessageBytes(connection) + maxHeaderBytes));
    const ledger = new DeliveryLedger();
    const { fields, error, lower } = deliveredRow;
    const onDeliveries = (reports: Float64Array, count: number): void => {
      for (let at = 0; at < count * fields; at += fields) {
        ring.release(reports[at + lower] ?? 0);
        ledger.countReport(reports[at + error] ?? 0);
      }
    };
    const producer = await openRowProducer({
      ...{ connection, properties: producerProperties, topic, timeoutMs },
      memory: ring,
      isTimestamped: true,
      onDeliveries,
    });
    return new ReservoirSender(options, ledger, ring, producer);
  }

  /** Handed over. */
  get sent(): number {
    return this.#ledger.sent;
  }

  get acked(): number {
    return this.#ledger.acked;
  }

  get failed(): number {
    return this.#ledger.failed;
  }

  /** Of the values that were handed over. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Sends a message, as soon as there is room for it; false when it was not sent: sending must end, or there
   * is no progress any more.
   *
   * @param message - its bytes are copied
   * @throws `DELIVERY_FAILED` for one that is larger than this client sends, or that librdkafka rejects for
   * good; `BAD_USAGE`
   */
  async put(message: UnsentMessage, partition: number): Promise<boolean> {
    const framed = (): boolean => this.#frame(message);
    if (!(framed() || (await this.#whenRoom(framed)))) return false;
    const taken = (): boolean => this.#produce(partition);
    if (!(taken() || (await this.#whenRoom(taken)))) return false;
    this.#ledger.countSent();
    this.#bytes += Math.max(0, this.#row[producedRow.valueBytes] ?? 0);
    return true;
  }

  /** Takes the broker's answers. */
  poll(): void {
    this.#producer.poll();
  }

  /** Waits until everything that was sent has its answer, as long as there is progress. */
  async drain(): Promise<void> {
    if (this.#stalled) return;
    const { timeoutMs } = this.#options;
    const isDrained = (): boolean => this.#producer.inFlight === 0;
    this.#stalled = !(await this.#ledger.waitFor(this.#producer, isDrained, timeoutMs));
  }

  /**
   * The error `DELIVERY_FAILED`, with counts and the fix, of an incomplete reservoir; undefined when all that
   * was sent is acknowledged.
   */
  failure(total: number): AlertSimError | undefined {
    const { topic, timeoutMs } = this.#options;
    return this.#ledger.failure(topic, total, this.#stalled ? timeoutMs : undefined);
  }

  async #whenRoom(tried: () => boolean): Promise<boolean> {
    const { timeoutMs, stopped } = this.#options;
    const outcome = await this.#ledger.sendWhenRoom(this.#producer, tried, timeoutMs, stopped);
    this.#stalled ||= outcome === 'stalled';
    return outcome === 'sent';
  }

  /** Puts a message into the memory that it will be sent from; false while there is no room. */
  #frame({ bytes, schemaId, headers, key = null, isNull = false, timestampMs = 0 }: UnsentMessage): boolean {
    const valueBytes = bytes.length + (schemaId === undefined ? 0 : frameHeadBytes);
    if (valueBytes > this.mostBytes)
      throw produceError(this.#options.topic, kafkaErrors.messageTooLarge, valueBytes);
    const headersBytes = headersLength(headers);
    const keyBytes = key?.length ?? 0;
    const at = this.#ring.take(valueBytes + headersBytes + keyBytes);
    if (at < 0) return false;
    const memory = this.#ring.bytes;
    if (schemaId === undefined) memory.set(bytes, at);
    else frameAlert(schemaId, bytes, memory.subarray(at, at + valueBytes));
    writeHeaders(headers, memory, at + valueBytes);
    const keyAt = at + valueBytes + headersBytes;
    if (key !== null) memory.set(key, keyAt);
    const row = this.#row;
    row[producedRow.valueAt] = at;
    row[producedRow.valueBytes] = isNull ? -1 : valueBytes;
    row[producedRow.headersAt] = at + valueBytes;
    row[producedRow.headersBytes] = headersBytes;
    row[producedRow.keyAt] = keyAt;
    row[producedRow.keyBytes] = key === null ? -1 : keyBytes;
    row[producedRow.dueNs] = Math.max(0, timestampMs);
    row[producedRow.sequence] = this.#ring.newest;
    return true;
  }

  /** Hands the message that was framed last to librdkafka; false while its queue is full. */
  #produce(partition: number): boolean {
    const row = this.#row;
    row[producedRow.partition] = partition;
    this.#producer.produceRows(row, 0, 1);
    const code = row[producedRow.error];
    if (code === 0) return true;
    if (code === kafkaErrors.queueFull) return false;
    throw produceError(this.#options.topic, code ?? 0, row[producedRow.valueBytes] ?? 0);
  }

  /** Messages still in flight are given up. */
  async close(): Promise<void> {
    await this.#producer.close();
  }
}
