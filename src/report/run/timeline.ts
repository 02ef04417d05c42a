import { type Histogram, JsHistogram } from 'hdr-histogram-js';
import { LatencyHistogram } from '../../measure/latency.js';
import { brokerMeansOver, timeMean } from '../../results/averages.js';
import type { LatencyInterval } from '../../results/latencyLog.js';
import type { IntervalRecord } from '../../results/runFolder.js';
import type { BrokerMetrics, LatencySummary } from '../../results/values.js';
import { type LatencyName, latencyNames } from '../../scenario/metricNames.js';

/** The timeline of a run, in as many points as a chart can show. */
export interface Timeline {
  /** In order of time. */
  readonly groups: readonly TimeGroup[];
  /** Of each point, merged; undefined where nothing was recorded. */
  readonly latency: Readonly<Record<LatencyName, readonly (LatencySummary | undefined)[]>>;
  /** Distribution over time. */
  readonly heat: Readonly<Record<LatencyName, readonly HeatColumn[]>>;
  /**
   * All values that the run's own latencies are of: without the warm-up's, and those of a search's other
   * probes.
   */
  readonly whole: Readonly<Record<LatencyName, LatencyHistogram>>;
  /** By the phase that sent the messages; for a search, by the probe. */
  readonly phases: ReadonlyMap<string, Readonly<Record<LatencyName, LatencyHistogram>>>;
}

interface TimelineLimits {
  /** Points of a line. */
  readonly groups: number;
  /** Columns of a heat map. */
  readonly columns: number;
}

/** More than a screen can resolve. */
const usualLimits: TimelineLimits = { groups: 600, columns: 160 };

/**
 * Reduces a run to what charts show. Percentiles are those of merged histograms, never means of percentiles.
 *
 * @param histograms - in order of time; only those of one point are held at once
 */
export async function timelineOf(
  intervals: readonly IntervalRecord[],
  histograms: AsyncIterable<LatencyInterval>,
  isMeasured: (phase: string) => boolean,
  limits: TimelineLimits = usualLimits,
): Promise<Timeline> {
  const groups = timeGroups(intervals, limits.groups);
  const { columns, columnOf } = columnsFor(groups, limits.columns);
  const heat = ofEach(() => columns.map((column) => ({ ...column, counts: new Map<number, number>() })));
  const latency = ofEach(() => new Array<LatencySummary | undefined>(groups.length).fill(undefined));
  const whole = ofEach(() => new LatencyHistogram());
  const phases = new Map<string, Record<LatencyName, LatencyHistogram>>();
  const pending = ofEach(() => new LatencyHistogram());
  let current = 0;
  const addToWhole = (name: LatencyName, phase: string | null, histogram: Histogram): void => {
    if (phase === null || isMeasured(phase)) whole[name].add(histogram, 0, 0);
    if (phase === null) return;
    const ofPhase = phases.get(phase) ?? ofEach(() => new LatencyHistogram());
    phases.set(phase, ofPhase);
    ofPhase[name].add(histogram, 0, 0);
  };

  const finish = (): void => {
    for (const name of latencyNames) {
      const merged = pending[name];
      if (merged.histogram.totalCount === 0) continue;
      latency[name][current] = merged.summary();
      const column = heat[name][columnOf[current] ?? 0];
      if (column !== undefined) addToColumn(column.counts, merged.histogram);
      merged.reset();
    }
  };
  for await (const { latency: name, startSeconds, phase, histogram } of histograms) {
    let at = current;
    // The log's times are cut to milliseconds.
    while (at + 1 < groups.length && (groups[at + 1]?.startSeconds ?? Infinity) <= startSeconds + 0.0006)
      at += 1;
    if (at !== current) finish();
    current = at;
    pending[name].add(histogram, 0, 0);
    // Logs of version 0.1.0 do not say which phase sent a message: there the phase that was running has to
    // do.
    addToWhole(name, phase ?? groups[at]?.phase ?? null, histogram);
  }
  finish();
  fillFromIntervals(groups, latency);
  return { groups, latency, heat, whole, phases };
}

/** Where the log lacks a point that is one interval, that interval's own percentiles are as good. */
function fillFromIntervals(
  groups: readonly TimeGroup[],
  latency: Record<LatencyName, (LatencySummary | undefined)[]>,
): void {
  groups.forEach(({ intervals }, index) => {
    const [only, ...others] = intervals;
    if (only === undefined || others.length > 0) return;
    for (const name of latencyNames) latency[name][index] ??= only.latency[name];
  });
}

function ofEach<T>(make: () => T): Record<LatencyName, T> {
  return { scheduleLag: make(), ack: make(), response: make(), endToEnd: make() };
}

/** Consecutive intervals of one phase, merged: one point of a chart over time. */
export interface TimeGroup {
  /** After the run's start. */
  readonly startSeconds: number;
  /** After the run's start. */
  readonly endSeconds: number;
  /** Null while consumers catch up. */
  readonly phase: string | null;
  /** Messages due; null where an interval of it had no target. */
  readonly targetPerSecond: number | null;
  /** Messages acknowledged. */
  readonly achievedPerSecond: number;
  /** Values handed over. */
  readonly bytesPerSecond: number;
  readonly failed: number;
  /** The maximum at an interval's end. */
  readonly inFlight: number;
  /** Maximum number of messages that each group had still to read. */
  readonly lag: Readonly<Record<string, number>>;
  /** By broker; see `BrokerMeans`. */
  readonly broker: BrokerMetrics;
  readonly intervals: readonly IntervalRecord[];
}

