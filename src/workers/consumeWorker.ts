import { setTimeout as pause } from 'node:timers/promises';
import { openRowConsumer, type RowConsumer } from '../kafka/rowConsumer.js';
import { consumedRow } from '../kafka/rows.js';
import type { ReadSample } from '../measure/backlog.js';
import { LatencySet } from '../measure/latencySet.js';
import { ReceiverLedger } from '../measure/ledger.js';
import type { ReadPosition } from '../measure/unread.js';
import { monotonicNs } from './clock.js';
import type { RunControl } from './control.js';
import { HealthMonitor } from './health.js';
import type { ConsumeTask, FromWorker, ToWorker } from './protocol.js';

const rowsAtOnce = 1024;
const reportNs = 1e9;

/** While a group catches up: how fast it does is known by what is reported. */
const catchUpReportNs = 0.1e9;

/** Sampling interval of what was read, while a rate of a search is sent. */
const sampleNs = 0.1e9;

type PhaseOrder = Extract<ToWorker, { type: 'phase' }>;

/** What was read while a rate of a search is sent. */
interface ProbeReads {
  readonly phase: number;
  readonly startNs: number;
  readonly samples: ReadSample[];
  sampledNs: number;
  sampled: number;
  /** The longest time from due to read since the last sample; undefined where nothing was read. */
  ageUs: number | undefined;
}

/** A slow consumer may take at once what it is allowed in this time: it looks each 20 ms, and may be late. */
const savedSeconds = 0.1;

/**
 * Even without a readable event, the consumer looks this often: for the end of the run, and for its rate limit.
 */
const checkMs = 20;

/**
 * Reads the stream as a member of a group until the run is finished, and measures each message from its due
 * time.
 *
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function runConsumer(task: ConsumeTask, control: RunControl): Promise<void> {
  const post = (message: FromWorker): void => {
    task.port.postMessage(message);
  };
  if (task.startAfterNs > 0) {
    post({ type: 'ready', alertsInMemory: 0, alertsOfShare: 0 });
    await loadStarted(task, control);
    const joinNs = monotonicNs() + task.startAfterNs;
    while (monotonicNs() < joinNs && !control.finished) await pause(checkMs);
    if (control.finished) {
      // The load has ended before the consumer joined: it has read nothing.
      post(accountOf(task, new ReceiverLedger(), []));
      return;
    }
  }
  const consumer = await GroupConsumer.join(task, post);
  post({ type: 'preparing' });
  task.port.on('message', (order: ToWorker) => {
    if (order.type === 'phase') consumer.begin(order);
    else if (order.type !== 'end') consumer.hold(order.type === 'pause');
  });
  try {
    if (task.startAfterNs === 0) {
      await consumer.untilAssigned(control);
      post({ type: 'ready', alertsInMemory: 0, alertsOfShare: 0 });
    }
    while (!control.finished) {
      consumer.work();
      await pause(checkMs);
    }
    consumer.work();
    consumer.account();
  } finally {
    await consumer.leave();
  }
}

/** One member of a group: takes messages as they come, at most as fast as it is allowed to. */
class GroupConsumer {
  readonly #task: ConsumeTask;
  readonly #post: (message: FromWorker) => void;
  readonly #rows = new Float64Array(rowsAtOnce * consumedRow.fields);
  readonly #latencies = new LatencySet();
  readonly #ledger = new ReceiverLedger();
  readonly #health = new HealthMonitor();
  #consumer: RowConsumer | undefined;
  /** Messages that a slow consumer may take now. */
  #allowance = 0;
  #allowedNs = monotonicNs();
  #counts = { received: 0, bytes: 0 };
  #received = 0;
  #probe: ProbeReads | undefined;
  #reportedNs = monotonicNs();
  #reportEveryNs = reportNs;
  /** What a call of the client's threw: there, nobody would catch it. */
  #fault: { readonly thrown: unknown } | undefined;
  #leaving = false;

  private constructor(task: ConsumeTask, post: (message: FromWorker) => void) {
    this.#task = task;
    this.#post = post;
  }

