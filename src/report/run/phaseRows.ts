import { LatencyHistogram } from '../../measure/latency.js';
import { rateOf, useTogether } from '../../results/averages.js';
import type { RunRecord } from '../../results/readRunFolder.js';
import type { Latencies, PhaseUse, Rate } from '../../results/values.js';
import { latencyNames } from '../../scenario/metricNames.js';
import { probeName, type IntervalRecord } from '../../results/runFolder.js';
import type { Timeline } from './timeline.js';

export interface PhaseRow {
  readonly name: string;
  /** False for a warm-up. */
  readonly measured: boolean;
  /** Messages that were due; undefined where that was not written. */
  readonly scheduled: number | undefined;
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
  readonly rate: Rate;
  readonly latency: Latencies;
  /** Null in runs from before it was recorded. */
  readonly harness: PhaseUse | null;
}

export interface ReportInputs {
  readonly record: RunRecord;
  readonly timeline: Timeline;
}

/** Whether groups were watched while nothing was sent. */
export function isWatch({ summary, manifest, intervals }: RunRecord): boolean {
  if (summary !== undefined) return summary.watchedGroups.some(({ kind }) => kind === 'watched');
  return (
    manifest?.scenario.replay === undefined &&
    intervals.some(({ watched }) => Object.keys(watched).length > 0)
  );
}

/** All phases in order: from the summary; without one, from the intervals and the histograms. */
export function phaseRows({ record, timeline }: ReportInputs): PhaseRow[] {
  if (record.summary !== undefined) {
    return record.summary.phases.map(({ name, measured, counts, rate, latency, harness }) => {
      const { scheduled, sent, acked, failed } = counts;
      return { name, measured, scheduled, sent, acked, failed, rate, latency, harness };
    });
  }
  const names = [...new Set(record.intervals.flatMap(({ phase }) => (phase === null ? [] : [phase])))];
  return names.map((name) => partialMetrics(name, record, timeline));
}

/** The latencies of all measured phases: from the summary; without one, from the histograms. */
export function wholeLatency({ record, timeline }: ReportInputs): Latencies {
  return record.summary?.latency ?? summariesOf((name) => timeline.whole[name]);
}

/** A function that says whether a phase, by its name, is measured: all are, except the warm-up. */
export function measuredPhases({ summary, manifest }: RunRecord): (phase: string) => boolean {
  if (summary !== undefined) {
    const probes = summary.searches.flatMap(({ phase, figuresOf }) =>
      figuresOf.map((number) => probeName(phase, number)),
    );
    const measured = summary.phases.filter((phase) => phase.measured).map(({ name }) => name);
    const names = new Set([...measured, ...probes]);
    return (phase) => names.has(phase);
  }
  const names = manifest?.scenario.replay?.phases.map(({ name }) => name);
  return (phase) => names?.includes(phase) ?? true;
}

function partialMetrics(name: string, record: RunRecord, timeline: Timeline): PhaseRow {
  const intervals = record.intervals.filter(({ phase }) => phase === name);
  const seconds = Math.max(
    1e-9,
    intervals.reduce((sum, one) => sum + one.seconds, 0),
  );
  const count = (of: 'sent' | 'acked' | 'failed'): number =>
    intervals.reduce((sum, { counts }) => sum + counts[of], 0);
  const weighed = (of: (one: (typeof intervals)[number]) => number): number =>
    intervals.reduce((sum, one) => sum + of(one) * one.seconds, 0);
  const hasTarget = intervals.every(({ targetPerSecond }) => targetPerSecond !== null);
  const due = weighed(({ targetPerSecond }) => targetPerSecond ?? 0);
  return {
    name,
    measured: measuredPhases(record)(name),
    scheduled: undefined,
    sent: count('sent'),
    acked: count('acked'),
    failed: count('failed'),
    rate: rateOf({
      acked: count('acked'),
      bytes: weighed(({ bytesPerSecond }) => bytesPerSecond),
      seconds,
      planned: hasTarget ? { messages: due, seconds } : null,
    }),
    latency: summariesOf((latency) => timeline.phases.get(name)?.[latency] ?? new LatencyHistogram()),
    harness: useIn(intervals),
  };
}

/** Null in runs from before it was recorded. */
function useIn(intervals: readonly IntervalRecord[]): PhaseUse | null {
  const used = intervals.flatMap(({ harness, seconds }) =>
    harness === null ? [] : [{ ...harness, seconds }],
  );
  return used.length === 0 ? null : useTogether(used);
}

function summariesOf(of: (name: (typeof latencyNames)[number]) => LatencyHistogram): Latencies {
  return Object.fromEntries(latencyNames.map((name) => [name, of(name).summary()])) as unknown as Latencies;
}
