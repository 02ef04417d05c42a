import { carriedDigits } from '../measure/clockBound.js';
import { hlogHead, hlogLine } from '../measure/hlog.js';
import { latencyNames, MergedLatencies, type LatencyName } from '../measure/latencySet.js';
import {
  settleGroup,
  type GroupAccount,
  type ProducerAccount,
  type ReceiverAccount,
} from '../measure/ledger.js';
import type { LatencySummary } from '../measure/latency.js';
import type { LaneHealth } from '../measure/selfCheck.js';
import type { BrokerFigures } from '../measure/brokerFigures.js';
import type { IntervalRecord, WorkerHealth } from '../measure/interval.js';
import type { RunFolder } from '../outputs/runFolder.js';
import type { FromWorker, LaneCounts } from '../workers/protocol.js';

/** What is known of a phase while it goes on, and afterwards. */
export interface PhaseFacts {
  /** Its name. */
  readonly name: string;
  /** Messages that were due. */
  scheduled: number;
  /** Handed over. */
  sent: number;
  /** Acknowledged. */
  acked: number;
  /** Failed. */
  failed: number;
  /** Bytes handed over. */
  bytes: number;
  /** Its start, milliseconds since 1970. */
  startedAtMs: number;
  /** When its last message was sent, milliseconds since 1970. */
  endedAtMs: number;
  /** How the lanes were. */
  readonly lanes: Map<string, LaneHealth & { queueFullSeconds: number; seconds: number }>;
}

/**
 * Takes in all that workers tell: merges latencies, counts, and writes an interval a second.
 */
export class Collector {
  /** All latencies by phase. */
  readonly latencies = new MergedLatencies();
  /** The phases, in order. */
  readonly phases: readonly PhaseFacts[];
  readonly #folder: RunFolder;
  readonly #startMs: number;
  readonly #targetAt: (phase: number, atMs: number) => number | null;
  readonly #onInterval: (record: IntervalRecord) => void;
  readonly #brokerFigures: () => BrokerFigures | null;
  readonly #clockBoundUs: () => number;
  readonly #producers: ProducerAccount[] = [];
  readonly #members = new Map<string, ReceiverAccount[]>();
  readonly #received = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #memberLag = new Map<string, { group: string; lag: number }>();
  #phase: number | undefined;
  #pending = emptyPending();
  #intervalStartMs: number;

  /**
   * @param folder - where intervals are written
   * @param startMs - the run's start, milliseconds since 1970
   * @param phases - the names of the phases
   * @param groups - the names of the consumer groups, as members tell them
   * @param targetAt - the rate that a phase asks for at an instant after its start, in milliseconds
   * @param onInterval - told of each interval
   * @param brokerFigures - the broker's own figures since the last call, where there are any
   * @param clockBoundUs - how far a time from one machine to another may be off, microseconds
   */
  constructor(
    folder: RunFolder,
    startMs: number,
    phases: readonly string[],
    groups: readonly string[],
    targetAt: (phase: number, atMs: number) => number | null,
    onInterval: (record: IntervalRecord) => void,
    brokerFigures: () => BrokerFigures | null = () => null,
    clockBoundUs: () => number = () => 0,
  ) {
    this.#folder = folder;
    this.#startMs = startMs;
    this.#intervalStartMs = startMs;
    this.#targetAt = targetAt;
    this.#onInterval = onInterval;
    this.#brokerFigures = brokerFigures;
    this.#clockBoundUs = clockBoundUs;
    this.phases = phases.map((name) => ({
      name,
      scheduled: 0,
      sent: 0,
      acked: 0,
      failed: 0,
      bytes: 0,
      startedAtMs: 0,
      endedAtMs: 0,
      lanes: new Map(),
    }));
    for (const group of groups) {
      this.#received.set(group, 0);
      this.#members.set(group, []);
    }
    folder.append('latency.hlog', hlogHead(startMs));
  }

  /** Messages that the broker has acknowledged, all phases together. */
  get acked(): number {
    return this.phases.reduce((sum, phase) => sum + phase.acked, 0);
  }

  /** Messages of this run that each group has read. */
  get received(): ReadonlyMap<string, number> {
    return this.#received;
  }

  /**
   * A phase begins.
   *
   * @param index - its number
   * @param nowMs - when, milliseconds since 1970
   */
  beginPhase(index: number, nowMs: number): void {
    this.flush(nowMs);
    this.#phase = index;
    this.#intervalStartMs = nowMs;
    const phase = this.phases[index];
    if (phase !== undefined) phase.startedAtMs = nowMs;
  }

  /**
   * A phase has ended.
   *
   * @param index - its number
   * @param endedAtMs - when its last message was sent, milliseconds since 1970
   * @param scheduled - messages that were due
   * @param nowMs - now, milliseconds since 1970
   */
  endPhase(index: number, endedAtMs: number, scheduled: number, nowMs: number): void {
    const phase = this.phases[index];
    if (phase !== undefined) {
      phase.endedAtMs = endedAtMs;
      phase.scheduled = scheduled;
    }
    this.flush(nowMs);
    this.#phase = undefined;
  }

