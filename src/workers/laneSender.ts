import { AlertSimError } from '../errors.js';
import { kafkaErrors } from '../kafka/errors.js';
import { kafkaErrorOf } from '../kafka/libraryError.js';
import { openRowProducer, type RowProducer } from '../kafka/rowProducer.js';
import { producedRow } from '../kafka/rows.js';
import { LatencySet } from '../measure/latencySet.js';
import { ProducerLedger } from '../measure/ledger.js';
import { monotonicNs } from './clock.js';
import type { HealthMonitor } from './health.js';
import { InFlightTable } from './inFlightTable.js';
import type { LaneCounts, ReplayTask } from './protocol.js';

/** The most messages that a lane has in flight; librdkafka's queue is given the same limit. */
const mostInFlight = 500_000;

/** How long a lane sleeps when librdkafka's queue is full, milliseconds: acknowledgements come meanwhile. */
const fullQueueSleepMs = 1;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/**
 * Sends a lane's rows, and measures each message: lag, acknowledgement, response.
 *
 * Rows are filled by the pacing loop; partitions go round, and each message is numbered among this producer's
 * messages for its partition, by which the ledger finds what was lost.
 */
export class LaneSender {
  /** The table that the pacing loop fills. */
  readonly rows: Float64Array;
  /** What was sent, acknowledged and failed, message by message. */
  readonly ledger: ProducerLedger;
  /** Latencies since the last interval. */
  readonly latencies = new LatencySet();
  readonly #task: ReplayTask;
  readonly #health: HealthMonitor;
  readonly #table = new InFlightTable(mostInFlight);
  readonly #nextSequence: Float64Array;
  #producer: RowProducer | undefined;
  #partition: number;
  #phase = 0;
  #before: { readonly phase: number; readonly untilNs: number } = { phase: 0, untilNs: -Infinity };
  #measuresLag = true;
  #counts = { sent: 0, acked: 0, failed: 0, bytes: 0 };
  #progressNs = monotonicNs();

  private constructor(task: ReplayTask, rowsAtOnce: number, health: HealthMonitor) {
    this.#task = task;
    this.#health = health;
    this.rows = new Float64Array(rowsAtOnce * producedRow.fields);
    this.#nextSequence = new Float64Array(task.streamPartitions);
    // Lanes begin at different partitions, so that a burst of all lanes spreads.
    this.#partition = task.lane.index % task.streamPartitions;
    this.ledger = new ProducerLedger(task.lane.index);
  }