/** A shorter interval is a remainder at a phase's end, and its rates are chance. */
const shortestSeconds = 0.75;

/**
 * Merges intervals, in order of time, so that a night has no more points than a screen has columns. Phases
 * stay separate.
 *
 * @param atMost - about how many groups there may be, besides one more for each phase
 */
export function timeGroups(intervals: readonly IntervalRecord[], atMost: number): TimeGroup[] {
  const seconds = intervals.reduce((sum, interval) => sum + interval.seconds, 0);
  const enough = Math.max(shortestSeconds, seconds / atMost);
  const groups: IntervalRecord[][] = [];
  for (const interval of intervals) {
    const group = groups.at(-1);
    const isSamePhase = group?.[0]?.phase === interval.phase;
    if (group === undefined || !isSamePhase || lengthOf(group) >= enough) groups.push([interval]);
    else group.push(interval);
  }
  return withoutRemainders(groups, shortestSeconds).map(groupOf);
}

/** The longest time that one group covers, seconds; 0 without groups. */
export function resolutionSeconds(groups: readonly TimeGroup[]): number {
  return Math.max(0, ...groups.map(({ startSeconds, endSeconds }) => endSeconds - startSeconds));
}

/** A phase's last group is merged with the one before it, where it is too short for a rate. */
function withoutRemainders(groups: readonly IntervalRecord[][], shortest: number): IntervalRecord[][] {
  const kept: IntervalRecord[][] = [];
  for (const group of groups) {
    const before = kept.at(-1);
    if (before !== undefined && before[0]?.phase === group[0]?.phase && lengthOf(group) < shortest) {
      before.push(...group);
    } else kept.push([...group]);
  }
  return kept;
}

function groupOf(intervals: readonly IntervalRecord[]): TimeGroup {
  const mean = (of: (interval: IntervalRecord) => number): number =>
    timeMean(intervals.map((one) => ({ seconds: one.seconds, value: of(one) }))) ?? 0;
  const [first] = intervals;
  const last = intervals.at(-1);
  const hasTarget = intervals.every(({ targetPerSecond }) => targetPerSecond !== null);
  const lag: Record<string, number> = {};
  for (const [name, behind] of intervals.flatMap((one) => Object.entries(one.lag))) {
    lag[name] = Math.max(lag[name] ?? 0, behind);
  }
  return {
    startSeconds: first?.startSeconds ?? 0,
    endSeconds: (last?.startSeconds ?? 0) + (last?.seconds ?? 0),
    phase: first?.phase ?? null,
    targetPerSecond: hasTarget ? mean(({ targetPerSecond }) => targetPerSecond ?? 0) : null,
    achievedPerSecond: mean(({ achievedPerSecond }) => achievedPerSecond),
    bytesPerSecond: mean(({ bytesPerSecond }) => bytesPerSecond),
    failed: intervals.reduce((sum, { counts }) => sum + counts.failed, 0),
    inFlight: Math.max(...intervals.map(({ inFlight }) => inFlight)),
    lag,
    broker: brokerMeansOver(intervals) ?? {},
    intervals,
  };
}

function lengthOf(intervals: readonly IntervalRecord[]): number {
  return intervals.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** A stretch of time of a heat map. */
interface HeatColumn {
  /** After the run's start. */
  readonly startSeconds: number;
  /** After the run's start. */
  readonly endSeconds: number;
  /** Number of values by the bucket's number; empty buckets are left out. */
  readonly counts: Map<number, number>;
}

/** Each of them is 33 % wide. */
const bucketsPerDecade = 8;

/** The number of a value's bucket, 0 or more; values below 1 count as 1. */
export function bucketOf(microseconds: number): number {
  // Without the small addition, 1,000 falls below 10^3 by a rounding of the logarithm.
  return Math.floor(Math.log10(Math.max(1, microseconds)) * bucketsPerDecade + 1e-9);
}

/** The lower bound of a bucket in microseconds; its upper bound is that of the next one. */
export function bucketStartUs(bucket: number): number {
  return 10 ** (bucket / bucketsPerDecade);
}

/** Adds a histogram's values, in microseconds, to a column. */
function addToColumn(counts: Map<number, number>, histogram: Histogram): void {
  if (!(histogram instanceof JsHistogram) || histogram.totalCount === 0) return;
  const last = histogram.countsArrayIndex(histogram.maxValue);
  for (let index = 0; index <= last; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count === 0) continue;
    const bucket = bucketOf(histogram.valueFromIndex(index));
    counts.set(bucket, (counts.get(bucket) ?? 0) + count);
  }
}

/**
 * Empty columns, and the column of each group: neighbours are merged until a column is wide enough.
 *
 * @param groups - in order of time
 * @param atMost - about how many columns there may be
 */
function columnsFor(
  groups: readonly TimeGroup[],
  atMost: number,
): { columns: HeatColumn[]; columnOf: number[] } {
  const span = (groups.at(-1)?.endSeconds ?? 0) - (groups[0]?.startSeconds ?? 0);
  const columns: HeatColumn[] = [];
  const columnOf: number[] = [];
  for (const { startSeconds, endSeconds } of groups) {
    const last = columns.at(-1);
    const isWide = last !== undefined && last.endSeconds - last.startSeconds >= (span / atMost) * 0.999;
    if (last === undefined || isWide) columns.push({ startSeconds, endSeconds, counts: new Map() });
    else columns[columns.length - 1] = { ...last, endSeconds };
    columnOf.push(columns.length - 1);
  }
  return { columns, columnOf };
}
