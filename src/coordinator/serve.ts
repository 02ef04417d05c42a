import { setTimeout as pause } from 'node:timers/promises';
import { AlertSimError } from '../errors.js';
import type { ClientProperties, ConnectionOptions } from '../kafka/settings.js';
import type { VisitsPacing } from '../schedule/pacing.js';
import { monotonicNs } from '../workers/clock.js';
import { RunControl } from '../workers/control.js';
import type { AheadPlan, FromWorker } from '../workers/protocol.js';
import { runLoad, type LoadListener } from './loadRun.js';
import type { WorkerFailure } from './pool.js';
import { ServeTally, type ServeCounts, type ServedVisits, type TallyEvent } from './serveTally.js';
import { WorkerPool } from './workerPool.js';

export interface ServeOptions {
  readonly connection: ConnectionOptions;
  readonly streamTopic: string;
  /** Makes sure that the stream exists, and returns the number of its partitions; called before each connection. */
  readonly openStream: () => Promise<number>;
  readonly producerTimestamp: boolean;
  /** Without their number; of a fixed size. */
  readonly visits: Pick<VisitsPacing, 'cadenceNs' | 'burstNs' | 'detectors' | 'size'> & {
    readonly alerts: number;
  };
  /** When the visit with the number 0 is, since 1970. */
  readonly firstVisitMs: number;
  /** Ends after so many visits, counted from the first one; Infinity for none. */
  readonly mostVisits: number;
  readonly ahead: Omit<AheadPlan, 'firstIndex' | 'fillMs'>;
  /** How long a connection may take. */
  readonly timeoutMs: number;
  /** Ends the service. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ServeEvent) => void;
}

/** What a service reports. */
export type ServeEvent =
  /** The first visit of this connection is at this time, since 1970. */
  | { readonly kind: 'begins'; readonly visit: number; readonly atMs: number }
  /** `atMs`: when the first of them was due, since 1970. */
  | ({ readonly kind: 'visits'; readonly atMs: number } & ServedVisits)
  | Exclude<TallyEvent, { kind: 'visits' }>
  /** The connection is made anew. */
  | { readonly kind: 'restarts'; readonly why: string };

/** From connecting until the first alert. */
const leadMs = 3000;

/** What is made ahead before the producer counts as ready; more follows until the first visit. */
const fillMs = 1000;

const shortestPauseMs = 1000;
const longestPauseMs = 30_000;

/** How often the clocks are compared. */
const clockMs = 5000;

/** The wall clock was set, or the machine slept: visits would not have the time that they are sent at. */
const mostClockShiftMs = 1000;

/** What no other attempt changes. */
const lasting: readonly string[] = ['BAD_USAGE', 'BAD_INPUT_FILE', 'BAD_SCENARIO', 'MISSING_PREREQUISITE'];

/**
 * Sends visits until it is ended: each at its own time, whatever has come before. A broker that answers nothing is
 * waited for; alerts that are too late by then are left out and counted. Should the producer fail for good, it is made
 * anew.
 *
 * @returns what was sent in all
 * @throws what keeps it from beginning, and what is wrong with the alerts
 */
export async function serveVisits(options: ServeOptions): Promise<ServeCounts> {
  const { signal, onEvent, visits } = options;
  const tally = new ServeTally(visits.alerts, (event) => {
    if (event.kind !== 'visits') onEvent(event);
    else onEvent({ ...event, atMs: options.firstVisitMs + (event.first * visits.cadenceNs) / 1e6 });
  });
  let pauseMs = shortestPauseMs;
  let hasBegun = false;
  let left = options.mostVisits;
  const isEnded = (): boolean => signal.aborted;
  while (!isEnded() && left > 0) {
    const session = new Session(options, tally, left);
    const failure = await session.run();
    left -= session.visits;
    if (isEnded() || (failure === undefined && !session.wasShifted)) break;
    hasBegun ||= session.hasBegun;
    if (failure !== undefined && (!hasBegun || lasting.includes(failure.code))) throw failure;
    onEvent({ kind: 'restarts', why: failure?.message ?? 'the clock of this machine was set' });
    if (session.hasBegun) pauseMs = shortestPauseMs;
    if (failure !== undefined) await pause(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
  }
  return tally.all;
}

/** One producer, from its connection to its end. */
class Session {
  readonly #options: ServeOptions;
  readonly #tally: ServeTally;
  readonly #most: number;
  readonly #end = new AbortController();
  readonly #before: number;
  hasBegun = false;
  wasShifted = false;

  constructor(options: ServeOptions, tally: ServeTally, most: number) {
    this.#options = options;
    this.#tally = tally;
    this.#most = most;
    this.#before = tally.visits;
  }

  /** That have ended. */
  get visits(): number {
    return this.#tally.visits - this.#before;
  }

  /** @returns why it ended; undefined where it was ended, or all is sent */
  async run(): Promise<AlertSimError | undefined> {
    const { signal } = this.#options;
    const onAbort = (): void => {
      this.#end.abort();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const shiftMs = Date.now() - monotonicNs() / 1e6;
    const clock = setInterval(() => {
      if (Math.abs(Date.now() - monotonicNs() / 1e6 - shiftMs) < mostClockShiftMs) return;
      this.wasShifted = true;
      onAbort();
    }, clockMs);
    try {
      return await this.#load();
    } catch (thrown) {
      if (thrown instanceof AlertSimError) return thrown;
      throw thrown;
    } finally {
      clearInterval(clock);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #load(): Promise<AlertSimError | undefined> {
    const { connection, streamTopic, producerTimestamp, visits, firstVisitMs, ahead, timeoutMs } =
      this.#options;
    const partitions = await this.#options.openStream();
    if (this.#end.signal.aborted) return undefined;
    const cadenceMs = visits.cadenceNs / 1e6;
    const visit = Math.ceil((Date.now() + leadMs - firstVisitMs) / cadenceMs);
    const atMs = firstVisitMs + visit * cadenceMs;
    this.#tally.begin(visit);
    this.#options.onEvent({ kind: 'begins', visit, atMs });
    const control = new RunControl();
    const pool = new WorkerPool(1, control);
    try {
      const [failure] = await runLoad({
        plan: {
          reservoir: { topic: '' },
          stream: { topic: streamTopic, partitions, producerTimestamp },
          replay: { prefetchBytes: 0, flushEach: false },
          consumers: { groupPrefix: '', groups: [] },
          limits: { drainNs: 0 },
        },
        ...{ connection, pool, control, timeoutMs, signal: this.#end.signal },
        properties: propertiesFor(ahead.mostLateNs),
        waitsForBroker: true,
        startNs: monotonicNs() + (atMs - Date.now()) * 1e6,
        phases: [{ name: 'serve', pacing: { kind: 'visits', ...visits, visits: this.#most, seed: 1 } }],
        ahead: { ...ahead, firstIndex: visit * visits.alerts, fillMs },
        shares: [[]],
        ...{ spanUs: 0, starts: [], run: 0 },
        listener: this.#listener,
      });
      this.#tally.end();
      return failure === undefined ? undefined : errorOf(failure);
    } finally {
      await pool.close('leave');
    }
  }

  readonly #listener: LoadListener = {
    onProducer: (_name, report: Extract<FromWorker, { type: 'producer' }>) => {
      this.#tally.take(report);
    },
    onPhaseStart: () => {
      this.hasBegun = true;
    },
    onPhaseEnd: () => undefined,
    onConsumer: () => undefined,
    onAccount: () => undefined,
    answeredMessages: () => ({ acked: 0, failed: 0 }),
    receivedMessages: () => new Map(),
  };
}

/** Sent in order and once; one that is not acknowledged in time is given up. */
function propertiesFor(mostLateNs: number): ClientProperties {
  return {
    'enable.idempotence': true,
    'linger.ms': 5,
    'message.timeout.ms': Math.max(1000, Math.round(mostLateNs / 1e6)),
  };
}

function errorOf({ code, message, reason }: WorkerFailure): AlertSimError {
  return new AlertSimError(code, reason ?? message);
}
