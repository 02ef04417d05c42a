import type { ClientProperties, ConnectionOptions } from '../kafka/settings.js';
import { ownGroups, watchedGroups, type Plan } from '../scenario/plan.js';
import { Patience } from '../measure/patience.js';
import { monotonicNs } from '../workers/clock.js';
import { hurryMs, type RunControl } from '../workers/control.js';
import type {
  AheadPlan,
  ConsumeTask,
  FromWorker,
  LoadPhase,
  ProbeOrder,
  ReplaySource,
  ReplayTask,
} from '../workers/protocol.js';
import type { ReservoirShare } from '../workers/reservoirReader.js';
import { PhaseTally, type PhaseEnd } from './phaseTally.js';
import { workerName, type Pool, type RunningWorker, type WorkerFailure } from './pool.js';
import { sleep } from './sleep.js';

export type { PhaseEnd } from './phaseTally.js';

/** Receives the workers' reports as they come. */
export interface LoadListener {
  readonly onProducer: (worker: string, message: Extract<FromWorker, { type: 'producer' }>) => void;
  readonly onConsumer: (worker: string, message: Extract<FromWorker, { type: 'consumer' }>) => void;
  readonly onAccount: (
    message: Extract<FromWorker, { type: 'sentAccount' | 'receivedAccount' }>,
    worker: string,
  ) => void;
  /** A phase begins at this instant of the monotonic clock. */
  readonly onPhaseStart: (phase: number, startNs: number) => void;
  /**
   * All producers have ended a phase, or failed; with the number of messages that were due for those that
   * finished it.
   */
  readonly onPhaseEnd: (
    phase: number,
    endNs: number,
    scheduled: number,
    producers: readonly string[],
  ) => void;
  /**
   * Messages that the broker has acknowledged, and those that were reported as failed, all producers together.
   */
  readonly answeredMessages: () => { readonly acked: number; readonly failed: number };
  /** Messages of this run that each group has read. */
  readonly receivedMessages: () => ReadonlyMap<string, number>;
}

/** How a search drives the load. */
export interface ProbeDriver {
  /** Sends one rate, to the last acknowledgement; `onStart` gets its first instant. */
  readonly probe: (phase: number, order: ProbeOrder, onStart: (startNs: number) => void) => Promise<PhaseEnd>;
  /**
   * Waits until the run's own groups have read all that was acknowledged, as long as they read on.
   *
   * @returns the group that is given up, by its id; undefined where all have read everything
   */
  readonly catchUp: () => Promise<LeftBehind | undefined>;
  /** Whether the load must end. */
  readonly stopped: () => boolean;
}

/** What is done about readers from phase to phase. */
export interface ReaderSteps {
  /** Called before a phase is ordered. */
  readonly before: (phase: number, readers: ReaderControl) => Promise<void>;
  /** Called when a phase has begun: resolves when it is to end; undefined where its schedule says that. */
  readonly during: (phase: number, readers: ReaderControl) => Promise<void> | undefined;
}

/** The groups whose members are workers of the run, by their names in the scenario. */
export interface ReaderControl {
  /** Its members read nothing, and stay. */
  readonly pause: (group: string) => void;
  readonly resume: (group: string) => void;
  /** Whether the load must end. */
  readonly stopped: () => boolean;
}

/** A group that did not catch up. */
export interface LeftBehind {
  readonly group: string;
  readonly behind: number;
  readonly readPerSecond: number;
  readonly waitedSeconds: number;
}

/** What a load needs of a scenario. */
export interface LoadPlan extends Pick<Plan, 'consumers'> {
  readonly reservoir: Pick<Plan['reservoir'], 'topic'>;
  readonly stream: Pick<Plan['stream'], 'topic' | 'partitions' | 'producerTimestamp'>;
  readonly replay: Pick<Plan['replay'], 'prefetchBytes' | 'flushEach'>;
  readonly limits: Pick<Plan['limits'], 'drainNs'>;
}

