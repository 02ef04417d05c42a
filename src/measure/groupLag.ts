import type {
  Sampled,
  WatchedGroup,
  WatchedPartition,
  WatchedPhase,
  WatchedVisit,
} from '../results/watchedGroups.js';
import { firstWhere, type Dues } from './dueTimes.js';
import { LatencyHistogram } from './latency.js';
import { highestUs } from './latencyCounts.js';

/** Offsets of a group and of its topic at one instant. */
export interface OffsetSample {
  /** Since 1970. */
  readonly atMs: number;
  /** The phase that was going on; null between and after phases. */
  readonly phase: string | null;
  /** By partition; null without a commit. */
  readonly committed: readonly (number | null)[];
  /** By partition; undefined where it is unknown. */
  readonly ends: readonly (number | undefined)[];
}

/** A visit of the run, as it was planned. */
export interface PlannedVisit {
  readonly phase: string;
  /** From 1. */
  readonly visit: number;
  /** Of its first alert, since 1970. */
  readonly dueMs: number;
  /** Of its last alert. */
  readonly lastDueMs: number;
  readonly alerts: number;
}

export interface PartitionLag {
  readonly partition: number;
  readonly committed: number | null;
  readonly end: number;
  /** Messages. */
  readonly lag: number;
  /** Age of the oldest uncommitted message; null without one, or where it is unknown. */
  readonly lagSeconds: number | null;
}

export interface LagOfGroup {
  readonly partitions: readonly PartitionLag[];
  readonly messages: number;
  /** 0 without lag; null where no due time is known. */
  readonly seconds: number | null;
}

export interface LagBounds {
  /** The first offset of each partition that counts; undefined where it could not be read. */
  readonly starts: readonly (number | undefined)[];
  /** Whether older messages that are not committed count as lag, too. */
  readonly wholeLag: boolean;
}

/** How long a message may take until it counts as committed in time: Rubin's own limit for 98 % of its alerts. */
const inTimeMs = 60_000;

/** The lag of a group, partition by partition. */
export function lagOf({ atMs, committed, ends }: OffsetSample, bounds: LagBounds, dues: Dues): LagOfGroup {
  const partitions = ends.map((found, partition): PartitionLag => {
    const position = positionOf(committed[partition], partition, bounds);
    const end = found ?? position;
    const lag = Math.max(0, end - position);
    const dueMs = lag === 0 ? undefined : dues.dueOf(partition, position);
    return {
      ...{ partition, committed: committed[partition] ?? null, end, lag },
      lagSeconds: dueMs === undefined ? null : Math.max(0, atMs - dueMs) / 1000,
    };
  });
  const ages = partitions.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  const messages = partitions.reduce((sum, { lag }) => sum + lag, 0);
  return { partitions, messages, seconds: messages === 0 ? 0 : ages.length === 0 ? null : Math.max(...ages) };
}

/** The next offset to read, as far as it counts. */
function positionOf(
  committed: number | null | undefined,
  partition: number,
  { starts, wholeLag }: LagBounds,
): number {
  const start = starts[partition] ?? 0;
  return committed === null || committed === undefined
    ? start
    : wholeLag
      ? committed
      : Math.max(start, committed);
}

interface PhaseFigures {
  readonly messages: Samples;
  readonly milliseconds: Samples;
  readonly latency: LatencyHistogram;
  inTime: number;
  late: number;
}

interface VisitFigures {
  committed: number;
  inTime: number;
  lastMs: number;
}

interface PartitionFigures {
  /** The highest offset that was committed. */
  reached: number;
  committed: number;
  commitMs: number | undefined;
  /** Whether `reached` is what it had committed at some time, and not only where it may have begun. */
  isKnown: boolean;
  /** How long it was watched, and the integral of its lag over that time. */
  watchedMs: number;
  lagMs: number;
  maxLag: number;
  lastLag: number;
  lastEnd: number;
  maxLagSeconds: number | null;
}

/** Everything about a group except who it is. */
export type MeasuredGroup = Pick<
  WatchedGroup,
  | 'committed'
  | 'uncommitted'
  | 'olderAtStart'
  | 'lag'
  | 'commitLatency'
  | 'committedWithin60s'
  | 'commits'
  | 'drainSeconds'
  | 'phases'
  | 'visits'
  | 'partitions'
>;

export interface GroupLagOptions extends LagBounds {
  readonly dues: Dues;
  /** Whether a phase counts: a warm-up does not. */
  readonly isMeasured: (phase: string) => boolean;
}

