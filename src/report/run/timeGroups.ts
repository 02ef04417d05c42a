import type { BrokerFigures } from '../../measure/brokerFigures.js';
import { brokerMeansOver } from '../../measure/brokerMeans.js';
import type { IntervalRecord } from '../../measure/interval.js';

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
  readonly broker: BrokerFigures;
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
  const seconds = lengthOf(intervals);
  const mean = (of: (interval: IntervalRecord) => number): number =>
    intervals.reduce((sum, one) => sum + of(one) * one.seconds, 0) / Math.max(seconds, 1e-9);
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