export interface LoadOptions {
  readonly plan: LoadPlan;
  readonly connection: ConnectionOptions;
  /** Of the producers; those of the connection win over them. */
  readonly properties?: ClientProperties;
  /** Whether the first message that fails ends the load; default: it goes on. */
  readonly endsAtFailure?: boolean;
  /** From one start of the only phase to the next, until the load is stopped; undefined: every phase once. */
  readonly repeatNs?: number | undefined;
  /** When the first phase begins, on the monotonic clock, even if that is over; undefined: when all are ready. */
  readonly startNs?: number | undefined;
  /** The warm-up first, where there is one. */
  readonly phases: readonly LoadPhase[];
  /** What each producer reads of the reservoir. */
  readonly shares: readonly (readonly ReservoirShare[])[];
  /** The run's first offset of each partition of the stream. */
  readonly starts: readonly number[];
  /** From the first to the last alert of the reservoir. */
  readonly spanUs: number;
  /** Alerts that are made while they are sent, instead of a reservoir's; shares say nothing then but their number. */
  readonly ahead?: AheadPlan | undefined;
  /** Whether a broker that answers nothing is waited for, for as long as it takes; default: it ends the load. */
  readonly waitsForBroker?: boolean;
  /** Undefined for a reservoir on the stream's cluster. */
  readonly source?: ReplaySource | undefined;
  /** For the stamps. */
  readonly run: number;
  readonly pool: Pool;
  readonly control: RunControl;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Ends the load; what was sent is waited for. */
  readonly signal: AbortSignal;
  readonly listener: LoadListener;
  /** Looks at watched groups now, besides the second's rhythm. */
  readonly lookAtWatched?: (() => Promise<void>) | undefined;
  /** Messages that watched groups have not committed, as they were last seen; undefined without any. */
  readonly behindWatched?: (() => number) | undefined;
  /** Runs a phase that is a search, by its number. */
  readonly search?: (phase: number, driver: ProbeDriver) => Promise<void>;
  readonly readerSteps?: ReaderSteps | undefined;
}

/**
 * The id of a consumer group in a run: a new one for each run, so that it reads from the stream's beginning:
 * `rubin-alert-sim-group-1-3194201907`; for somebody else's group its own.
 *
 * @param name - the group's name in the scenario
 */
export function groupId({ consumers }: Pick<Plan, 'consumers'>, name: string, run: number): string {
  const group = consumers.groups.find((one) => one.name === name);
  if (group !== undefined && group.kind !== 'own' && group.groupId !== undefined) return group.groupId;
  const prefix = /[-._]$/.test(consumers.groupPrefix) ? consumers.groupPrefix : `${consumers.groupPrefix}-`;
  return `${prefix}${name}-${run}`;
}

/** A worker that is silent for this much longer than its own deadline hangs. */
const hangMarginMs = 5000;
const watchMs = 250;
const catchUpCheckMs = 20;

/**
 * Consumers report each second what they read: after this long without a message they have read all there is.
 */
const restNs = 3e9;

/**
 * Runs the load: consumers and producers are started, all producers go through the phases together, and the consumers
 * catch up. A worker that fails ends the load in order, with what was measured until then.
 *
 * @returns why workers did not end well; empty when all did
 */
export async function runLoad(options: LoadOptions): Promise<WorkerFailure[]> {
  return new Load(options).run();
}

/** What groups have still to read, and for how long none of them has read anything. */
type Unread = (() => ReadonlyMap<string, number>) & { readonly restedNs: () => number };