  /**
   * Connects the lane's producer.
   *
   * @param task - the lane
   * @param memory - the block of memory that rows point into
   * @param rowsAtOnce - the most rows that are sent with one call
   * @param health - told of time in which the queue was full
   * @returns the sender; close it
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
   */
  static async open(
    task: ReplayTask,
    memory: Uint8Array,
    rowsAtOnce: number,
    health: HealthMonitor,
  ): Promise<LaneSender> {
    const sender = new LaneSender(task, rowsAtOnce, health);
    sender.#producer = await openRowProducer(
      task.connection,
      {
        'queue.buffering.max.messages': mostInFlight,
        'queue.buffering.max.kbytes': 131_072,
        ...task.properties,
      },
      task.streamTopic,
      memory,
      task.run === undefined ? undefined : { run: task.run, producer: task.lane.index },
      (errorCode, latencyUs, slot, partition) => {
        sender.#onDelivery(errorCode, latencyUs, slot, partition);
      },
      task.timeoutMs,
    );
    return sender;
  }

  /** See {@link RowProducer.batchedAcknowledgements}. */
  get batchedAcknowledgements(): boolean {
    return this.#open().batchedAcknowledgements;
  }

  /** How many messages are handed over and not answered. */
  get inFlight(): number {
    return this.#open().inFlight;
  }

  /**
   * Begins a phase: from here on, latencies belong to it.
   *
   * @param phase - its number
   * @param measuresLag - false for a phase without a schedule
   * @param before - the number for messages that are due before an instant; none where it is left out
   */
  beginPhase(
    phase: number,
    measuresLag: boolean,
    before: { readonly phase: number; readonly untilNs: number } = { phase, untilNs: -Infinity },
  ): void {
    this.#phase = phase;
    this.#before = before;
    this.#measuresLag = measuresLag;
  }

  /**
   * Completes the rows that the pacing loop has pointed at alerts and given a due time, and sends them.
   *
   * @param count - how many rows of the table
   * @returns how many were taken; fewer when librdkafka's queue is full
   * @throws `DELIVERY_FAILED` when librdkafka refuses a message for another reason
   */
  send(count: number): number {
    const { rows } = this;
    const { fields } = producedRow;
    const nowNs = monotonicNs();
    if (this.inFlight === 0) this.#progressNs = nowNs;
    const most = Math.min(count, this.#table.room);
    const partitions = this.#nextSequence.length;
    let partition = this.#partition;
    for (let row = 0; row < most; row += 1) {
      const at = row * fields;
      const dueNs = rows[at + producedRow.dueNs] ?? 0;
      const lagUs = Math.max(0, Math.round((nowNs - dueNs) / 1000));
      const phase = dueNs < this.#before.untilNs ? this.#before.phase : this.#phase;
      const sequence = this.#nextSequence[partition] ?? 0;
      rows[at + producedRow.partition] = partition;
      rows[at + producedRow.phase] = phase;
      rows[at + producedRow.sequence] = sequence;
      // The stamp carries the due time on the clock that all machines have in common.
      rows[at + producedRow.dueNs] = dueNs + this.#task.commonClockNs;
      rows[at + producedRow.opaque] = this.#table.take(lagUs, partition, sequence, phase);
      this.#nextSequence[partition] = sequence + 1;
      partition = partition + 1 === partitions ? 0 : partition + 1;
    }
    const taken = most === 0 ? 0 : this.#open().produceRows(rows, 0, most);
    let bytes = 0;
    for (let row = 0; row < taken; row += 1) {
      const at = row * fields;
      bytes += rows[at + producedRow.valueBytes] ?? 0;
      if (this.#measuresLag) {
        this.latencies.record(
          rows[at + producedRow.phase] ?? 0,
          'scheduleLag',
          this.#table.lagUs(rows[at + producedRow.opaque] ?? 0),
        );
      }
      this.ledger.countSent(rows[at + producedRow.partition] ?? 0);
    }
    for (let row = most - 1; row >= taken; row -= 1) this.#takeBack(row);
    this.#partition = (this.#partition + taken) % partitions;
    this.#counts.sent += taken;
    this.#counts.bytes += bytes;
    if (taken < most) this.#checkRefusal(taken);
    return taken;
  }

  /** Takes the delivery reports that have come. Returns how many there were. */
  poll(): number {
    const reports = this.#open().poll();
    if (reports > 0) this.#progressNs = monotonicNs();
    return reports;
  }

  /** For how long messages have been in flight without a single answer, nanoseconds; 0 with nothing in flight. */
  get silentNs(): number {
    return this.inFlight === 0 ? 0 : monotonicNs() - this.#progressNs;
  }

  /** Sleeps a moment, since librdkafka's queue is full, and counts the time. */
  waitForRoom(): void {
    const beforeNs = monotonicNs();
    Atomics.wait(neverNotified, 0, 0, fullQueueSleepMs);
    this.poll();
    this.#health.countQueueFull(monotonicNs() - beforeNs);
  }

  /** What was counted since the last call. */
  takeCounts(): LaneCounts {
    const counts = this.#counts;
    this.#counts = { sent: 0, acked: 0, failed: 0, bytes: 0 };
    return counts;
  }

  /** Counts what is still in flight as failed, since nobody waits for its answer any more. Returns how many that was. */
  giveUp(): number {
    let given = 0;
    for (const { partition, sequence } of this.#table.inFlight()) {
      this.ledger.countFailed(partition, sequence, kafkaErrors.messageTimedOut);
      given += 1;
    }
    this.#counts.failed += given;
    return given;
  }

  /** Ends the connection. */
  async close(): Promise<void> {
    await this.#producer?.close();
  }

  #onDelivery(errorCode: number, latencyUs: number, slot: number, partition: number): void {
    if (errorCode === 0) {
      this.#counts.acked += 1;
      const phase = this.#table.phase(slot);
      this.latencies.record(phase, 'ack', latencyUs);
      this.latencies.record(phase, 'response', latencyUs + this.#table.lagUs(slot));
      this.ledger.countAcked(partition);
    } else {
      this.#counts.failed += 1;
      this.ledger.countFailed(partition, this.#table.sequence(slot), errorCode);
    }
    this.#table.release(slot);
  }

  /** A row that was not taken gives its number and its slot back, and has its due time on this machine's clock again. Rows go from the last one to the first. */
  #takeBack(row: number): void {
    const at = row * producedRow.fields;
    const partition = this.rows[at + producedRow.partition] ?? 0;
    this.#nextSequence[partition] = this.rows[at + producedRow.sequence] ?? 0;
    this.rows[at + producedRow.dueNs] = (this.rows[at + producedRow.dueNs] ?? 0) - this.#task.commonClockNs;
    this.#table.release(this.rows[at + producedRow.opaque] ?? 0);
  }

  #checkRefusal(row: number): void {
    const code = this.rows[row * producedRow.fields + producedRow.error] ?? 0;
    if (code === kafkaErrors.queueFull) return;
    throw new AlertSimError(
      'DELIVERY_FAILED',
      `${this.#task.name} could not send to ${this.#task.streamTopic}: ${kafkaErrorOf(code).message}`,
    );
  }

  #open(): RowProducer {
    if (this.#producer === undefined)
      throw new AlertSimError('INTERNAL', `${this.#task.name} is not connected`);
    return this.#producer;
  }
}