  /**
   * A lane tells what it did.
   *
   * @param worker - its name
   * @param message - what it tells
   */
  onLane(worker: string, message: Extract<FromWorker, { type: 'lane' }>): void {
    const { counts, latencies, inFlight, health } = message;
    const phase = this.phases[message.phase];
    if (phase !== undefined) {
      addCounts(phase, counts);
      phase.bytes += counts.bytes;
      noteHealth(phase, worker, health);
    }
    addCounts(this.#pending, counts);
    this.#pending.bytes += counts.bytes;
    this.#pending.workers[worker] = health;
    this.#inFlight.set(worker, inFlight);
    this.#addLatencies(latencies);
  }

  /**
   * A member of a group tells what it read.
   *
   * @param worker - its name
   * @param message - what it tells
   */
  onMember(worker: string, message: Extract<FromWorker, { type: 'member' }>): void {
    const { group, received, lag, latencies, health } = message;
    this.#received.set(group, (this.#received.get(group) ?? 0) + received);
    this.#memberLag.set(worker, { group, lag });
    this.#pending.received += received;
    this.#pending.workers[worker] = health;
    this.#addLatencies(latencies);
  }

  /**
   * A worker tells its account.
   *
   * @param message - the account
   */
  onAccount(message: Extract<FromWorker, { type: 'sentAccount' | 'receivedAccount' }>): void {
    if (message.type === 'sentAccount') this.#producers.push(message.account);
    else this.#members.get(message.group)?.push(message.account);
  }

  /** How many lanes and how many members have told their accounts. */
  get accounts(): { readonly producers: number; readonly members: number } {
    const members = [...this.#members.values()].reduce((sum, { length }) => sum + length, 0);
    return { producers: this.#producers.length, members };
  }

  /** What each group received of what was acknowledged. */
  settle(): ({ readonly group: string } & GroupAccount)[] {
    return [...this.#members].map(([group, accounts]) => ({
      group,
      ...settleGroup(this.#producers, accounts),
    }));
  }

  /**
   * Ends the interval: writes it, and tells of it.
   *
   * @param nowMs - now, milliseconds since 1970
   */
  flush(nowMs: number): void {
    const pending = this.#pending;
    const seconds = (nowMs - this.#intervalStartMs) / 1000;
    if (
      seconds <= 0 ||
      (pending.sent === 0 && pending.acked === 0 && pending.received === 0 && pending.failed === 0)
    ) {
      return;
    }
    this.#pending = emptyPending();
    const startSeconds = (this.#intervalStartMs - this.#startMs) / 1000;
    const latency: Partial<Record<LatencyName, LatencySummary>> = {};
    const lines: string[] = [];
    for (const name of latencyNames) {
      const histogram = pending.latencies.of('all', name);
      if (histogram.histogram.totalCount === 0) continue;
      const summary = histogram.summary();
      latency[name] = name === 'endToEnd' ? carriedDigits(summary, this.#clockBoundUs()) : summary;
      lines.push(hlogLine(name, histogram.histogram, startSeconds, startSeconds + seconds));
    }
    const phase = this.#phase === undefined ? undefined : this.phases[this.#phase];
    const middleMs = (this.#intervalStartMs + nowMs) / 2 - (phase?.startedAtMs ?? 0);
    const lag: Record<string, number> = {};
    for (const { group, lag: behind } of this.#memberLag.values()) lag[group] = (lag[group] ?? 0) + behind;
    const record: IntervalRecord = {
      time: new Date(nowMs).toISOString(),
      startSeconds,
      seconds,
      phase: phase?.name ?? null,
      targetPerSecond: this.#phase === undefined ? null : this.#targetAt(this.#phase, middleMs),
      achievedPerSecond: pending.acked / seconds,
      bytesPerSecond: pending.bytes / seconds,
      counts: {
        sent: pending.sent,
        acked: pending.acked,
        failed: pending.failed,
        received: pending.received,
      },
      inFlight: [...this.#inFlight.values()].reduce((sum, count) => sum + count, 0),
      latency,
      lag,
      workers: pending.workers,
      broker: this.#brokerFigures(),
    };
    this.#intervalStartMs = nowMs;
    this.#folder.append('latency.hlog', lines.join(''));
    this.#folder.append('intervals.ndjson', `${JSON.stringify(record)}\n`);
    this.#onInterval(record);
  }

  #addLatencies(interval: Extract<FromWorker, { type: 'lane' }>['latencies']): void {
    this.latencies.add(interval, (phase) => this.phases[phase]?.name);
    this.#pending.latencies.add(interval, () => 'all');
  }
}

interface Pending {
  sent: number;
  acked: number;
  failed: number;
  received: number;
  bytes: number;
  readonly latencies: MergedLatencies;
  readonly workers: Record<string, WorkerHealth>;
}

function emptyPending(): Pending {
  return {
    sent: 0,
    acked: 0,
    failed: 0,
    received: 0,
    bytes: 0,
    latencies: new MergedLatencies(),
    workers: {},
  };
}

function addCounts(to: { sent: number; acked: number; failed: number }, counts: LaneCounts): void {
  to.sent += counts.sent;
  to.acked += counts.acked;
  to.failed += counts.failed;
}

function noteHealth(phase: PhaseFacts, worker: string, health: WorkerHealth): void {
  const before = phase.lanes.get(worker);
  const queueFullSeconds = (before?.queueFullSeconds ?? 0) + health.queueFullSeconds;
  const seconds = (before?.seconds ?? 0) + 1;
  phase.lanes.set(worker, {
    worker,
    eventLoopDelayP99Us: Math.max(before?.eventLoopDelayP99Us ?? 0, health.eventLoopDelayP99Us),
    eventLoopUtilization: Math.max(before?.eventLoopUtilization ?? 0, health.eventLoopUtilization),
    queueFullSeconds,
    queueFullShare: queueFullSeconds / seconds,
    seconds,
  });
}
