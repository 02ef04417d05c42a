import { AlertSimError } from '../errors.js';
import { kafkaErrors } from '../kafka/kafkaErrors.js';
import { openRowProducer, produceError, type RowProducer } from '../kafka/producer.js';
import { producerTimestamp, producerTimestampBytes } from '../kafka/producerTimestamp.js';
import { deliveredRow, producedRow, type RowMemory } from '../kafka/rows.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { AckGaps, type AckGap } from '../measure/ackGaps.js';
import { highestUs, type LatencyCounts } from '../measure/latencyCounts.js';
import { LatencySet } from '../measure/latencySet.js';
import { ProducerLedger } from '../measure/ledger.js';
import { monotonicNs } from './clock.js';
import { DuePoints } from './duePoints.js';
import type { HealthMonitor } from './health.js';
import { InFlight } from './inFlight.js';
import { keyPartitioner, type KeyPartitioner } from './keyPartitioner.js';
import { PartitionTurns } from './partitionTurns.js';
import type { SentCounts, ReplayTask } from './protocol.js';
import { sleep } from './sleep.js';

/** Limit of a producer's messages in flight; librdkafka's queue has the same limit. */
export const mostInFlight = 500_000;

/** How long a producer sleeps when librdkafka's queue is full: acknowledgements come meanwhile. */
const fullQueueSleepNs = 1e6;

/** After so many attempts with nothing in flight, no acknowledgement will make room for a message. */
const mostAttempts = 10;

/** Lags travel in 32 bits; what is above the highest latency counts as that one, and as clipped. */
const longestLagUs = highestUs + 1;

/**
 * Sends a producer's rows, and measures each message: lag, acknowledgement, response.
 *
 * Rows are filled by the pacing loop; partitions take turns where no key decides, and each message is numbered
 * among this producer's messages for its partition, by which the ledger finds what was lost.
 */
export class RowSender {
  /** The table that the pacing loop fills. */
  readonly rows: Float64Array;
  /** What was sent, acknowledged and failed, message by message. */
  readonly ledger: ProducerLedger;
  /**
   * Whether reports are served here, when the loop looks for them, rather than by librdkafka's thread as they
   * come: for a loop that looks so often that a thread beside it would only take its core. Partitions take
   * turns in runs then.
   */
  serves = false;
  /** Latencies since the last interval. */
  readonly latencies = new LatencySet();
  readonly #task: ReplayTask;
  readonly #health: HealthMonitor;
  readonly #inFlight: InFlight;
  readonly #memory: Uint8Array;
  #producer: RowProducer | undefined;
  readonly #turns: PartitionTurns;
  readonly #ofKey: KeyPartitioner;
  /** The partition of all messages without a key; undefined where partitions take turns. */
  readonly #keyless: number | undefined;
  readonly #gaps: AckGaps;
  readonly #duePoints: DuePoints | undefined;
  #phase = 0;
  #before: { readonly phase: number; readonly untilNs: number } = { phase: 0, untilNs: -Infinity };
  #measuresLag = true;
  #counts = { sent: 0, acked: 0, failed: 0, bytes: 0, missed: 0 };
  #failures = new Map<number, number>();
  #hasFailed = false;
  #progressNs = monotonicNs();
  /** How often the next message was not taken though nothing was in flight. */
  #attempts = 0;

  private constructor(task: ReplayTask, memory: RowMemory, rowsAtOnce: number, health: HealthMonitor) {
    this.#task = task;
    this.#memory = memory.bytes;
    this.#health = health;
    this.rows = new Float64Array(rowsAtOnce * producedRow.fields);
    this.#inFlight = new InFlight(task.streamPartitions, mostInFlight);
    this.#gaps = new AckGaps(task.streamPartitions);
    // Producers begin at different partitions, so that a burst of all producers spreads.
    this.#turns = new PartitionTurns(task.streamPartitions, task.producer.index % task.streamPartitions);
    const partitioner = connectionOf(task).properties?.partitioner;
    this.#ofKey = keyPartitioner(task.streamPartitions, partitioner?.toString());
    this.#keyless = this.#ofKey(undefined);
    this.ledger = new ProducerLedger(task.producer.index);
    this.#duePoints = task.notesDue ? new DuePoints(task.streamPartitions) : undefined;
  }

