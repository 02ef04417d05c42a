import type { AckGap } from '../measure/ackGaps.js';
import type { WallGap } from '../measure/outages.js';
import { logBuckets, type LatencyBuckets } from '../measure/buckets.js';
import { carriedDigits } from '../measure/clockBound.js';
import { hlogHead, hlogLine, hlogSection } from '../results/latencyLog.js';
import { MergedLatencies } from '../measure/latencySet.js';
import {
  settleGroup,
  type GroupAccount,
  type ProducerAccount,
  type ReceiverAccount,
} from '../measure/ledger.js';
import { messagesBehind, type ReadPosition } from '../measure/unread.js';
import type { Watermarks } from '../kafka/topics.js';
import { LatencyHistogram } from '../measure/latency.js';
import type { ProducerReport } from '../measure/phaseCounts.js';
import type { ProducerHealth } from '../measure/selfCheck.js';
import type { ReadSample } from '../measure/backlog.js';
import type { RunFolder } from '../results/writeRunFolder.js';
import type { FromWorker, SentCounts } from '../workers/protocol.js';
import type { BrokerMetrics, LatencySummary } from '../results/values.js';
import { type LatencyName, latencyNames } from '../scenario/metricNames.js';
import { BrokerMeans } from '../results/averages.js';
import type { GroupInterval, HarnessUse, IntervalRecord, WorkerHealth } from '../results/runFolder.js';

/** A phase, while it goes on and afterwards. */
export interface PhaseFacts {
  readonly name: string;
  /** The name under which its latencies are kept; undefined where they are not. */
  readonly recordedAs: string | undefined;
  /** Messages that were due for the producers that finished it. */
  scheduled: number;
  sent: number;
  acked: number;
  failed: number;
  /** By librdkafka's error code. */
  readonly failures: Map<number, number>;
  /** When the broker acknowledged nothing, by producer and partition. */
  readonly gaps: WallGap[];
  /** Handed over. */
  bytes: number;
  /** Use of the harness's process in each of its intervals. */
  readonly use: (HarnessUse & { readonly seconds: number })[];
  /** Since 1970. */
  startedAtMs: number;
  /** When its last message was sent, since 1970. */
  endedAtMs: number;
  /** When the last answer had come, since 1970; 0 for a phase that was cut short. */
  answeredAtMs: number;
  /**
   * Maximum number of messages that a group had still to read while it went on; undefined where it was not
   * reported.
   */
  mostLag: number | undefined;
  /** The same of each group. */
  readonly mostLagOf: Map<string, number>;
  /** As reported by each producer. */
  readonly sentCounts: Map<string, { sent: number; acked: number; failed: number }>;
  /** Producers that finished it. */
  doneProducers: readonly string[];
  /** What each group read and when, while a rate of a search was sent. */
  readonly reads: Map<string, ReadSample[]>;
  /** What was acknowledged and when, since 1970; undefined for what is no stretch of a search. */
  readonly acks: ReadSample[] | undefined;
  readonly producers: Map<string, ProducerHealth & ProducerSeconds>;
}

/** Of a producer in a phase, until now. */
interface ProducerSeconds {
  readonly awaitedSeconds: number;
  readonly seconds: number;
}

export interface CollectorOptions {
  readonly folder: RunFolder;
  /** The run's start, since 1970. */
  readonly startMs: number;
  readonly phases: readonly string[];
  /** As consumers report them. */
  readonly groups: readonly string[];
  /**
   * How many messages are due within so many milliseconds after a phase's start; undefined where that is not
   * planned.
   */
  readonly targetBy: (phase: number, afterMs: number) => number | undefined;
  readonly onInterval: (record: IntervalRecord) => void;
  /** Of an interval, since 1970, where there are any. */
  readonly brokerFigures: (fromMs: number, toMs: number) => BrokerMetrics | null;
  /** Of groups that are not ours, since the last interval; undefined without any. */
  readonly watched?: (() => IntervalRecord['watched']) | undefined;
  /** How far a time from one machine to another may be off. */
  readonly clockBoundUs: () => number;
  /** Whether a phase counts: what is sent to warm up stays out of `latency.hlog`. */
  readonly isMeasured: (phase: string) => boolean;
}