class Load {
  readonly #options: LoadOptions;
  readonly #failures: WorkerFailure[] = [];
  readonly #producers: RunningWorker[] = [];
  readonly #consumers: RunningWorker[] = [];
  /** By the group's name in the scenario. */
  readonly #members = new Map<string, RunningWorker[]>();
  readonly #waiting = new Set<() => void>();
  readonly #ready = new Set<string>();
  /** Consumers that have begun to report each second what they read. */
  readonly #telling = new Set<string>();
  /** Workers that are not waited for any more. */
  readonly #hanging = new Set<string>();
  readonly #tally = new PhaseTally();
  /** When the current phase began; a producer that was ready early has reported nothing until then. */
  #phaseStartMs: number | undefined;
  /** When the load was interrupted. */
  #abortedMs: number | undefined;
  /** From here on workers end by themselves: producers, and then consumers, too. */
  #ending: 'nobody' | 'producers' | 'all' = 'nobody';

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async run(): Promise<WorkerFailure[]> {
    const { control, signal } = this.#options;
    const onAbort = (): void => {
      this.#abortedMs ??= performance.now();
      control.hurry();
      this.#wake();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const watch = setInterval(() => {
      this.#watchForHangs();
    }, watchMs);
    try {
      if (!control.stopped) this.#startConsumers();
      await this.#until(() => this.#consumers.every(({ name }) => this.#ready.has(name)));
      if (!control.stopped) this.#startProducers();
      await this.#until(() => this.#producers.every(({ name }) => this.#ready.has(name)));
      const { repeatNs } = this.#options;
      await (repeatNs === undefined ? this.#phases() : this.#repeat(repeatNs));
      this.#ending = 'producers';
      for (const producer of this.#producers) producer.tell({ type: 'end' });
      await Promise.all(this.#producers.map((producer) => this.#settled(producer)));
      await this.#catchUp();
      this.#ending = 'all';
      control.finish();
      await Promise.all(this.#consumers.map((consumer) => this.#settled(consumer)));
    } finally {
      clearInterval(watch);
      signal.removeEventListener('abort', onAbort);
      control.stop();
      control.finish();
    }
    return this.#failures;
  }

  #startConsumers(): void {
    const { plan, connection, run, pool, timeoutMs, listener } = this.#options;
    for (const group of ownGroups(plan.consumers)) {
      for (let member = 0; member < group.members; member += 1) {
        const slow = group.slow !== undefined && member < group.slow.members ? group.slow : undefined;
        const maxPerSecond =
          slow === undefined ? undefined : slow.kind === 'maxRate' ? slow.perSecond : 1e9 / slow.pauseNs;
        const shard = pool.shardOf('consume', member);
        const name = workerName(shard, `consume ${group.name}/${member + 1}`);
        const worker = pool.start<ConsumeTask>(
          {
            kind: 'consume',
            name,
            shard,
            connection,
            timeoutMs,
            topic: plan.stream.topic,
            group: groupId(plan, group.name, run),
            properties: {},
            run,
            commonClockNs: 0,
            maxPerSecond,
            startAfterNs: group.startAfterNs,
            starts: this.#options.starts,
          },
          (message) => {
            if (message.type === 'consumer') {
              this.#telling.add(name);
              listener.onConsumer(name, message);
            } else this.#hear(name, message);
          },
        );
        this.#follow(worker, this.#consumers);
        this.#members.set(group.name, [...(this.#members.get(group.name) ?? []), worker]);
      }
    }
  }

  #startProducers(): void {
    const { plan, connection, properties = {}, phases, shares, spanUs, run, pool, timeoutMs } = this.#options;
    shares.forEach((share, index) => {
      const shard = pool.shardOf('replay', index);
      const name = workerName(shard, `replay ${index + 1}`);
      const worker = pool.start<ReplayTask>(
        {
          kind: 'replay',
          name,
          shard,
          connection,
          timeoutMs,
          reservoirTopic: plan.reservoir.topic,
          source: this.#options.source,
          ahead: this.#options.ahead,
          shares: share,
          streamTopic: plan.stream.topic,
          streamPartitions: plan.stream.partitions,
          properties,
          phases,
          producer: { index, of: shares.length },
          // Without consumers stamps are not read, and small messages are sent faster without.
          run: ownGroups(plan.consumers).length === 0 ? undefined : run,
          commonClockNs: 0,
          spanUs,
          producerTimestamp: plan.stream.producerTimestamp,
          memoryBytes: plan.replay.prefetchBytes,
          flushEach: plan.replay.flushEach,
          repeats: this.#options.repeatNs !== undefined,
          endsAtFailure: this.#options.endsAtFailure ?? false,
          notesDue: watchedGroups(plan.consumers).length > 0,
          waitsForBroker: this.#options.waitsForBroker ?? false,
        },
        (message) => {
          this.#hear(name, message);
        },
      );
      this.#follow(worker, this.#producers);
    });
  }

  async #phases(): Promise<void> {
    const { phases, control, listener, search, readerSteps } = this.#options;
    /**
     * When the visit after the last one of the previous phase is due; undefined after a phase of another
     * kind.
     */
    let nextVisitNs: number | undefined;
    for (let phase = 0; phase < phases.length && !control.stopped; phase += 1) {
      if (phases[phase]?.pacing.kind === 'search') {
        nextVisitNs = undefined;
        await search?.(phase, {
          probe: (number, order, onStart) => this.#phase(number, order, onStart),
          catchUp: () => this.#catchUpWhileReading(),
          stopped: () => control.stopped || this.#failures.length > 0,
        });
        continue;
      }
      await readerSteps?.before(phase, this.#readers);
      if (this.#readers.stopped()) return;
      const pacing = phases[phase]?.pacing;
      if (pacing?.kind === 'catchUp') {
        nextVisitNs = undefined;
        await this.#idle(phase);
        continue;
      }
      const atNs = phase === 0 ? this.#options.startNs : undefined;
      const notBeforeNs = pacing?.kind === 'visits' ? (atNs ?? nextVisitNs) : undefined;
      if (notBeforeNs !== undefined && !(await this.#reaches(notBeforeNs))) return;
      const sending = this.#phase(
        phase,
        undefined,
        (startNs) => {
          nextVisitNs = pacing?.kind === 'visits' ? startNs + pacing.visits * pacing.cadenceNs : undefined;
          listener.onPhaseStart(phase, startNs);
        },
        notBeforeNs,
        atNs,
      );
      // Orders to readers come after that of the phase.
      const ending = readerSteps?.during(phase, this.#readers)?.then(() => {
        control.endPhase(phase);
      });
      const [{ endNs, scheduled, producers }] = await Promise.all([sending, ending]);
      listener.onPhaseEnd(phase, endNs, scheduled, producers);
    }
  }

  readonly #readers: ReaderControl = {
    pause: (group) => {
      for (const member of this.#members.get(group) ?? []) member.tell({ type: 'pause' });
    },
    resume: (group) => {
      for (const member of this.#members.get(group) ?? []) member.tell({ type: 'resume' });
    },
    stopped: () => this.#options.control.stopped || this.#failures.length > 0,
  };

  /** A phase in which nothing is sent. */
  async #idle(phase: number): Promise<void> {
    const { listener, readerSteps } = this.#options;
    listener.onPhaseStart(phase, monotonicNs());
    await readerSteps?.during(phase, this.#readers);
    const producers = this.#producers.map(({ name }) => name);
    listener.onPhaseEnd(phase, monotonicNs(), 0, producers);
  }

  /** Sends the only phase again and again: an interval after its last start, or when it has ended. */
  async #repeat(intervalNs: number): Promise<void> {
    const { control, listener } = this.#options;
    let notBeforeNs = -Infinity;
    while (!control.stopped && (await this.#reaches(notBeforeNs))) {
      const onStart = (startNs: number): void => {
        listener.onPhaseStart(0, startNs);
        notBeforeNs = startNs + intervalNs;
      };
      const { endNs, scheduled, producers } = await this.#phase(0, undefined, onStart, notBeforeNs);
      listener.onPhaseEnd(0, endNs, scheduled, producers);
    }
  }

  /**
   * Waits for an instant, up to a moment before, when workers get their orders. Until then they wait for
   * them. False where the load must end.
   */
  async #reaches(atNs: number): Promise<boolean> {
    const { pool, control } = this.#options;
    await this.#until(() => monotonicNs() + pool.leadNs + watchMs * 1e6 >= atNs);
    return !control.stopped;
  }

  async #phase(
    phase: number,
    probe: ProbeOrder | undefined,
    onStart: (startNs: number) => void,
    notBeforeNs = -Infinity,
    atNs?: number,
  ): Promise<PhaseEnd> {
    const startNs = atNs ?? Math.max(monotonicNs() + this.#options.pool.leadNs, notBeforeNs);
    onStart(startNs);
    this.#tally.begin(phase);
    this.#phaseStartMs = performance.now();
    for (const worker of [...this.#producers, ...this.#consumers])
      worker.tell({ type: 'phase', phase, startNs, probe });
    // After a stop, too, every producer waits for its acknowledgements and then reports that it is done; a failed
    // one never will.
    await this.#until(
      () => this.#producers.every(({ name }) => this.#tally.has(phase, name) || this.#hasFailed(name)),
      true,
    );
    this.#phaseStartMs = undefined;
    return this.#tally.end(phase) ?? { endNs: monotonicNs(), scheduled: 0, producers: [] };
  }

  /**
   * Waits until every group has read what was acknowledged, or the drain's time is over. After a worker's
   * failure it goes on only as long as something comes: a dead worker's part may never do. After an interrupt
   * it waits no longer than for messages in flight.
   */
  async #catchUp(): Promise<void> {
    const deadlineNs = monotonicNs() + this.#options.plan.limits.drainNs;
    const unread = this.#unread();
    const { lookAtWatched, behindWatched } = this.#options;
    await lookAtWatched?.();
    const isBehind = (): boolean => unread().size > 0 || (behindWatched?.() ?? 0) > 0;
    while (isBehind() && monotonicNs() < deadlineNs && this.#mayWait(unread)) await sleep(catchUpCheckMs);
  }

  /** The same, but as long as the slowest group reads on. */
  async #catchUpWhileReading(): Promise<LeftBehind | undefined> {
    const unread = this.#unread();
    const patience = new Map<string, Patience>();
    for (;;) {
      const left = unread();
      if (left.size === 0) return undefined;
      const mayWait = this.#mayWait(unread);
      for (const [group, behind] of left) {
        const own = patience.get(group) ?? new Patience(this.#options.plan.limits.drainNs / 1e6);
        patience.set(group, own);
        if (own.note(performance.now(), behind) === undefined && mayWait) continue;
        return { group, behind, readPerSecond: own.readPerSecond, waitedSeconds: own.waitedMs / 1000 };
      }
      await sleep(catchUpCheckMs);
    }
  }

  /**
   * Says how many messages each group has still to read; those that have read everything are left out.
   *
   * A message that was reported as failed may be in the stream all the same, and count as read: then the
   * number alone does not show that all of the acknowledged ones were read, and the groups must have come to
   * rest, too. Consumers that are still joining have not reported: each group counts from the beginning.
   */
  #unread(): Unread {
    const { listener } = this.#options;
    let readBefore = -1;
    let readNs = monotonicNs();
    const unread = (): ReadonlyMap<string, number> => {
      const received = listener.receivedMessages();
      const { acked, failed } = listener.answeredMessages();
      const uncommitted = this.#options.behindWatched?.() ?? 0;
      const all = [...received.values()].reduce((sum, one) => sum + one, -uncommitted);
      if (all !== readBefore) {
        readBefore = all;
        readNs = monotonicNs();
      }
      const isRestless = monotonicNs() - readNs < restNs;
      const left = [...received].filter(([, one]) => one < acked || (one < acked + failed && isRestless));
      return new Map(left.map(([group, one]) => [group, Math.max(1, acked - one)]));
    };
    return Object.assign(unread, { restedNs: () => monotonicNs() - readNs });
  }

  #mayWait({ restedNs }: Unread): boolean {
    if (this.#failures.length > 0 && restedNs() > restNs) return false;
    return performance.now() - (this.#abortedMs ?? Infinity) <= hurryMs;
  }

  #hear(name: string, message: FromWorker): void {
    const { listener } = this.#options;
    switch (message.type) {
      case 'ready':
        this.#ready.add(name);
        break;
      case 'producer':
        listener.onProducer(name, message);
        break;
      case 'phaseDone':
        if (message.gaveUp === true) this.#options.control.stop();
        this.#tally.add(name, message);
        break;
      case 'sentAccount':
      case 'receivedAccount':
        listener.onAccount(message, name);
        break;
      default:
        break;
    }
    this.#wake();
  }

  /** Remembers a worker; when it fails, or ends before its time, the load ends. */
  #follow(worker: RunningWorker, list: RunningWorker[]): void {
    list.push(worker);
    void worker.ended.then((failure) => {
      const early = this.#ending === 'nobody' || (this.#ending === 'producers' && list === this.#consumers);
      if (failure !== undefined) this.#fail(failure);
      else if (early) this.#failInternal(worker, 'ended before the load did');
    });
  }

  #fail(failure: WorkerFailure): void {
    if (!this.#hasFailed(failure.name)) this.#failures.push(failure);
    this.#options.control.stop();
    this.#wake();
  }

  #failInternal({ name, shard }: RunningWorker, what: string): void {
    this.#fail({ name, shard, code: 'INTERNAL', message: `the worker ${name} ${what}` });
  }

