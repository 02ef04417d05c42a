import type { ErrorCode } from '../../errors.js';
import type { ClockOffset } from '../../measure/clockBound.js';
import { betweenMachinesUs } from '../../measure/clockBound.js';
import type { RunControl } from '../../workers/control.js';
import type { FromWorker, PreloadSource, ToWorker, WorkerTask } from '../../workers/protocol.js';
import type { Pool, RunningWorker, TaskOf, WorkerFailure } from '../pool.js';
import type { FromFirst, ToFirst } from './messages.js';
import { RemoteShard } from './remoteShard.js';
import { fold } from './variations.js';
import type { ShardsResult } from '../../results/runFolder.js';

export interface ShardedPoolOptions {
  /** The first one included. */
  readonly shards: number;
  /** What all of them have in common. */
  readonly runKey: string;
  /** A number of this run alone. */
  readonly session: number;
  /** All shards must have the same. */
  readonly fingerprint: string;
  readonly host: string;
  /** The control topic, for error messages. */
  readonly topic: string;
  /** To all other shards. */
  readonly send: (message: FromFirst) => void;
  /** This machine's estimate of the broker's clock. */
  readonly clock: ClockOffset;
  /** By how much that may be wrong by now. */
  readonly clockBoundNs: () => number;
  /** How long the others may take to come. */
  readonly joinMs: number;
  /** How long one may be silent. */
  readonly silenceMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** A shard was asked to stop by a signal. */
  readonly onInterrupted: () => void;
}

const tickMs = 50;
const beatMs = 1000;
/**
 * A command reaches the other machines within some tens of milliseconds; the lead leaves room for a slow one.
 */
const remoteLeadNs = 1e9;

/**
 * The threads of several machines as if they were of one: tasks of other machines travel as messages, their
 * workers' reports come back the same way, and the user of the pool does not notice. So the results of all
 * machines are merged by the code that merges those of one.
 */
export class ShardedPool implements Pool {
  readonly machines: number;
  readonly leadNs = remoteLeadNs;
  readonly #options: ShardedPoolOptions;
  readonly #remotes: readonly RemoteShard[];
  readonly #refused = new Set<string>();
  readonly #timer: NodeJS.Timeout | undefined;
  #local: Pool | undefined;
  #control: RunControl | undefined;
  #producers = 1;
  #workers = 0;
  #starts: { worker: number; shard: number; task: Record<string, unknown> }[] = [];
  #orders: { workers: number[]; message: ToWorker }[] = [];
  readonly #flagged = { stop: false, finish: false };
  #beatMs = 0;