/**
 * What a group's commits come to, sample by sample. A message counts as committed when a sample first shows
 * it: its latency is an upper bound, too long by at most the time between two samples. It was read before
 * that, by at most the time between two commits, which is measured, too.
 */
export class GroupLag {
  readonly #options: GroupLagOptions;
  readonly #partitions: PartitionFigures[] = [];
  readonly #phases = new Map<string, PhaseFigures>();
  /** In order, by phase. */
  readonly #planned = new Map<string, readonly PlannedVisit[]>();
  readonly #visits = new Map<PlannedVisit, VisitFigures>();
  readonly #all = phaseFigures();
  readonly #intervals = new Samples();
  #commits = 0;
  #firstCommitMs: number | undefined;
  #lastCommitMs = 0;
  #lastDueMs = -Infinity;
  #olderAtStart: number | undefined;
  /** When the load began: before it there is no lag, however long groups take to start. */
  #beginMs: number;
  #last: OffsetSample | undefined;

  constructor(options: GroupLagOptions) {
    this.#options = options;
    this.#beginMs = options.wholeLag ? -Infinity : Infinity;
  }

  /** The load begins; what came before counts in no lag. */
  begin(atMs: number): void {
    this.#beginMs = Math.min(this.#beginMs, atMs);
  }

  /** A phase of visits has begun. */
  addVisits(phase: string, visits: readonly PlannedVisit[]): void {
    this.#planned.set(phase, visits);
  }