  static async join(task: ConsumeTask, post: (message: FromWorker) => void): Promise<GroupConsumer> {
    const consumer = new GroupConsumer(task, post);
    consumer.#consumer = await openRowConsumer(
      task.connection,
      task.properties,
      task,
      () => {
        consumer.#workWhenReadable();
      },
      task.timeoutMs,
    );
    return consumer;
  }

  /**
   * Waits until the group has given this consumer its partitions; a superfluous member gets none, and goes on.
   */
  async untilAssigned(control: RunControl): Promise<void> {
    const deadlineNs = monotonicNs() + this.#task.timeoutMs * 1e6;
    while (
      (this.#consumer?.assignedPartitions() ?? 0) === 0 &&
      monotonicNs() < deadlineNs &&
      !control.finished
    ) {
      this.work();
      await pause(checkMs);
    }
  }

  /**
   * Takes what has come, as far as the consumer's rate allows, and reports when a second has passed.
   *
   * @throws what reading throws, here or earlier in a call of the client's
   */
  work(): void {
    if (this.#fault !== undefined) throw this.#fault.thrown;
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    for (;;) {
      const allowed = this.#allowed();
      if (allowed <= 0) break;
      const rows = allowed < rowsAtOnce ? this.#rows.subarray(0, allowed * consumedRow.fields) : this.#rows;
      const taken = consumer.take(rows);
      this.#measure(taken);
      if (taken * consumedRow.fields < rows.length) break;
    }
    const nowNs = monotonicNs();
    this.#sample(nowNs);
    const everyNs = this.#reportEveryNs;
    if (nowNs - this.#reportedNs >= everyNs) {
      this.#reportedNs += Math.floor((nowNs - this.#reportedNs) / everyNs) * everyNs;
      this.#report(consumer);
    }
  }

  /** Reports each second after the order's start from here on: together with the producers. */
  begin({ startNs, phase, probe }: PhaseOrder): void {
    this.#reportedNs = startNs;
    this.#reportEveryNs = reportNs;
    this.#probe =
      probe === undefined
        ? undefined
        : { phase, startNs, sampledNs: startNs, sampled: this.#received, ageUs: undefined, samples: [] };
  }

  /**
   * Stops or goes on reading. One that is held stays a member: it is looked after, and gets nothing.
   *
   * @throws in the next call of `work`
   */
  hold(isHeld: boolean): void {
    try {
      if (isHeld) this.#consumer?.pause();
      else this.#consumer?.resume();
      this.#reportEveryNs = isHeld ? reportNs : catchUpReportNs;
    } catch (thrown) {
      this.#fault = { thrown };
    }
  }

  /**
   * How a reader keeps up with a rate is seen in tenths of a second, where seconds would be too few points
   * for a line.
   */
  #sample(nowNs: number): void {
    const probe = this.#probe;
    if (probe === undefined || nowNs - probe.sampledNs < sampleNs) return;
    probe.samples.push({
      ms: (nowNs - probe.startNs) / 1e6,
      count: this.#received - probe.sampled,
      reader: this.#task.name,
      ...(probe.ageUs === undefined ? {} : { ageMs: probe.ageUs / 1000 }),
    });
    probe.sampled = this.#received;
    probe.sampledNs = nowNs;
    probe.ageUs = undefined;
  }

  /** Reports the last second and the ledger. */
  account(): void {
    if (this.#consumer !== undefined) this.#report(this.#consumer);
    this.#post(accountOf(this.#task, this.#ledger, this.#consumer?.positions() ?? []));
  }

  async leave(): Promise<void> {
    this.#leaving = true;
    this.#health.stop();
    await this.#consumer?.close();
  }

  #workWhenReadable(): void {
    if (this.#leaving || this.#fault !== undefined) return;
    try {
      this.work();
    } catch (thrown) {
      this.#fault = { thrown };
    }
  }

  #allowed(): number {
    const { maxPerSecond } = this.#task;
    if (maxPerSecond === undefined) return rowsAtOnce;
    const nowNs = monotonicNs();
    // What was not used is not saved up: after a pause a slow reader is no faster than before.
    const most = Math.max(1, maxPerSecond * savedSeconds);
    this.#allowance = Math.min(most, this.#allowance + (maxPerSecond * (nowNs - this.#allowedNs)) / 1e9);
    this.#allowedNs = nowNs;
    return Math.min(rowsAtOnce, Math.floor(this.#allowance));
  }

  #measure(count: number): void {
    const rows = this.#rows;
    let oldestUs = 0;
    for (let row = 0; row < count; row += 1) {
      const at = row * consumedRow.fields;
      // A message of another run, or of another program, is read but not measured.
      if (rows[at + consumedRow.run] !== this.#task.run) continue;
      this.#counts.bytes += rows[at + consumedRow.valueBytes] ?? 0;
      const takenNs = rows[at + consumedRow.takenNs] ?? 0;
      const dueNs = (rows[at + consumedRow.dueNs] ?? 0) - this.#task.commonClockNs;
      const ageUs = (takenNs - dueNs) / 1000;
      if (ageUs > oldestUs) oldestUs = ageUs;
      this.#latencies.record(rows[at + consumedRow.phase] ?? 0, 'endToEnd', ageUs);
      this.#ledger.receive(
        rows[at + consumedRow.producer] ?? 0,
        rows[at + consumedRow.partition] ?? 0,
        rows[at + consumedRow.sequence] ?? 0,
        rows[at + consumedRow.phase] ?? 0,
      );
      this.#counts.received += 1;
      this.#received += 1;
    }
    if (this.#probe !== undefined && oldestUs > 0)
      this.#probe.ageUs = Math.max(this.#probe.ageUs ?? 0, oldestUs);
    this.#allowance -= count;
  }

  #report(consumer: RowConsumer): void {
    const counts = this.#counts;
    this.#counts = { received: 0, bytes: 0 };
    this.#post({
      type: 'consumer',
      group: this.#task.group,
      ...counts,
      lag: consumer.lag(),
      assignedPartitions: consumer.assignedPartitions(),
      latencies: this.#latencies.takeInterval(),
      health: this.#health.take(),
      reads: this.#probe && { phase: this.#probe.phase, samples: this.#probe.samples.splice(0) },
    });
  }
}

function accountOf(
  { group }: ConsumeTask,
  ledger: ReceiverLedger,
  positions: readonly ReadPosition[],
): FromWorker {
  return { type: 'receivedAccount', group, account: ledger.account(), positions };
}

/** Waits for the first phase; a load that was stopped before has none. */
async function loadStarted({ port }: ConsumeTask, control: RunControl): Promise<void> {
  const load = { started: false };
  port.on('message', (message: ToWorker) => {
    if (message.type === 'phase') load.started = true;
  });
  while (!load.started && !control.finished) await pause(checkMs);
}
