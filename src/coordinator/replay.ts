import type { Disorder } from '../alerts/timeOrder.js';
import { AlertSimError } from '../errors.js';
import { kafkaErrors } from '../kafka/kafkaErrors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { LatencySummary } from '../results/values.js';
import { MergedLatencies } from '../measure/latencySet.js';
import { monotonicNs } from '../workers/clock.js';
import { RunControl } from '../workers/control.js';
import { deliveryFailure } from '../workers/deliveryLedger.js';
import type { FromWorker } from '../workers/protocol.js';
import { wholeReservoir } from '../workers/reservoirReader.js';
import { runLoad, type LoadListener } from './loadRun.js';
import type { OpenReservoir } from './openReservoir.js';
import { ThisThread, type WorkerFailure } from './pool.js';

export interface ReplayOptions {
  readonly connection: ConnectionOptions;
  /** It exists. */
  readonly streamTopic: string;
  /** Of the stream. */
  readonly partitions: number;
  /** From the start of one pass to the start of the next; negative for a single pass. */
  readonly repeatIntervalSeconds: number;
  /** Recorded seconds that pass in one second. */
  readonly speed: number;
  /** Instead of the recorded times; undefined for these. */
  readonly ratePerSecond?: number | undefined;
  /** Whether messages are sent into the partitions that they come from. */
  readonly keepsPartitions: boolean;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer adds it. */
  readonly producerTimestamp: boolean;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Ends the replay; what was sent until then is waited for, unless the broker is silent. */
  readonly signal: AbortSignal;
  /**
   * Called at the start of a pass and each second with the alerts of this pass that were sent, of how many,
   * and their bytes.
   */
  readonly onProgress: (sent: number, total: number, bytes: number) => void;
  /** Called once, when an alert comes that was recorded before one ahead of it: such alerts come in clumps. */
  readonly onDisorder: (disorder: Disorder) => void;
  /** Called at the end of each pass. */
  readonly onPass: (pass: ReplayPass) => void;
}

/** One pass through the reservoir. */
export interface ReplayPass {
  readonly alerts: number;
  /** From its start to the last acknowledgement. */
  readonly seconds: number;
  /** How late the next pass starts; 0 when it starts in time, or there is none. */
  readonly lateSeconds: number;
}

export interface ReplayResult {
  /** Sent and acknowledged, all passes together. */
  readonly alerts: number;
  /** Alerts that the broker had not answered when the replay was interrupted. */
  readonly unanswered: number;
  /** Due → handed to librdkafka, in microseconds. */
  readonly scheduleLag: LatencySummary;
  /** Handed to librdkafka → acknowledged, in microseconds. */
  readonly ack: LatencySummary;
  /** Whether the replay was ended by its signal. */
  readonly interrupted: boolean;
}

const phaseName = 'play';

/** Reservoirs up to this size are read before the first pass, larger ones are read ahead by as much. */
const memoryBytes = 64 * 1024 * 1024;

/** How long after the command a pass begins: there is one worker, and it waits for it. */
const leadNs = 5e6;

/**
 * Replays a reservoir into a stream at its recorded pace: a load of one producer with one recorded phase.
 *
 * Each alert is due at the start of the pass plus its time offset; one that comes after an alert with a later
 * offset in the reservoir is due together with that one, because the order is kept.
 *
 * @throws `DELIVERY_FAILED` when an alert was not acknowledged; `BROKER_UNREACHABLE` when the reservoir stops
 * answering; `BAD_INPUT_FILE` when a message in it is not an alert of a reservoir
 */
export async function replay(reservoir: OpenReservoir, options: ReplayOptions): Promise<ReplayResult> {
  const { connection, streamTopic, partitions, producerTimestamp, repeatIntervalSeconds } = options;
  const { speed, ratePerSecond, keepsPartitions } = options;
  const { signal, timeoutMs } = options;
  const control = new RunControl();
  const pool = new ThisThread(control, leadNs);
  const played = new Played(reservoir, options, control);
  try {
    const failures = await runLoad({
      plan: {
        reservoir: { topic: reservoir.topic },
        stream: { topic: streamTopic, partitions, producerTimestamp },
        replay: { prefetchBytes: memoryBytes, flushEach: false },
        consumers: { groupPrefix: '', groups: [] },
        limits: { drainNs: 0 },
      },
      ...{ connection, pool, control, timeoutMs, signal },
      // Alerts are sent as they come due, each exactly once and in order.
      properties: { 'linger.ms': 0, 'enable.idempotence': true },
      endsAtFailure: true,
      repeatNs: repeatIntervalSeconds < 0 ? undefined : repeatIntervalSeconds * 1e9,
      phases: [
        { name: phaseName, pacing: { kind: 'recorded', speed, ratePerSecond, passes: 1, rewrite: false } },
      ],
      source: {
        connection: reservoir.connection,
        firstMs: reservoir.firstMs,
        range: reservoir.range,
        keepsPartitions,
      },
      shares: [wholeReservoir(reservoir.watermarks)],
      ...{ spanUs: reservoir.spanUs, starts: [], run: 0 },
      listener: played.listener,
    });
    const failure = played.failure(failures);
    if (failure !== undefined) throw failure;
    return played.result();
  } finally {
    await pool.close();
  }
}

