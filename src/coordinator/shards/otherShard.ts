import type { ClockOffset } from '../../measure/clockBound.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import type { AckGap } from '../../measure/ackGaps.js';
import type { RunControl } from '../../workers/control.js';
import type { FromWorker, PreloadSource, ToWorker, WorkerTask } from '../../workers/protocol.js';
import type { Pool, RunningWorker, TaskOf } from '../pool.js';
import { AlertSimError } from '../../errors.js';
import type { FromFirst, Participant, ToFirst, WorkerNews } from './messages.js';
import { Silence } from './silence.js';
import { spread } from './variations.js';

export interface OtherShardOptions {
  /** Which shard, and which process. */
  readonly me: Participant;
  /** Number of shards. */
  readonly of: number;
  readonly fingerprint: string;
  readonly version: string;
  readonly host: string;
  /** The threads of this machine. */
  readonly pool: Pool;
  /** The flags of its threads. */
  readonly control: RunControl;
  /** How its workers reach the cluster under test. */
  readonly connection: ConnectionOptions;
  /** The alerts, as this machine found them. */
  readonly source?: PreloadSource;
  /** Its estimate of the broker's clock. */
  readonly clock: ClockOffset;
  /** To the first shard. */
  readonly send: (message: ToFirst) => void;
  /** How long the first shard may take to come. */
  readonly joinMs: number;
  /** How long the first shard may be silent. */
  readonly silenceMs: number;
  /** The control topic, for error messages. */
  readonly topic: string;
  /** Ends the run of all shards. */
  readonly signal: AbortSignal;
  /** Called when it was accepted. */
  readonly onWelcome: () => void;
}

const tickMs = 20;
const helloMs = 500;
/** Maximum time between two signs of life. */
const beatMs = 1000;
/** News is gathered for this long, so that the reports of all producers of a second travel together. */
const gatherMs = 60;

/**
 * A shard other than the first: it starts workers as the first one asks, forwards their reports, and ends
 * when the run does.
 */
export class OtherShard {
  readonly #options: OtherShardOptions;
  readonly #workers = new Map<number, RunningWorker>();
  #session: number | undefined;
  /** The common clock − this machine's monotonic clock. */
  #commonClockNs = 0;
  #news: WorkerNews[] = [];
  #newsSinceMs = 0;
  #sentMs = 0;
  #silence = new Silence(performance.now());
  #end: { readonly error: AlertSimError | undefined; readonly message: string } | undefined;
  #lostFirst = false;
  #interrupted = false;

  constructor(options: OtherShardOptions) {
    this.#options = options;
  }

  /**
   * Whether it ended because the first shard did not come, or became silent: then no one cleans up after it.
   */
  get lostFirst(): boolean {
    return this.#lostFirst;
  }

  /**
   * Takes part until the run is over.
   *
   * @returns what the first shard says of the run
   * @throws what the run ends with; `SERVICE_UNAVAILABLE` when the first shard does not come, or becomes
   * silent
   */
  async run(): Promise<string> {
    const { control } = this.#options;
    const startMs = performance.now();
    try {
      while (this.#end === undefined) {
        this.#tick(performance.now(), startMs);
        await new Promise((resolve) => setTimeout(resolve, tickMs));
      }
    } finally {
      control.stop();
      control.finish();
    }
    this.#options.send({ type: 'bye', ...this.#options.me });
    if (this.#end.error !== undefined) throw this.#end.error;
    return this.#end.message;
  }

  /** Takes a message of the first shard. */
  hear(message: FromFirst): void {
    const { me, clock, control, onWelcome } = this.#options;
    if (message.type === 'welcome' || message.type === 'refused') {
      if (message.shard !== me.shard || message.incarnation !== me.incarnation) return;
      if (message.type === 'refused') {
        this.#fail(
          new AlertSimError('BAD_USAGE', `the first shard does not take this one in: ${message.reason}`),
        );
      } else if (this.#session === undefined) {
        this.#session = message.session;
        this.#commonClockNs = clock.offsetNs - message.firstClock.offsetNs;
        this.#silence = new Silence(performance.now());
        onWelcome();
      }
      return;
    }
    if (message.session !== this.#session) return;
    this.#silence.heard(performance.now());
    switch (message.type) {
      case 'start':
        this.#start(message);
        break;
      case 'tell':
        for (const number of message.workers)
          this.#workers.get(number)?.tell(this.#onMyClock(message.message));
        break;
      case 'flag':
        if (message.flag === 'stop') control.stop();
        else control.finish();
        break;
      case 'end':
        this.#end ??= {
          error: message.code === null ? undefined : new AlertSimError(message.code, message.message),
          message: message.message,
        };
        break;
      case 'beat':
        break;
    }
  }