  /** The first offset of a partition whose due time may still be looked up, unless the group is reset. */
  needed(partition: number): number {
    return Math.min(this.#reached(partition), this.#last?.committed[partition] ?? Infinity);
  }

  /** Samples come in order, when the due times of what they show are known. */
  add(sample: OffsetSample): void {
    const { dues } = this.#options;
    this.#olderAtStart ??= this.#olderThanRun(sample);
    const lag = lagOf(sample, this.#options, dues);
    const { phase } = sample;
    // It stands for the time since the last one: samples are more often at some times than at others.
    const fromMs = Math.max(this.#beginMs, this.#last?.atMs ?? sample.atMs);
    const ms = sample.atMs < this.#beginMs ? undefined : Math.max(0, sample.atMs - fromMs);
    let advanced = false;
    for (const one of lag.partitions) advanced = this.#addPartition(one, sample.atMs, ms) || advanced;
    if (advanced) {
      this.#commits += 1;
      this.#firstCommitMs ??= sample.atMs;
      this.#lastCommitMs = sample.atMs;
    }
    if (ms !== undefined) {
      if (phase === null || this.#options.isMeasured(phase)) addLag(this.#all, lag, ms);
      if (phase !== null) addLag(this.#of(phase), lag, ms);
    }
    this.#last = sample;
  }

  /** Whether its commits moved on. */
  #addPartition(
    { partition, committed, end, lag, lagSeconds }: PartitionLag,
    atMs: number,
    ms: number | undefined,
  ): boolean {
    const { dues, starts } = this.#options;
    const start = starts[partition] ?? 0;
    const figures = (this.#partitions[partition] ??= {
      ...{ reached: start, committed: 0, commitMs: undefined, isKnown: !this.#beganBefore(partition) },
      ...{ watchedMs: 0, lagMs: 0, maxLag: 0, lastLag: 0, lastEnd: start, maxLagSeconds: null },
    });
    if (!figures.isKnown && committed !== null) {
      figures.reached = Math.min(starts[partition] ?? committed, committed);
      figures.isKnown = true;
    }
    figures.lastLag = lag;
    figures.lastEnd = end;
    if (ms !== undefined) {
      figures.watchedMs += ms;
      figures.lagMs += lag * ms;
      figures.maxLag = Math.max(figures.maxLag, lag);
      if (lagSeconds !== null) figures.maxLagSeconds = Math.max(figures.maxLagSeconds ?? 0, lagSeconds);
    }
    if (committed === null || committed <= figures.reached) return false;
    const dueMs = dues.dueOf(partition, Math.max(start, figures.reached)) ?? -Infinity;
    const sinceMs = Math.max(figures.commitMs ?? -Infinity, dueMs);
    if (Number.isFinite(sinceMs)) this.#intervals.add(Math.max(0, atMs - sinceMs));
    figures.committed += committed - figures.reached;
    dues.stretches(partition, Math.max(start, figures.reached), committed, (count, due, phase) => {
      this.#addCommitted(count, due, phase, atMs);
    });
    figures.reached = committed;
    figures.commitMs = atMs;
    return true;
  }

  #addCommitted(count: number, dueMs: number, phase: string, atMs: number): void {
    const latencyMs = atMs - dueMs;
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs);
    const counted = [
      ...(this.#options.isMeasured(phase) ? [this.#all] : []),
      ...(phase === '' ? [] : [this.#of(phase)]),
    ];
    for (const figures of counted) {
      record(figures.latency, latencyMs * 1000, count);
      if (latencyMs <= inTimeMs) figures.inTime += count;
      else figures.late += count;
    }
    const visit = this.#visitOf(phase, dueMs);
    if (visit === undefined) return;
    const figures = this.#visits.get(visit) ?? { committed: 0, inTime: 0, lastMs: 0 };
    figures.committed += count;
    figures.inTime += latencyMs <= inTimeMs ? count : 0;
    figures.lastMs = atMs;
    this.#visits.set(visit, figures);
  }

  /**
   * All that was seen, the last sample included.
   *
   * @param isCutShort - whether nobody waited for what is not committed
   */
  result(isCutShort = false): MeasuredGroup {
    const last = this.#last;
    const lag = last === undefined ? undefined : lagOf(last, this.#options, this.#options.dues);
    const uncommitted = lag?.messages ?? 0;
    if (last !== undefined) this.#addUncommitted(last, isCutShort || this.#options.wholeLag);
    const partitions = this.#partitionResults();
    const committed = partitions.reduce((sum, one) => sum + one.committed, 0);
    const isDrained = uncommitted === 0 && committed > 0;
    const seconds = ((this.#lastCommitMs || 0) - (this.#firstCommitMs ?? 0)) / 1000;
    const { p50, max } = this.#intervals.summary(1000);
    return {
      ...{ committed, uncommitted, olderAtStart: this.#olderAtStart ?? 0 },
      lag: lagSummary(this.#all),
      commitLatency: this.#all.latency.summary(),
      committedWithin60s: shareOf(this.#all.inTime, this.#all.inTime + this.#all.late),
      commits: {
        count: this.#commits,
        perSecond: seconds <= 0 ? 0 : committed / seconds,
        intervalSeconds: p50 === null || max === null ? null : { p50, max },
      },
      drainSeconds: isDrained ? Math.max(0, this.#lastCommitMs - this.#lastDueMs) / 1000 : null,
      phases: [...this.#phases].map(([name, figures]): WatchedPhase => ({
        ...{ name, lag: lagSummary(figures), commitLatency: figures.latency.summary() },
        committedWithin60s: shareOf(figures.inTime, figures.inTime + figures.late),
      })),
      visits: this.#visitResults(last?.atMs ?? 0, isDrained),
      partitions,
    };
  }

  /** The highest offset of a partition that it has committed. */
  #reached(partition: number): number {
    return this.#partitions[partition]?.reached ?? this.#options.starts[partition] ?? 0;
  }

  /** What a run leaves uncommitted is late; a stream that goes on has messages that may still be in time. */
  #addUncommitted({ atMs, ends }: OffsetSample, goesOn: boolean): void {
    ends.forEach((end, partition) => {
      const from = this.#reached(partition);
      this.#options.dues.stretches(partition, from, Math.max(from, end ?? from), (count, dueMs, phase) => {
        // What others write into the stream has no phase, and goes on, too.
        if ((goesOn || phase === '') && atMs - dueMs <= inTimeMs) return;
        if (this.#options.isMeasured(phase)) this.#all.late += count;
        if (phase !== '') this.#of(phase).late += count;
      });
    });
  }

  #visitResults(atMs: number, isDrained: boolean): WatchedVisit[] {
    return [...this.#planned.values()]
      .flat()
      .filter(({ dueMs }) => dueMs <= atMs)
      .map((planned): WatchedVisit => {
        const { phase, visit, dueMs, lastDueMs, alerts } = planned;
        const { committed, inTime, lastMs } = this.#visits.get(planned) ?? {
          committed: 0,
          inTime: 0,
          lastMs: 0,
        };
        // Where messages failed, fewer than planned came into the topic.
        const isWhole = committed >= alerts || (isDrained && committed > 0);
        const isOver = isWhole || atMs - lastDueMs > inTimeMs;
        return {
          ...{ phase, visit, dueAt: new Date(dueMs).toISOString(), alerts },
          committedWithin60s: isOver ? shareOf(inTime, isWhole ? committed : alerts) : null,
          drainSeconds: isWhole ? Math.max(0, lastMs - lastDueMs) / 1000 : null,
        };
      });
  }

  #partitionResults(): WatchedPartition[] {
    return this.#partitions.map(
      (
        { watchedMs, lagMs, maxLag, maxLagSeconds, lastLag, lastEnd, ...rest },
        partition,
      ): WatchedPartition => {
        const { starts, wholeLag } = this.#options;
        // Of a run's messages those that are committed at the end: a group that was reset has committed some twice.
        const committed = wholeLag
          ? rest.committed
          : Math.max(0, lastEnd - (starts[partition] ?? 0) - lastLag);
        // Little's law: mean lag = arrivals per second × mean wait. Over 100 s a mean lag of 50 messages, of
        // 1,000 that came: 10/s, so each waited 5 s.
        const arrived = committed + lastLag;
        return {
          ...{ partition, committed, maxLag, maxLagSeconds, lastLag },
          meanLag: watchedMs === 0 ? lastLag : lagMs / watchedMs,
          meanWaitSeconds: arrived === 0 ? null : lagMs / 1000 / arrived,
        };
      },
    );
  }

  /** Whether messages of a partition may have been committed before the first look, which do not count. */
  #beganBefore(partition: number): boolean {
    const { starts, wholeLag } = this.#options;
    return wholeLag && (starts.length === 0 || partition < starts.length);
  }

  #olderThanRun({ committed }: OffsetSample): number {
    if (this.#options.wholeLag) return 0;
    return committed.reduce<number>((sum, one, partition) => {
      const start = this.#options.starts[partition] ?? 0;
      return sum + (one === null ? 0 : Math.max(0, start - one));
    }, 0);
  }

  #visitOf(phase: string, dueMs: number): PlannedVisit | undefined {
    const visits = this.#planned.get(phase);
    if (visits === undefined) return undefined;
    // A millisecond of rounding must not put an alert into the visit before its own.
    return visits[firstWhere(visits.length, (at) => (visits[at]?.dueMs ?? 0) > dueMs + 1) - 1];
  }

  #of(phase: string): PhaseFigures {
    const found = this.#phases.get(phase) ?? phaseFigures();
    this.#phases.set(phase, found);
    return found;
  }
}

function phaseFigures(): PhaseFigures {
  return {
    messages: new Samples(),
    milliseconds: new Samples(),
    latency: new LatencyHistogram(),
    inTime: 0,
    late: 0,
  };
}

function addLag({ messages, milliseconds }: PhaseFigures, lag: LagOfGroup, ms: number): void {
  messages.add(lag.messages, ms);
  if (lag.seconds !== null) milliseconds.add(lag.seconds * 1000, ms);
}

function lagSummary({ messages, milliseconds }: PhaseFigures): WatchedGroup['lag'] {
  return { messages: messages.summary(1), seconds: milliseconds.summary(1000) };
}

function record(histogram: LatencyHistogram, us: number, count: number): void {
  const value = Math.min(highestUs, Math.max(0, Math.trunc(us)));
  histogram.addCounts([value, count], us < 0 ? count : 0, us > highestUs ? count : 0);
}

function shareOf(part: number, of: number): number | null {
  return of === 0 ? null : part / of;
}

/** Values of samples, each for the time that it stands for: percentiles with three digits, the rest exactly. */
class Samples {
  readonly #histogram = new LatencyHistogram();
  #sum = 0;
  #max = 0;
  #last: number | null = null;
  #weight = 0;

  /** @param ms - how long the value held; all of them 1 where each counts alike */
  add(value: number, ms = 1): void {
    const weight = Math.max(1, Math.round(ms));
    record(this.#histogram, value, weight);
    this.#sum += value * weight;
    this.#max = Math.max(this.#max, value);
    this.#last = value;
    this.#weight += weight;
  }

  /** @param per - the unit of the values, in that of the summary */
  summary(per: number): Sampled {
    const { p50, p90, p99 } = this.#histogram.summary();
    const scaled = (value: number | null): number | null => (value === null ? null : value / per);
    if (this.#weight === 0) return { p50: null, p90: null, p99: null, max: null, mean: null, last: null };
    return {
      ...{ p50: scaled(p50), p90: scaled(p90), p99: scaled(p99) },
      ...{ max: this.#max / per, mean: this.#sum / this.#weight / per, last: scaled(this.#last) },
    };
  }
}