  #hasFailed(worker: string): boolean {
    return this.#failures.some(({ name }) => name === worker);
  }

  /**
   * A worker that is not ready yet reports each step, a producer within a phase and a consumer that reads report
   * each second: one that is silent for longer than its own deadlines hangs.
   */
  #watchForHangs(): void {
    const { timeoutMs } = this.#options;
    const nowMs = performance.now();
    for (const worker of [...this.#producers, ...this.#consumers]) {
      const { name } = worker;
      const isProducer = this.#producers.includes(worker);
      const getsReady = !this.#ready.has(name) && this.#ending === 'nobody';
      const inPhase = isProducer && this.#phaseStartMs !== undefined && !getsReady;
      const reads = !isProducer && this.#telling.has(name) && this.#ending !== 'all';
      if (!(getsReady || inPhase || reads) || this.#hasFailed(name)) continue;
      const silentMs = nowMs - Math.max(worker.heardMs(), inPhase ? (this.#phaseStartMs ?? 0) : 0);
      if (silentMs < timeoutMs + hangMarginMs) continue;
      this.#hanging.add(name);
      const doing = getsReady ? 'while getting ready' : isProducer ? 'in a phase' : 'while reading';
      this.#failInternal(worker, `has been unresponsive for ${Math.round(silentMs / 1000)} s ${doing}`);
    }
  }

  /** Waits until a worker has ended; one that hangs is left to the pool's end. */
  async #settled(worker: RunningWorker): Promise<void> {
    if (this.#hanging.has(worker.name)) return;
    const startMs = performance.now();
    const limitMs = this.#options.timeoutMs + hangMarginMs;
    const state = { ended: false };
    const ended = worker.ended.then(() => (state.ended = true));
    while (!state.ended) {
      const nowMs = performance.now();
      if (this.#abortedMs !== undefined && nowMs - Math.max(startMs, this.#abortedMs) > hurryMs) return;
      if (nowMs - startMs > limitMs) {
        this.#failInternal(worker, `did not end within ${limitMs / 1000} s`);
        return;
      }
      await Promise.race([ended, sleep(watchMs)]);
    }
  }

  /**
   * Waits for a condition. It ends early when a worker has failed or the load is stopped, unless it must go
   * on. The watch makes sure that the workers that it waits for either report or fail.
   */
  async #until(holds: () => boolean, alsoWhenStopped = false): Promise<void> {
    while (!holds()) {
      if (!alsoWhenStopped && (this.#failures.length > 0 || this.#options.control.stopped)) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, watchMs);
        this.#waiting.add(wake);
      });
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