  #start({ workers, tasks }: Extract<FromFirst, { type: 'start' }>): void {
    const { me, pool, connection, source } = this.#options;
    spread(tasks).forEach((task, at) => {
      const entry = workers[at];
      if (entry?.shard !== me.shard) return;
      const number = entry.worker;
      const whole = {
        // Tasks come without it where it is each machine's own.
        ...(task.kind === 'preload' && source !== undefined && { source }),
        ...task,
        connection,
        commonClockNs: this.#commonClockNs,
      } as unknown as TaskOf<WorkerTask>;
      const worker = pool.start(whole, (told) => {
        this.#gather({ worker: number, told: this.#onCommonClock(told) });
      });
      this.#workers.set(number, worker);
      void worker.ended.then((failure) => {
        this.#workers.delete(number);
        this.#gather({ worker: number, ended: failure ?? null });
      });
    });
  }

  #tick(nowMs: number, startMs: number): void {
    const { me, of, fingerprint, version, host, clock, send, joinMs, silenceMs, topic, signal } =
      this.#options;
    if (this.#session === undefined) {
      if (signal.aborted) this.#fail(new AlertSimError('INTERRUPTED', 'interrupted: the run had not begun'));
      else if (nowMs - startMs > joinMs) {
        const waited = `within ${Math.round(joinMs / 1000)} s`;
        this.#lose(`the first shard did not answer on the topic ${topic} ${waited}`);
      } else if (nowMs - this.#sentMs >= helloMs) {
        this.#sentMs = nowMs;
        send({ type: 'hello', ...me, of, fingerprint, version, host, pid: process.pid, clock });
      }
      return;
    }
    if (signal.aborted && !this.#interrupted) {
      this.#interrupted = true;
      this.#options.control.stop();
      send({ type: 'interrupted', ...me });
    }
    const silentMs = this.#silence.look(nowMs);
    if (silentMs > silenceMs) {
      this.#lose(`the first shard was unresponsive for ${(silentMs / 1000).toFixed(1)} s`);
      return;
    }
    const isFull = this.#news.length > 0 && nowMs - this.#newsSinceMs >= gatherMs;
    if (!isFull && nowMs - this.#sentMs < beatMs) return;
    const news = this.#news;
    this.#news = [];
    this.#sentMs = nowMs;
    send({ type: 'news', ...me, news });
  }

  #gather(item: WorkerNews): void {
    if (this.#news.length === 0) this.#newsSinceMs = performance.now();
    this.#news.push(item);
  }

  #lose(what: string): void {
    this.#lostFirst = true;
    this.#fail(lostFirst(what));
  }

  #fail(error: AlertSimError): void {
    this.#end ??= { error, message: error.message };
  }

  #onMyClock(message: ToWorker): ToWorker {
    return message.type === 'phase'
      ? { ...message, startNs: message.startNs - this.#commonClockNs }
      : message;
  }

  #onCommonClock(message: FromWorker): FromWorker {
    switch (message.type) {
      case 'phaseDone':
        return { ...message, endNs: message.endNs + this.#commonClockNs };
      case 'producer':
        return {
          ...message,
          untilNs: message.untilNs + this.#commonClockNs,
          gaps: message.gaps.map((gap) => shifted(gap, this.#commonClockNs / 1000)),
        };
      default:
        return message;
    }
  }
}

function lostFirst(what: string): AlertSimError {
  return new AlertSimError(
    'SERVICE_UNAVAILABLE',
    `${what}: it died, or one of us is cut off from Kafka; what was measured is in the first shard's run folder, if anywhere`,
  );
}

function shifted({ partition, startUs, endUs, recoveredUs }: AckGap, byUs: number): AckGap {
  return {
    partition,
    startUs: startUs + byUs,
    endUs: endUs + byUs,
    recoveredUs: recoveredUs === null ? null : recoveredUs + byUs,
  };
}
