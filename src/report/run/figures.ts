import { LatencyHistogram } from '../../measure/latency.js';
import { latencyNames } from '../../measure/latencySet.js';
import type { IntervalRecord } from '../../measure/interval.js';
import { rateOf, type Rate } from '../../results/averages.js';
import type { Latencies, PhaseSummary, PhaseUse } from '../../measure/summary.js';
import type { RunRecord } from '../../results/readRunFolder.js';
import type { Course } from './course.js';

export interface PhaseFigures {
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
  /** Undefined in runs from before it was recorded. */
  readonly harness: PhaseUse | undefined;
}

export interface ReportInputs {
  readonly record: RunRecord;
  readonly course: Course;
}

/** All phases in order: from the summary; without one, from the intervals and the histograms. */
export function phaseFigures({ record, course }: ReportInputs): PhaseFigures[] {
  if (record.summary !== undefined) {
    return record.summary.phases.map((phase) => {
      const { name, measured, counts, rate, latency } = phase;
      return {
        name,
        measured,
        scheduled: counts.scheduled,
        sent: counts.sent,
        acked: counts.acked,
        failed: counts.failed,
        rate,
        latency,
        harness: (phase as Partial<PhaseSummary>).harness,
      };
    });
  }
  const names = [...new Set(record.intervals.flatMap(({ phase }) => (phase === null ? [] : [phase])))];
  return names.map((name) => partialFigures(name, record, course));
}

/** The latencies of all measured phases: from the summary; without one, from the histograms. */
export function wholeLatency({ record, course }: ReportInputs): Latencies {
  return record.summary?.latency ?? summariesOf((name) => course.whole[name]);
}

/** A function that says whether a phase, by its name, is measured: all are, except the warm-up. */
export function measuredPhases({ summary, manifest }: RunRecord): (phase: string) => boolean {
  if (summary !== undefined) {
    const probes = (summary.searches ?? []).flatMap(({ phase, figuresOf }) =>
      (figuresOf ?? []).map((number) => `${phase} probe ${number}`),
    );
    const measured = summary.phases.filter((phase) => phase.measured).map(({ name }) => name);
    const names = new Set([...measured, ...probes]);
    return (phase) => names.has(phase);
  }
  const replay = (manifest?.scenario as Partial<NonNullable<typeof manifest>['scenario']> | undefined)
    ?.replay;
  const names = replay?.phases.map(({ name }) => name);
  return (phase) => names?.includes(phase) ?? true;
}

function partialFigures(name: string, record: RunRecord, course: Course): PhaseFigures {
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
    latency: summariesOf((latency) => course.phases.get(name)?.[latency] ?? new LatencyHistogram()),
    harness: useIn(intervals),
  };
}

function useIn(intervals: readonly IntervalRecord[]): PhaseUse | undefined {
  const used = intervals.flatMap((one) => {
    const { harness } = one as Partial<IntervalRecord>;
    return harness === undefined ? [] : [{ ...harness, seconds: one.seconds }];
  });
  if (used.length === 0) return undefined;
  const seconds = used.reduce((sum, one) => sum + one.seconds, 0);
  return {
    cpuCores: used.reduce((sum, one) => sum + one.cpuCores * one.seconds, 0) / Math.max(seconds, 1e-9),
    rssBytesMax: Math.max(...used.map(({ rssBytes }) => rssBytes)),
  };
}

function summariesOf(of: (name: (typeof latencyNames)[number]) => LatencyHistogram): Latencies {
  return Object.fromEntries(latencyNames.map((name) => [name, of(name).summary()])) as unknown as Latencies;
}
