import type { LatencySummary } from '../../measure/latency.js';
import type { Histogram } from 'hdr-histogram-js';
import { LatencyHistogram } from '../../measure/latency.js';
import type { LatencyInterval } from '../../measure/hlogReader.js';
import { latencyNames, type LatencyName } from '../../measure/latencySet.js';
import type { IntervalRecord } from '../../measure/interval.js';
import { addToColumn, columnsFor, type HeatColumn } from './heat.js';
import { timeGroups, type TimeGroup } from './timeGroups.js';

/** The timeline of a run, in as many points as a chart can show. */
export interface Course {
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

export interface CourseLimits {
  /** Points of a line. */
  readonly groups: number;
  /** Columns of a heat map. */
  readonly columns: number;
}

/** More than a screen can resolve. */
export const usualLimits: CourseLimits = { groups: 600, columns: 160 };

/**
 * Reduces a run to what charts show. Percentiles are those of merged histograms, never means of percentiles.
 *
 * @param histograms - in order of time; only those of one point are held at once
 */
export async function courseOf(
  intervals: readonly IntervalRecord[],
  histograms: AsyncIterable<LatencyInterval>,
  isMeasured: (phase: string) => boolean,
  limits: CourseLimits = usualLimits,
): Promise<Course> {
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