  /**
   * Connects its producer. Close it after use.
   *
   * @param rowsAtOnce - limit of the rows that are sent with one call
   * @param health - gets the time in which the queue was full
   * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
   */
  static async open(
    task: ReplayTask,
    memory: RowMemory,
    rowsAtOnce: number,
    health: HealthMonitor,
  ): Promise<RowSender> {
    const sender = new RowSender(task, memory, rowsAtOnce, health);
    sender.#producer = await openRowProducer({
      connection: connectionOf(task),
      properties: {
        'queue.buffering.max.messages': mostInFlight,
        'queue.buffering.max.kbytes': 131_072,
        ...task.properties,
      },
      topic: task.streamTopic,
      memory,
      stamper: task.run === undefined ? undefined : { run: task.run, producer: task.producer.index },
      onDeliveries: (reports, count) => {
        sender.#onDeliveries(reports, count);
      },
      timeoutMs: task.timeoutMs,
    });
    return sender;
  }

  /** Messages handed over and not answered. */
  get inFlight(): number {
    return this.#open().inFlight;
  }

  /**
   * Begins a phase: from here on, latencies belong to it; those of messages that are due before an instant may get
   * a number of their own.
   *
   * @param measuresLag - false for a phase without a schedule
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
   * @returns how many were taken; fewer when librdkafka's queue is full
   * @throws `DELIVERY_FAILED` when librdkafka rejects a message for another reason; it counts as failed;
   * `BAD_USAGE` for a message that does not fit into an empty queue
   */
  send(count: number): number {
    const nowNs = monotonicNs();
    if (this.inFlight === 0) this.#progressNs = nowNs;
    const most = Math.min(count, this.#inFlight.room);
    this.#complete(most, nowNs);
    const taken = most === 0 ? 0 : this.#open().produceRows(this.rows, 0, most);
    const rejected = this.#countTaken(taken);
    for (let row = most - 1; row >= taken; row -= 1) this.#takeBack(row);
    if (most > 0 && taken === 0) this.#noteFull();
    else this.#attempts = 0;
    if (rejected >= 0) throw this.#rejected(rejected);
    return taken;
  }

  /** Takes the delivery reports that have come, and returns their number. */
  poll(): number {
    this.#gaps.look(monotonicNs() / 1000);
    const reports = this.#open().poll(this.serves);
    if (reports > 0) this.#progressNs = monotonicNs();
    return reports;
  }

  /** Whether a message has failed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** For how long messages have been in flight without a single answer; 0 with nothing in flight. */
  get silentNs(): number {
    return this.inFlight === 0 ? 0 : monotonicNs() - this.#progressNs;
  }

  /** Sleeps a moment because librdkafka's queue is full, and counts the time. */
  waitForRoom(): void {
    const beforeNs = monotonicNs();
    sleep(fullQueueSleepNs);
    this.poll();
    this.#health.countQueueFull(monotonicNs() - beforeNs);
  }

  /** Counts time in which a message was due, and waited for by the loop. */
  countAwaited(nanoseconds: number): void {
    this.#health.countAwaited(nanoseconds);
  }

  /** Counts messages that are left out, because they would be too late. */
  countMissed(count: number): void {
    this.#counts.missed += count;
  }

  /** What was counted since the last call. */
  takeCounts(): SentCounts {
    const counts = { ...this.#counts, failures: [...this.#failures] };
    this.#counts = { sent: 0, acked: 0, failed: 0, bytes: 0, missed: 0 };
    if (this.#failures.size > 0) this.#failures = new Map();
    return counts;
  }

  /** When messages were due, as {@link DuePoints.take}; undefined where no one asked. */
  takeDuePoints(untilNs: number): readonly number[] | undefined {
    return this.#duePoints?.take(untilNs);
  }

  /** Stretches without acknowledgements that were found since the last call. */
  takeGaps(): readonly AckGap[] {
    return this.#gaps.take();
  }

  /** Every message of the phase is answered. */
  endPhase(): void {
    this.#gaps.end();
  }

  /**
   * Counts what is still in flight as failed, because its answer is not waited for any more; returns how many
   * that was.
   */
  giveUp(): number {
    let given = 0;
    const partitions = new Set([...this.#inFlight.unanswered()].map(({ partition }) => partition));
    this.#gaps.end(partitions, this.#progressNs / 1000);
    for (const { partition, sequence } of this.#inFlight.unanswered()) {
      this.#fail(partition, sequence, kafkaErrors.messageTimedOut);
      given += 1;
    }
    return given;
  }

  async close(): Promise<void> {
    await this.#producer?.close();
  }

  /** Gives each row its partition, its number there, its phase and its lag. */
  #complete(count: number, nowNs: number): void {
    const rows = this.rows;
    const inFlight = this.#inFlight;
    const turns = this.#turns;
    const inRuns = this.serves;
    const { commonClockNs, producerTimestamp: isTimed } = this.#task;
    // One text for all rows of a call. librdkafka copies headers, so those of earlier calls are not touched.
    const time = isTimed ? Buffer.from(producerTimestamp(), 'latin1') : undefined;
    const { untilNs, phase: phaseBefore } = this.#before;
    for (let at = 0; at < count * producedRow.fields; at += producedRow.fields) {
      const dueNs = rows[at + producedRow.dueNs] ?? 0;
      const phase = dueNs < untilNs ? phaseBefore : this.#phase;
      const partition = this.#keyed(at) ?? turns.take(rows[at + producedRow.valueBytes] ?? 0, inRuns);
      rows[at + producedRow.partition] = partition;
      rows[at + producedRow.phase] = phase;
      rows[at + producedRow.sequence] = inFlight.take(partition, phase);
      const lagUs = Math.max(0, Math.round((nowNs - dueNs) / 1000));
      rows[at + producedRow.tag] = Math.min(longestLagUs, lagUs);
      if (time !== undefined) this.#memory.set(time, timestampAt(rows, at));
      // The stamp has the due time on the clock that all machines have in common.
      rows[at + producedRow.dueNs] = dueNs + commonClockNs;
    }
  }

  /** The partition that a row came from or its key decides on; undefined where partitions take turns. */
  #keyed(at: number): number | undefined {
    if (this.#task.source?.keepsPartitions === true) return this.rows[at + producedRow.partition];
    const bytes = this.rows[at + producedRow.keyBytes] ?? -1;
    if (bytes < 0) return this.#keyless;
    const from = this.rows[at + producedRow.keyAt] ?? 0;
    return this.#ofKey(this.#memory.subarray(from, from + bytes));
  }

  /** Counts the rows that were handled; where in the table the first rejected one is, or -1. */
  #countTaken(count: number): number {
    const rows = this.rows;
    const due = this.#duePoints;
    const { commonClockNs } = this.#task;
    let bytes = 0;
    let rejected = -1;
    for (let at = 0; at < count * producedRow.fields; at += producedRow.fields) {
      bytes += Math.max(0, rows[at + producedRow.valueBytes] ?? 0);
      const partition = rows[at + producedRow.partition] ?? 0;
      if (this.#measuresLag)
        this.latencies.record(
          rows[at + producedRow.phase] ?? 0,
          'scheduleLag',
          rows[at + producedRow.tag] ?? 0,
        );
      this.ledger.countSent(partition, rows[at + producedRow.phase] ?? 0);
      due?.sent(
        partition,
        rows[at + producedRow.sequence] ?? 0,
        (rows[at + producedRow.dueNs] ?? 0) - commonClockNs,
      );
      const error = rows[at + producedRow.error] ?? 0;
      if (error !== 0) {
        if (rejected < 0) rejected = at;
        const lower = (rows[at + producedRow.sequence] ?? 0) % 2 ** 32;
        this.#fail(partition, this.#inFlight.answer(partition, lower), error);
      }
    }
    this.#counts.sent += count;
    this.#counts.bytes += bytes;
    return rejected;
  }

  /** A message that finds no room though nothing is in flight would wait forever. */
  #noteFull(): void {
    this.#attempts = this.inFlight === 0 ? this.#attempts + 1 : 0;
    if (this.#attempts < mostAttempts) return;
    const bytes = this.rows[producedRow.valueBytes] ?? 0;
    throw new AlertSimError(
      'BAD_USAGE',
      `an alert of ${bytes} bytes does not fit into the producer's queue: raise queue.buffering.max.kbytes`,
    );
  }

  #onDeliveries(reports: Float64Array, count: number): void {
    const inFlight = this.#inFlight;
    const due = this.#duePoints;
    let phase = -1;
    let ack: LatencyCounts | undefined;
    let response: LatencyCounts | undefined;
    let acked = 0;
    for (let at = 0; at < count * deliveredRow.fields; at += deliveredRow.fields) {
      const error = reports[at + deliveredRow.error] ?? 0;
      const partition = reports[at + deliveredRow.partition] ?? 0;
      const sequence = inFlight.answer(partition, reports[at + deliveredRow.lower] ?? 0);
      if (error === 0) {
        const phaseOfMessage = inFlight.phase(partition, sequence);
        if (phaseOfMessage !== phase || ack === undefined || response === undefined) {
          phase = phaseOfMessage;
          ack = this.latencies.of(phase, 'ack');
          response = this.latencies.of(phase, 'response');
        }
        const latencyUs = reports[at + deliveredRow.latencyUs] ?? 0;
        const responseUs = latencyUs + (reports[at + deliveredRow.upper] ?? 0);
        ack.record(latencyUs);
        response.record(responseUs);
        this.#gaps.acked(partition, latencyUs, responseUs);
        this.ledger.countAcked(partition);
        due?.acked(partition, sequence, reports[at + deliveredRow.offset] ?? -1);
        acked += 1;
      } else {
        this.#fail(partition, sequence, error);
        this.#gaps.failed(partition, reports[at + deliveredRow.latencyUs] ?? 0);
      }
    }
    this.#counts.acked += acked;
  }

  #fail(partition: number, sequence: number, error: number): void {
    this.#hasFailed = true;
    this.ledger.countFailed(partition, sequence, error);
    this.#counts.failed += 1;
    this.#failures.set(error, (this.#failures.get(error) ?? 0) + 1);
  }

  /**
   * A row that was not taken gives its number and its turn back, and has its due time on this machine's clock
   * again. Rows go from the last one to the first.
   */
  #takeBack(row: number): void {
    const at = row * producedRow.fields;
    const partition = this.rows[at + producedRow.partition] ?? 0;
    this.#inFlight.takeBack(partition);
    if (this.#keyed(at) === undefined) this.#turns.returnTo(partition);
    this.rows[at + producedRow.dueNs] = (this.rows[at + producedRow.dueNs] ?? 0) - this.#task.commonClockNs;
  }

  #rejected(at: number): AlertSimError {
    const { streamTopic } = this.#task;
    const code = this.rows[at + producedRow.error] ?? 0;
    const { message } = produceError(streamTopic, code, this.rows[at + producedRow.valueBytes] ?? 0);
    return new AlertSimError('DELIVERY_FAILED', message);
  }

  #open(): RowProducer {
    if (this.#producer === undefined) throw new AlertSimError('INTERNAL', 'the producer is not connected');
    return this.#producer;
  }
}

/** Where a row's time stamp lies: it is the last part of its last header. */
function timestampAt(rows: Float64Array, at: number): number {
  const end = (rows[at + producedRow.headersAt] ?? 0) + (rows[at + producedRow.headersBytes] ?? 0);
  return end - producerTimestampBytes;
}

/** While librdkafka flushes, it waits for no further message: `linger.ms` does not count. */
function connectionOf({ connection, flushEach }: ReplayTask): ConnectionOptions {
  if (!flushEach) return connection;
  const lingers = ['linger.ms', 'queue.buffering.max.ms'];
  const others = Object.entries(connection.properties ?? {}).filter(([name]) => !lingers.includes(name));
  return { ...connection, properties: { ...Object.fromEntries(others), 'linger.ms': 0 } };
}
