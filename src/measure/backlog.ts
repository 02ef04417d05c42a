import type { Backlog } from '../results/values.js';
import { lineThrough } from './line.js';

/** Messages read, or acknowledged, since the previous sample. */
export interface ReadSample {
  /** Since the start of the rate. */
  readonly ms: number;
  readonly count: number;
  /** The member that read them; undefined for acknowledgements. */
  readonly reader?: string | undefined;
  /** The longest time from due to read among them; undefined where there were none. */
  readonly ageMs?: number | undefined;
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

/** The age of what a member reads has to grow by more than this: it looks for messages each 20 ms. */
const smallestAgeMs = 60;

/** At a rate of one message a second, its age is seen once a second: fewer points show no line. */
const fewestAges = 12;

/**
 * Whether a reader keeps up with a rate, whatever its backlog is: one that reads 500/s of 510/s is 100
 * messages further behind after 10 s, which no limit of a lag finds. A line is laid through the backlog (due
 * − read) by least squares. The backlog grows where the line rises by more than 1 % of the rate, and in all
 * by more than three quarters of what the backlog goes up and down beside the line, and by more than a few
 * messages: the backlog of a reader of batches is a sawtooth.
 *
 * A member that alone falls back shows little in the backlog of all: 4 % too slow for an eighth of the rate
 * are 0.5 % of it. So the age of what each member reads is judged in the same way.
 *
 * Worked example: 667/s are due for 10 s, and 500/s are read in lots of 10: the line rises by 167/s, 1,670 in
 * all; the ups and downs are 10 messages. The age rises by 1 − 500/667 = 0.25 s each second.
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
  const all = backlogLine(points, ratePerSecond);
  if (all === undefined || all.grows) return all;
  const part = slowestReader(samples, fromMs, toMs);
  return part === undefined ? all : { ...all, grows: true, part };
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
  const line = lineThrough(
    points.map(({ seconds, backlog }) => ({ seconds, value: backlog })),
    fewest,
  );
  if (line === undefined) return undefined;
  const { slope, growth, noise } = line;
  return {
    offeredPerSecond: ratePerSecond,
    readPerSecond: ratePerSecond - slope,
    grows: slope > smallestShare * ratePerSecond && growth > Math.max(fewestMessages, noiseShare * noise),
  };
}

/** The member that falls back fastest; undefined where none does. */
function slowestReader(
  samples: readonly ReadSample[],
  fromMs: number,
  toMs: number,
): { readonly name: string; readonly share: number } | undefined {
  const ages = new Map<string, { readonly seconds: number; readonly value: number }[]>();
  for (const { ms, reader, ageMs } of samples) {
    if (reader === undefined || ageMs === undefined || ms < fromMs || ms > toMs) continue;
    const points = ages.get(reader) ?? [];
    ages.set(reader, points);
    points.push({ seconds: ms / 1000, value: ageMs });
  }
  let slowest: { readonly name: string; readonly share: number } | undefined;
  for (const [name, points] of ages) {
    points.sort((one, other) => one.seconds - other.seconds);
    const line = lineThrough(points, fewestAges);
    if (line === undefined) continue;
    const share = line.slope / 1000;
    if (share <= smallestShare || line.growth <= Math.max(smallestAgeMs, noiseShare * line.noise)) continue;
    if (slowest === undefined || share > slowest.share) slowest = { name, share };
  }
  return slowest;
}