/** Collects the workers' reports: merges latencies, counts, and writes an interval a second. */
export class Collector {
  /** By phase. */
  readonly latencies = new MergedLatencies();
  /** `endToEnd` by phase, of each group. */
  readonly groupLatencies = new Map<string, MergedLatencies>();
  /** By phase. */
  readonly brokerMeans = new BrokerMeans();
  /** In order. */
  readonly phases: PhaseFacts[];
  readonly #options: CollectorOptions;
  readonly #producers: ProducerAccount[] = [];
  /** Producers that have sent their accounts. */
  readonly #accounted = new Set<string>();
  readonly #consumers = new Map<string, ReceiverAccount[]>();
  readonly #positions = new Map<string, ReadPosition[]>();
  readonly #received = new Map<string, number>();
  readonly #inFlight = new Map<string, number>();
  readonly #consumerLag = new Map<string, { group: string; lag: number }>();
  readonly #use = new ProcessUse();
  #phase: number | undefined;
  #pending = emptyPending();
  #intervalStartMs: number;

  constructor(options: CollectorOptions) {
    const { folder, startMs, phases, groups } = options;
    this.#options = options;
    this.#intervalStartMs = startMs;
    this.phases = phases.map((name) => emptyFacts(name, name));
    for (const group of groups) {
      this.#received.set(group, 0);
      this.#consumers.set(group, []);
      this.groupLatencies.set(group, new MergedLatencies());
    }
    folder.append('latency.hlog', hlogHead(startMs));
  }

  /** Acknowledged messages of all phases. */
  get acked(): number {
    return this.phases.reduce((sum, phase) => sum + phase.acked, 0);
  }

  /** Failed messages of all phases. */
  get failed(): number {
    return this.phases.reduce((sum, phase) => sum + phase.failed, 0);
  }

  /** Messages of this run that each group has read. */
  get received(): ReadonlyMap<string, number> {
    return this.#received;
  }

  /**
   * Adds a stretch of a phase that is counted separately, such as a probe of a search, and returns its
   * number.
   *
   * @param name - the phase, as intervals name it
   * @param recordedAs - the name under which its latencies are kept; undefined for a stretch that is not
   * judged
   */
  addStretch(name: string, recordedAs: string | undefined): number {
    return this.phases.push({ ...emptyFacts(name, recordedAs), acks: [] }) - 1;
  }

  beginPhase(index: number, nowMs: number): void {
    this.flush(nowMs);
    this.#phase = index;
    this.#intervalStartMs = nowMs;
    const phase = this.phases[index];
    if (phase !== undefined) phase.startedAtMs = nowMs;
  }

  /**
   * @param endedAtMs - when its last message was sent, since 1970
   * @param scheduled - messages that were due
   */
  endPhase(
    index: number,
    endedAtMs: number,
    scheduled: number,
    nowMs: number,
    doneProducers: readonly string[] = [],
  ): void {
    const phase = this.phases[index];
    if (phase !== undefined) {
      phase.doneProducers = doneProducers;
      phase.endedAtMs = endedAtMs;
      phase.answeredAtMs = nowMs;
      phase.scheduled = scheduled;
    }
    this.flush(nowMs);
    this.#phase = undefined;
  }

