import type { Backlog } from '../results/values.js';

/** Messages read, or acknowledged, since the previous sample. */
export interface ReadSample {
  /** Since the start of the rate. */
  readonly ms: number;
  readonly count: number;
}

/** The part of a rate that is judged. */
export interface HeldRate {
  /** Due, messages per second. */
  readonly ratePerSecond: number;
  /** Since the start of the rate. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A line through fewer samples is meaningless. */
const fewest = 6;

/** A reader that falls back by a smaller share of the rate may be a measuring error. */
const smallestShare = 0.01;

/**
 * A backlog grows if it rises by more than this share of its ups and downs. A reader that keeps up and reads
 * in n equal batches has a line that rises by a nth of a batch.
 */
const noiseShare = 0.75;

/**
 * It also has to grow by more messages than this: at 10/s a single one that comes a moment after the sample
 * that it is due with tilts the line by one and a half.
 */
const fewestMessages = 3;

/**
 * Whether a reader keeps up with a rate, whatever its backlog is: one that reads 500/s of 510/s is 100
 * messages further behind after 10 s, which no limit of a lag finds. A line is laid through the backlog (due
 * − read) by least squares. The backlog grows where the line rises by more than 1 % of the rate, and in all
 * by more than three quarters of what the backlog goes up and down beside the line, and by more than a few
 * messages: the backlog of a reader of batches is a sawtooth.
 *
 * Worked example: 667/s are due for 10 s, and 500/s are read in lots of 10: the line rises by 167/s, 1,670 in
 * all; the ups and downs are 10 messages.
 *
 * @param samples - in any order
 * @returns undefined with too few samples
 */
export function backlogOf(
  samples: readonly ReadSample[],
  { ratePerSecond, fromMs, toMs }: HeldRate,
): Omit<Backlog, 'group'> | undefined {
  let read = 0;
  const points: BacklogPoint[] = [];
  for (const { ms, count } of [...samples].sort((one, other) => one.ms - other.ms)) {
    read += count;
    if (ms < fromMs || ms > toMs) continue;
    points.push({ seconds: ms / 1000, backlog: (ratePerSecond * ms) / 1000 - read });
  }
  return backlogLine(points, ratePerSecond);
}

/** Messages that are due and not read. */
export interface BacklogPoint {
  readonly seconds: number;
  readonly backlog: number;
}

/**
 * The same of a backlog that is known: the line through it, and whether it grows.
 *
 * @param points - in order of time
 * @returns undefined with too few points
 */
export function backlogLine(
  points: readonly BacklogPoint[],
  ratePerSecond: number,
): Omit<Backlog, 'group'> | undefined {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < fewest) return undefined;
  const mean = (of: (point: BacklogPoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const at = mean(({ seconds }) => seconds);
  const level = mean(({ backlog }) => backlog);
  const slope =
    mean(({ seconds, backlog }) => (seconds - at) * (backlog - level)) /
    mean(({ seconds }) => (seconds - at) ** 2);
  const beside = points.map(({ seconds, backlog }) => backlog - level - slope * (seconds - at));
  const noise = Math.max(...beside) - Math.min(...beside);
  const growth = slope * (last.seconds - first.seconds);
  return {
    offeredPerSecond: ratePerSecond,
    readPerSecond: ratePerSecond - slope,
    grows: slope > smallestShare * ratePerSecond && growth > Math.max(fewestMessages, noiseShare * noise),
  };
}