/** What the producer reported, all passes together. */
class Played {
  readonly #reservoir: OpenReservoir;
  readonly #options: ReplayOptions;
  readonly #control: RunControl;
  readonly #latencies = new MergedLatencies();
  readonly #failures = new Map<number, number>();
  #acked = 0;
  #inFlight = 0;
  #pass = { sent: 0, bytes: 0, startNs: 0, untilNs: 0 };
  /** Sent by the passes before this one. */
  #sentBefore = 0;
  #isDisordered = false;
  #hasShrunk = false;

  constructor(reservoir: OpenReservoir, options: ReplayOptions, control: RunControl) {
    this.#reservoir = reservoir;
    this.#options = options;
    this.#control = control;
  }

  readonly listener: LoadListener = {
    onProducer: (_name, report) => {
      this.#take(report);
    },
    onPhaseStart: (_phase, startNs) => {
      this.#sentBefore += this.#pass.sent;
      this.#pass = { sent: 0, bytes: 0, startNs, untilNs: startNs };
      this.#options.onProgress(0, this.#reservoir.total, 0);
    },
    onPhaseEnd: () => {
      this.#endPass();
    },
    onConsumer: () => undefined,
    onAccount: () => undefined,
    answeredMessages: () => ({ acked: this.#acked, failed: 0 }),
    receivedMessages: () => new Map(),
  };

  #take({ counts, inFlight, latencies, disorder, untilNs }: Extract<FromWorker, { type: 'producer' }>): void {
    const { onProgress, onDisorder } = this.#options;
    const pass = this.#pass;
    this.#acked += counts.acked;
    this.#inFlight = inFlight;
    for (const [code, count] of counts.failures)
      this.#failures.set(code, count + (this.#failures.get(code) ?? 0));
    this.#latencies.add(latencies, () => phaseName);
    this.#pass = {
      ...pass,
      sent: pass.sent + counts.sent,
      bytes: pass.bytes + counts.bytes,
      untilNs,
    };
    onProgress(this.#pass.sent, this.#reservoir.total, this.#pass.bytes);
    if (disorder === undefined || this.#isDisordered) return;
    this.#isDisordered = true;
    onDisorder(disorder);
  }

  #endPass(): void {
    if (this.#control.stopped) return;
    const { sent, startNs, untilNs } = this.#pass;
    const { total, isCounted } = this.#reservoir;
    this.#hasShrunk = isCounted && sent < total;
    if (this.#hasShrunk || this.#failures.size > 0) {
      this.#control.stop();
      return;
    }
    const { repeatIntervalSeconds, onPass } = this.#options;
    const lateNs = monotonicNs() + leadNs - startNs - repeatIntervalSeconds * 1e9;
    onPass({
      alerts: sent,
      seconds: (untilNs - startNs) / 1e9,
      lateSeconds: repeatIntervalSeconds < 0 ? 0 : Math.max(0, lateNs) / 1e9,
    });
  }

  /**
   * Alerts that were not waited for any longer. The producer reports them as failed, because for a run they
   * are.
   */
  get #unanswered(): number {
    return Math.min(this.#inFlight, this.#failures.get(kafkaErrors.messageTimedOut) ?? 0);
  }

  /** Why not all alerts were delivered; undefined where they were, or the replay was interrupted. */
  failure(workers: readonly WorkerFailure[]): AlertSimError | undefined {
    const { streamTopic: topic, timeoutMs, signal } = this.#options;
    const total = this.#sentBefore + this.#reservoir.total;
    const unanswered = this.#unanswered;
    const failures = [...this.#failures]
      .map(
        ([code, count]) => [code, code === kafkaErrors.messageTimedOut ? count - unanswered : count] as const,
      )
      .filter(([, count]) => count > 0);
    const counts = { acked: this.#acked, failures, unanswered };
    if (failures.length > 0) {
      // An alert that this client itself finds too large is not for the broker's settings to let in.
      const rejected = workers.find(({ code }) => code === 'DELIVERY_FAILED');
      const isTooLarge = failures.every(([code]) => code === kafkaErrors.messageTooLarge);
      return deliveryFailure(topic, total, counts, isTooLarge ? rejected?.reason : undefined);
    }
    if (signal.aborted) return undefined;
    if (unanswered > 0) {
      return deliveryFailure(
        topic,
        total,
        counts,
        `the broker acknowledged nothing for ${timeoutMs / 1000} s`,
      );
    }
    const [worker] = workers;
    const fault = worker ?? (this.#hasShrunk ? shrunk(this.#reservoir) : undefined);
    if (fault === undefined) return undefined;
    const reason = worker?.reason ?? fault.message;
    return new AlertSimError(
      fault.code,
      `${reason}; ${this.#acked} of ${total} alerts were delivered to ${topic} until then`,
    );
  }

  result(): ReplayResult {
    return {
      alerts: this.#acked,
      unanswered: this.#unanswered,
      scheduleLag: this.#latencies.of(phaseName, 'scheduleLag').summary(),
      ack: this.#latencies.of(phaseName, 'ack').summary(),
      interrupted: this.#options.signal.aborted,
    };
  }
}

function shrunk({ topic }: OpenReservoir): AlertSimError {
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `the reservoir ${topic} has lost alerts while it was replayed: was it overwritten, or does its retention.ms end?`,
  );
}