  /**
   * Adds a producer's report.
   *
   * @param nowMs - end of the reported time, since 1970
   */
  onProducer(worker: string, message: Extract<FromWorker, { type: 'producer' }>, nowMs: number): void {
    const { counts, gaps, latencies, inFlight, health } = message;
    const phase = this.phases[message.phase];
    if (phase !== undefined) {
      addCounts(phase, counts);
      phase.bytes += counts.bytes;
      const wallMs = (us: number): number => nowMs + us / 1000 - message.untilNs / 1e6;
      phase.gaps.push(...gaps.map((gap) => wallGap(gap, wallMs)));
      phase.acks?.push({ ms: Date.now(), count: counts.acked });
      for (const [code, count] of counts.failures)
        phase.failures.set(code, (phase.failures.get(code) ?? 0) + count);
      const ofProducer = phase.sentCounts.get(worker) ?? { sent: 0, acked: 0, failed: 0 };
      addCounts(ofProducer, counts);
      phase.sentCounts.set(worker, ofProducer);
      noteHealth(phase, worker, health);
    }
    addCounts(this.#pending, counts);
    this.#pending.bytes += counts.bytes;
    this.#pending.workers[worker] = health;
    this.#inFlight.set(worker, inFlight);
    this.#addLatencies(latencies, undefined);
  }

  /** Adds the report of a group's consumer. */
  onConsumer(worker: string, message: Extract<FromWorker, { type: 'consumer' }>): void {
    const { group, received, lag, latencies, health, reads } = message;
    if (reads !== undefined) {
      const probe = this.phases[reads.phase]?.reads;
      probe?.set(group, [...(probe.get(group) ?? []), ...reads.samples]);
    }
    this.#received.set(group, (this.#received.get(group) ?? 0) + received);
    this.#consumerLag.set(worker, { group, lag });
    this.#pending.received += received;
    this.#noteLag(group);
    this.#pending.workers[worker] = health;
    this.#addLatencies(latencies, group);
  }

  onAccount(message: Extract<FromWorker, { type: 'sentAccount' | 'receivedAccount' }>, worker: string): void {
    if (message.type === 'sentAccount') {
      this.#producers.push(message.account);
      this.#accounted.add(worker);
    } else {
      this.#consumers.get(message.group)?.push(message.account);
      const before = this.#positions.get(message.group) ?? [];
      this.#positions.set(message.group, [...before, ...message.positions]);
    }
  }

  /** A report for each producer that reported anything of a phase. */
  producerReports({ sentCounts, doneProducers }: PhaseFacts): ProducerReport[] {
    const endOf = (producer: string): ProducerReport['ended'] =>
      doneProducers.includes(producer) ? 'done' : this.#accounted.has(producer) ? 'failed' : 'lost';
    const silent = { sent: 0, acked: 0, failed: 0 };
    return [...new Set([...doneProducers, ...sentCounts.keys()])].map((producer) => ({
      ...(sentCounts.get(producer) ?? silent),
      ended: endOf(producer),
    }));
  }

  /** How many producers and how many consumers have sent their accounts. */
  get accounts(): { readonly producers: number; readonly consumers: number } {
    const consumers = [...this.#consumers.values()].reduce((sum, { length }) => sum + length, 0);
    return { producers: this.#producers.length, consumers };
  }

  /**
   * What each group received of what was acknowledged.
   *
   * @param counts - whether the messages of a phase, by its number, are included
   */
  settle(counts?: (phase: number) => boolean): ({ readonly group: string } & GroupAccount)[] {
    return [...this.#consumers].map(([group, accounts]) => ({
      group,
      ...settleGroup(this.#producers, accounts, counts),
    }));
  }

  /**
   * How many messages a group had still to read, all partitions together.
   *
   * @param ends - first and next offset of each partition of the stream
   */
  behind(group: string, ends: readonly Watermarks[]): number {
    return messagesBehind(ends, this.#positions.get(group) ?? []);
  }

  /** Ends the interval: writes and reports it. */
  flush(nowMs: number): void {
    const pending = this.#pending;
    const seconds = (nowMs - this.#intervalStartMs) / 1000;
    if (seconds <= 0) return;
    const phase = this.#current();
    const { watched } = this.#options;
    const isQuiet = pending.sent + pending.acked + pending.received + pending.failed === 0;
    const nothing = isQuiet && watched === undefined;
    // Within a phase a second in which nothing happens is a second, too.
    if (nothing && phase === undefined) {
      this.#intervalStartMs = nowMs;
      return;
    }
    this.#pending = emptyPending();
    const startSeconds = (this.#intervalStartMs - this.#options.startMs) / 1000;
    const latency: Partial<Record<LatencyName, LatencySummary>> = {};
    const buckets: Partial<Record<LatencyName, LatencyBuckets>> = {};
    const sections = [...pending.sections.values()].sort(byGroup);
    for (const name of latencyNames) {
      const together = new LatencyHistogram();
      for (const section of sections) {
        const { histogram, negative, clipped } = section.latencies.of('', name);
        together.add(histogram, negative, clipped);
      }
      if (together.histogram.totalCount === 0) continue;
      latency[name] = this.#carried(name, together.summary());
      buckets[name] = logBuckets(together.histogram);
    }
    const read = sections.flatMap(({ phase: sent, group, latencies }): GroupInterval[] => {
      const endToEnd = this.#carried('endToEnd', latencies.of('', 'endToEnd').summary());
      return group === undefined || endToEnd.count === 0
        ? []
        : [{ group, phase: sent === unjudged ? (phase?.name ?? sent) : sent, endToEnd }];
    });
    const lines = sections.flatMap((section) => this.#hlogLines(section, startSeconds, seconds));
    const lag: Record<string, number> = {};
    for (const { group, lag: behind } of this.#consumerLag.values()) lag[group] = (lag[group] ?? 0) + behind;
    const harness = this.#use.take(Date.now());
    const record: IntervalRecord = {
      time: new Date(nowMs).toISOString(),
      startSeconds,
      seconds,
      phase: phase?.name ?? null,
      targetPerSecond: this.#targetPerSecond(nowMs),
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
      buckets,
      read,
      lag,
      watched: watched?.() ?? {},
      harness,
      workers: pending.workers,
      broker: this.#options.brokerFigures(this.#intervalStartMs, nowMs),
    };
    phase?.use.push({ ...harness, seconds });
    this.brokerMeans.add(record);
    this.#intervalStartMs = nowMs;
    this.#options.folder.append('latency.hlog', lines.join(''));
    this.#options.folder.interval(record);
    this.#options.onInterval(record);
  }

  /** Only the digits of a time from machine to machine that the clocks support. */
  #carried(name: LatencyName, summary: LatencySummary): LatencySummary {
    return name === 'endToEnd' ? carriedDigits(summary, this.#options.clockBoundUs()) : summary;
  }

  #hlogLines({ phase, group, latencies }: PendingSection, startSeconds: number, seconds: number): string[] {
    if (phase === unjudged || !this.#options.isMeasured(phase)) return [];
    const lines = latencyNames.flatMap((name) => {
      const { histogram } = latencies.of('', name);
      return histogram.totalCount === 0
        ? []
        : [hlogLine(name, histogram, startSeconds, startSeconds + seconds)];
    });
    return lines.length === 0 ? [] : [hlogSection(phase, group), ...lines];
  }

  /** The current phase. */
  #current(): PhaseFacts | undefined {
    return this.#phase === undefined ? undefined : this.phases[this.#phase];
  }

  #targetPerSecond(endMs: number): number | null {
    const startedAtMs = this.#current()?.startedAtMs;
    if (this.#phase === undefined || startedAtMs === undefined) return null;
    const before = this.#options.targetBy(this.#phase, this.#intervalStartMs - startedAtMs);
    const by = this.#options.targetBy(this.#phase, endMs - startedAtMs);
    if (before === undefined || by === undefined) return null;
    // A difference of large numbers: the last digits are rounding errors.
    const perSecond = ((by - before) * 1000) / (endMs - this.#intervalStartMs);
    return Math.max(0, Number(perSecond.toPrecision(9)));
  }

  #noteLag(group: string): void {
    const phase = this.#current();
    if (phase === undefined) return;
    let total = 0;
    for (const one of this.#consumerLag.values()) if (one.group === group) total += one.lag;
    phase.mostLag = Math.max(phase.mostLag ?? 0, total);
    phase.mostLagOf.set(group, Math.max(phase.mostLagOf.get(group) ?? 0, total));
  }

  #addLatencies(
    interval: Extract<FromWorker, { type: 'producer' }>['latencies'],
    group: string | undefined,
  ): void {
    const nameOf = (phase: number): string | undefined => this.phases[phase]?.recordedAs;
    this.latencies.add(interval, nameOf);
    if (group !== undefined) this.groupLatencies.get(group)?.add(interval, nameOf);
    // What belongs to no phase by name is not judged: it is sent before a probe's stretch that is.
    const pendingName = (phase: number): string => nameOf(phase) ?? unjudged;
    const slots = new Set(interval.map(({ phase }) => pendingName(phase)));
    for (const name of slots) {
      const pending = this.#pending.sections;
      const key = JSON.stringify([name, group]);
      const section = pending.get(key) ?? { phase: name, group, latencies: new MergedLatencies() };
      pending.set(key, section);
      section.latencies.add(interval, (phase) => (pendingName(phase) === name ? '' : undefined));
    }
  }
}

function wallGap(
  { partition, startUs, endUs, recoveredUs }: AckGap,
  wallMs: (us: number) => number,
): WallGap {
  return {
    partition,
    startMs: wallMs(startUs),
    endMs: wallMs(endUs),
    recoveredMs: recoveredUs === null ? null : wallMs(recoveredUs),
  };
}
/** What is due before a probe's stretch that is judged. */
const unjudged = '';

function emptyFacts(name: string, recordedAs: string | undefined): PhaseFacts {
  return {
    name,
    recordedAs,
    scheduled: 0,
    sent: 0,
    acked: 0,
    failed: 0,
    failures: new Map(),
    gaps: [],
    bytes: 0,
    use: [],
    startedAtMs: 0,
    endedAtMs: 0,
    answeredAtMs: 0,
    mostLag: undefined,
    mostLagOf: new Map(),
    sentCounts: new Map(),
    doneProducers: [],
    reads: new Map(),
    acks: undefined,
    producers: new Map(),
  };
}

interface PendingSection {
  readonly phase: string;
  readonly group: string | undefined;
  readonly latencies: MergedLatencies;
}

interface Pending {
  sent: number;
  acked: number;
  failed: number;
  received: number;
  bytes: number;
  /** Latencies by the phase that sent the messages, and by the group that read them. */
  readonly sections: Map<string, PendingSection>;
  readonly workers: Record<string, WorkerHealth>;
}

function emptyPending(): Pending {
  return {
    sent: 0,
    acked: 0,
    failed: 0,
    received: 0,
    bytes: 0,
    sections: new Map(),
    workers: {},
  };
}

/** Producers come before groups. */
function byGroup(one: PendingSection, other: PendingSection): number {
  return (one.group ?? '').localeCompare(other.group ?? '');
}

function addCounts(to: { sent: number; acked: number; failed: number }, counts: SentCounts): void {
  to.sent += counts.sent;
  to.acked += counts.acked;
  to.failed += counts.failed;
}

function noteHealth(phase: PhaseFacts, worker: string, health: WorkerHealth): void {
  const before = phase.producers.get(worker);
  const queueFullSeconds = (before?.queueFullSeconds ?? 0) + health.queueFullSeconds;
  const awaitedSeconds = (before?.awaitedSeconds ?? 0) + health.awaitedSeconds;
  const seconds = (before?.seconds ?? 0) + 1;
  phase.producers.set(worker, {
    worker,
    eventLoopDelayP99Us: Math.max(before?.eventLoopDelayP99Us ?? 0, health.eventLoopDelayP99Us),
    eventLoopUtilization: Math.max(before?.eventLoopUtilization ?? 0, health.eventLoopUtilization),
    queueFullSeconds,
    queueFullShare: queueFullSeconds / seconds,
    awaitedSeconds,
    awaitedShare: awaitedSeconds / seconds,
    seconds,
  });
}

/** CPU and memory of this process since the last call: all threads, librdkafka's too. */
class ProcessUse {
  #usage = process.cpuUsage();
  #atMs = Date.now();

  /** CPU since the last call, and memory. */
  take(nowMs: number): HarnessUse {
    const { user, system } = process.cpuUsage(this.#usage);
    const elapsedMs = Math.max(1, nowMs - this.#atMs);
    this.#usage = process.cpuUsage();
    this.#atMs = nowMs;
    return { cpuCores: (user + system) / 1000 / elapsedMs, rssBytes: process.memoryUsage.rss() };
  }
}