  constructor(options: ShardedPoolOptions) {
    this.#options = options;
    this.machines = options.shards;
    this.#remotes = Array.from({ length: options.shards - 1 }, (_, index) => new RemoteShard(index + 1));
    // A single shard has no other to tell or to watch.
    if (options.shards === 1) return;
    this.#timer = setInterval(() => {
      this.#tick();
    }, tickMs);
  }

  /**
   * Adds the threads of this machine.
   *
   * @param producers - number of producers of each machine
   * @param control - passed on to the other machines
   */
  with(local: Pool, producers: number, control: RunControl): this {
    this.#local = local;
    this.#producers = producers;
    this.#control = control;
    return this;
  }

  shardOf(kind: WorkerTask['kind'], index: number): number {
    // Producers of a machine have consecutive numbers, as the schedule's split says; other workers are spread
    // round robin.
    return kind === 'replay' ? Math.floor(index / this.#producers) : index % this.machines;
  }

  start<Task extends WorkerTask>(task: TaskOf<Task>, hear: (message: FromWorker) => void): RunningWorker {
    const { shard = 0 } = task;
    const remote = this.#remotes[shard - 1];
    if (remote === undefined) {
      if (this.#local === undefined) throw new Error('the pool has no threads of its own yet');
      return this.#local.start(task, hear);
    }
    this.#workers += 1;
    const number = this.#workers;
    const worker = remote.worker(number, task.name, hear, (message) => {
      this.#order(number, message);
    });
    // Each machine has its own way to the cluster, with its own secrets: they do not travel.
    const rest: Record<string, unknown> = { ...task };
    delete rest.connection;
    // Nor does what it found out about files by itself, which may be an order of millions of alerts.
    const source = rest.source as PreloadSource | undefined;
    if (source !== undefined && ['files', 'sorted', 'topic'].includes(source.kind)) delete rest.source;
    if (remote.lost === undefined) this.#starts.push({ worker: number, shard, task: rest });
    return worker;
  }

  async gather(): Promise<WorkerFailure[]> {
    const { joinMs, signal, topic, shards } = this.#options;
    const deadlineMs = performance.now() + joinMs;
    const absent = (): RemoteShard[] => this.#remotes.filter(({ presence }) => presence === undefined);
    while (
      absent().length > 0 &&
      performance.now() < deadlineMs &&
      !signal.aborted &&
      this.#refused.size === 0
    ) {
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    const refusals = [...this.#refused].map((message): WorkerFailure => ({
      name: 'shards',
      code: 'BAD_USAGE',
      message,
    }));
    if (refusals.length > 0 || signal.aborted) return refusals;
    return absent().map((remote) => {
      remote.lose(
        `shard ${remote.shard} of ${shards} never came: nothing was heard of it on the topic ${topic} within ` +
          `${Math.round(joinMs / 1000)} s; was it started, with the same scenario and --run-id?`,
      );
      const { shard, lost = '' } = remote;
      return { name: `shard ${shard}`, shard, code: 'SERVICE_UNAVAILABLE', message: lost };
    });
  }

  /** Takes a message of another shard. */
  hear(message: ToFirst): void {
    const remote = this.#remotes[message.shard - 1];
    if (message.type === 'hello') {
      this.#welcome(message, remote);
      return;
    }
    // Messages of an earlier process of the same number, or of one that was given up, count no more.
    if (remote?.presence?.incarnation !== message.incarnation) return;
    const nowMs = performance.now();
    remote.heard(nowMs);
    if (message.type === 'bye') remote.left = true;
    if (remote.lost !== undefined) return;
    if (message.type === 'news') remote.take(message.news, nowMs);
    else if (message.type === 'clock') remote.presence.boundNs = message.boundNs;
    else if (message.type === 'interrupted') this.#options.onInterrupted();
    else remote.lose(`${remote.name} ended before the run did`);
  }

  facts(failures: readonly WorkerFailure[] = []): ShardsResult {
    const { runKey, host } = this.#options;
    const notesOf = (shard: number, notes: readonly string[]): string[] => {
      const own = failures.filter((failure) => failure.shard === shard);
      return [...new Set([...notes, ...own.map(({ message }) => message)])];
    };
    const firstBoundUs = this.#options.clockBoundNs() / 1000;
    const first = { shard: 0, host, clockBoundUs: firstBoundUs, notes: notesOf(0, []) };
    const present = this.#remotes.flatMap(({ presence }) =>
      presence === undefined ? [] : [presence.boundNs],
    );
    const clockBoundUs = Math.ceil(betweenMachinesUs([this.#options.clockBoundNs(), ...present]));
    return {
      runKey,
      shards: [
        first,
        ...this.#remotes.map(({ shard, presence, notes }) => ({
          shard,
          host: presence?.host ?? null,
          clockBoundUs: presence === undefined ? null : presence.boundNs / 1000,
          notes: notesOf(shard, notes),
        })),
      ],
      clockBoundUs,
    };
  }

  /**
   * Tells all others that the run is over, and waits until those that live have heard it.
   *
   * @param code - null when it passed
   * @param message - the result
   * @param timeoutMs - maximum wait
   */
  async dismiss(code: ErrorCode | null, message: string, timeoutMs: number): Promise<void> {
    const { session, send } = this.#options;
    this.#flush();
    send({ type: 'end', session, code, message });
    const deadlineMs = performance.now() + timeoutMs;
    const waited = (): boolean =>
      this.#remotes.some(({ presence, lost, left }) => presence !== undefined && lost === undefined && !left);
    while (waited() && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
    clearInterval(this.#timer);
  }

  /** The other machines go on listening until they are dismissed. */
  async close(working?: 'end' | 'leave'): Promise<void> {
    await this.#local?.close(working);
  }

  #welcome(hello: Extract<ToFirst, { type: 'hello' }>, remote: RemoteShard | undefined): void {
    const { shards, session, fingerprint, clock, send } = this.#options;
    const { shard, incarnation, host, pid } = hello;
    const name = `shard ${shard} (${host}, process ${pid})`;
    const reason =
      hello.of !== shards || remote === undefined
        ? `${name} says that there are ${hello.of} shards, the first one says ${shards}`
        : hello.fingerprint !== fingerprint
          ? `${name} has another scenario, other alerts, or another version (${hello.version}) than the first one`
          : remote.presence !== undefined && remote.presence.incarnation !== incarnation
            ? `${name} came, but ${remote.name} is that shard already`
            : undefined;
    if (reason !== undefined || remote === undefined) {
      // One that comes late for a number that is taken does no harm; one that differs makes the run another
      // one.
      if (remote?.presence === undefined) this.#refused.add(reason ?? '');
      else if (!remote.notes.includes(reason ?? '')) remote.notes.push(reason ?? '');
      send({ type: 'refused', shard, incarnation, reason: reason ?? '' });
      return;
    }
    remote.presence ??= { incarnation, host, pid, boundNs: hello.clock.boundNs };
    remote.heard(performance.now());
    send({ type: 'welcome', shard, incarnation, session, firstClock: clock });
  }

  #order(worker: number, message: ToWorker): void {
    const last = this.#orders.at(-1);
    if (last !== undefined && JSON.stringify(last.message) === JSON.stringify(message))
      last.workers.push(worker);
    else this.#orders.push({ workers: [worker], message });
    // All orders given at once travel together, and at once.
    if (this.#orders.length === 1 && this.#orders[0]?.workers.length === 1) {
      setImmediate(() => {
        this.#flush();
      });
    }
  }

  #flush(): void {
    const { session, send } = this.#options;
    const starts = this.#starts;
    const orders = this.#orders;
    this.#starts = [];
    this.#orders = [];
    if (starts.length > 0) {
      send({
        type: 'start',
        session,
        workers: starts.map(({ worker, shard }) => ({ worker, shard })),
        tasks: fold(starts.map(({ task }) => task)),
      });
    }
    for (const order of orders) send({ type: 'tell', session, ...order });
  }

  #tick(): void {
    const { session, send, silenceMs } = this.#options;
    const nowMs = performance.now();
    this.#flush();
    for (const flag of ['stop', 'finish'] as const) {
      const isSet = flag === 'stop' ? this.#control?.stopped : this.#control?.finished;
      if (isSet !== true || this.#flagged[flag]) continue;
      this.#flagged[flag] = true;
      send({ type: 'flag', session, flag });
    }
    for (const remote of this.#remotes) remote.look(nowMs, silenceMs);
    if (nowMs - this.#beatMs >= beatMs) {
      this.#beatMs = nowMs;
      send({ type: 'beat', session });
    }
  }
}
