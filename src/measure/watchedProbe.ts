import type { Backlog, LatencySummary } from '../results/values.js';
import type { HeldRate } from './backlog.js';
import { firstWhere } from './dueTimes.js';
import { lineThrough, type LinePoint } from './line.js';
import { median } from './median.js';
import { type ProgressPoint } from './visitBacklog.js';

/** Offsets of a group that is watched, as they were read once. */
export interface GroupReading {
  /** Since the start of the rate. */
  readonly ms: number;
  /** Since the oldest uncommitted message was due; null where that is not known. */
  readonly lagSeconds: number | null;
  readonly partitions: readonly PartitionReading[];
}

interface PartitionReading {
  readonly partition: number;
  /** Of the partition. */
  readonly end: number;
  /** Messages of the run up to there that are not committed. */
  readonly lag: number;
}

/** What commits show of a group while one rate was sent. */
export interface WatchedProbe {
  /** Median time between two commits of a partition; null below two of them. */
  readonly commitIntervalSeconds: number | null;
  /** Undefined where there were too few commits to see how it keeps up. */
  readonly backlog: Omit<Backlog, 'group'> | undefined;
  /** The most that were uncommitted, apart from what comes within a commit interval. */
  readonly lagMessages: number | null;
  /** The same as the age of the oldest of them. */
  readonly lagUs: number | null;
  /** From due to committed. */
  readonly commitLatency: LatencySummary;
  /** Of what was due while the rate was judged. */
  readonly committedWithin60s: number | null;
  /** Messages committed since the start, in order of time. */
  readonly progress: readonly ProgressPoint[];
}

/** A commit lies between two readings. */
interface Commit {
  readonly afterMs: number;
  readonly byMs: number;
  /** Of messages up to here. */
  readonly level: number;
  readonly before: number;
}

/** A partition, by readings in order of time. */
interface Course {
  readonly partition: number;
  readonly readings: readonly { readonly ms: number; readonly end: number; readonly lag: number }[];
  readonly commits: readonly Commit[];
}

/** Growth of all partitions together, in the time between two readings, that may be a commit seen late. */
const readingsShare = 1.2;

/** A group that falls back by a smaller share may be a measuring error; a single partition has more of that. */
const smallestShare = { all: 0.01, partition: 0.03 };
const noiseShare = { all: 0.75, partition: 1.5 };
const fewestMessages = { all: 3, partition: 5 };
const fewestPoints = { all: 6, partition: 4 };

/** A partition in which nothing was committed for so many intervals, though there was something, stands still. */
const stillIntervals = 3;
const gridMs = 250;

/**
 * What is known of a group's reading is what it commits, in steps: with Kafka's default of 5 s its lag goes up
 * and down by what is due in 5 s, and a line through that shows nothing in a hold of 10 s. Right after a commit
 * it is known how far the group is. So lines are laid through the lags right after commits (and where there is
 * none), for each partition, because each member commits at its own time; between them it is taken to have
 * read evenly. They end at the last commit: of what comes after it nothing is known.
 *
 * Worked example: 515/s are due, 500/s are read and committed each 5 s. In a hold of 20 s commits are seen at
 * 1, 6, 11 and 16 s with 15, 90, 165 and 240 messages uncommitted: the line rises by 15/s.
 */
export function watchedProbe(readings: readonly GroupReading[], held: HeldRate): WatchedProbe {
  const inOrder = [...readings].sort((one, other) => one.ms - other.ms);
  const courses = coursesOf(inOrder);
  const interval = commitInterval(courses);
  const intervalMs = interval ?? 0;
  const within = inOrder.filter(({ ms }) => ms >= held.fromMs && ms <= held.toMs);
  const lags = within.map(({ partitions }) => sum(partitions.map(({ lag }) => lag)));
  const perMs = held.ratePerSecond / 1000;
  const seconds = within.map(
    ({ lagSeconds }, index) => lagSeconds ?? (lags[index] ?? 0) / held.ratePerSecond,
  );
  return {
    commitIntervalSeconds: interval === null ? null : interval / 1000,
    backlog: backlogOf(courses, held, intervalMs, gapOf(inOrder)),
    lagMessages: within.length === 0 ? null : Math.max(0, ...lags.map((lag) => lag - perMs * intervalMs)),
    lagUs: within.length === 0 ? null : 1e6 * Math.max(0, ...seconds.map((lag) => lag - intervalMs / 1000)),
    ...committed(courses, held),
    progress: progressOf(inOrder),
  };
}

function coursesOf(readings: readonly GroupReading[]): Course[] {
  const byPartition = new Map<number, { ms: number; end: number; lag: number }[]>();
  for (const { ms, partitions } of readings) {
    for (const { partition, end, lag } of partitions) {
      const list = byPartition.get(partition) ?? [];
      byPartition.set(partition, list);
      list.push({ ms, end, lag });
    }
  }
  return [...byPartition].map(([partition, list]) => ({
    partition,
    readings: list,
    commits: list.flatMap(({ ms, end, lag }, index): Commit[] => {
      const earlier = list[index - 1];
      if (earlier === undefined || end - lag <= earlier.end - earlier.lag) return [];
      return [{ afterMs: earlier.ms, byMs: ms, level: end - lag, before: earlier.end - earlier.lag }];
    }),
  }));
}

/** Median milliseconds between two commits of the busiest partitions: the others have nothing to commit at times. */
function commitInterval(courses: readonly Course[]): number | null {
  const busiest = [...courses].sort((one, other) => dueIn(other) - dueIn(one));
  const gaps = busiest
    .slice(0, Math.max(1, Math.ceil(busiest.length / 3)))
    .flatMap(({ commits }) => commits.slice(1).map(({ byMs }, index) => byMs - (commits[index]?.byMs ?? 0)));
  return median(gaps) ?? null;
}

function backlogOf(
  courses: readonly Course[],
  held: HeldRate,
  intervalMs: number,
  gapMs: number,
): Omit<Backlog, 'group'> | undefined {
  const { ratePerSecond, fromMs, toMs } = held;
  const known = courses
    .filter((course) => dueIn(course) > 0)
    .map((course) => ({ course, points: knownOf(course, stillIntervals * Math.max(intervalMs, 2 * gapMs)) }));
  const untilMs = Math.min(toMs, ...known.map(({ points }) => lastBy(points, toMs)));
  const all: LinePoint[] = [];
  for (let ms = fromMs; ms <= untilMs; ms += gridMs)
    all.push({ seconds: ms / 1000, value: sum(known.map(({ points }) => valueAt(points, ms))) });
  // A line through less than half of the hold is not one of the hold.
  const line = untilMs - fromMs < (toMs - fromMs) / 2 ? undefined : lineThrough(all, fewestPoints.all);
  if (line === undefined) return undefined;
  const seenLate = readingsShare * (gapMs / 1000);
  const grows = (of: 'all' | 'partition', found: typeof line, rate: number): boolean =>
    found.slope > smallestShare[of] * rate &&
    found.growth > Math.max(fewestMessages[of], seenLate * rate, noiseShare[of] * found.noise);
  const slow = known.flatMap(({ course, points }) => {
    const ofHold = points.filter(({ seconds }) => seconds * 1000 >= fromMs && seconds * 1000 <= toMs);
    const own = lineThrough(ofHold, fewestPoints.partition);
    const rate = duePerSecond(course, held);
    return own !== undefined && grows('partition', own, rate)
      ? [{ name: `partition ${course.partition}`, share: Math.min(1, own.slope / rate) }]
      : [];
  });
  const whole = grows('all', line, ratePerSecond);
  const [slowest] = slow.sort((one, other) => other.share - one.share);
  return {
    offeredPerSecond: ratePerSecond,
    readPerSecond: ratePerSecond - line.slope,
    grows: whole || slowest !== undefined,
    // Where all fall back alike, the group does.
    ...(slowest === undefined || slow.length > known.length / 2 ? {} : { part: slowest }),
  };
}

/**
 * When it is known how many messages of a partition are not read: right after a commit, or where there are
 * none, and all the time where it stands still.
 */
function knownOf({ readings, commits }: Course, stillMs: number): LinePoint[] {
  const points: LinePoint[] = [];
  let next = 0;
  let knownMs = -Infinity;
  for (const { ms, lag } of readings) {
    const isCommit = commits[next]?.byMs === ms;
    if (isCommit) next += 1;
    const isKnown = isCommit || lag === 0 || points.length === 0;
    if (isKnown) knownMs = ms;
    if (isKnown || ms - knownMs > stillMs) points.push({ seconds: ms / 1000, value: lag });
  }
  return points;
}

function lastBy(points: readonly LinePoint[], toMs: number): number {
  return (
    1000 * Math.max(0, ...points.map(({ seconds }) => seconds).filter((seconds) => seconds * 1000 <= toMs))
  );
}

function valueAt(points: readonly LinePoint[], ms: number): number {
  return interpolated(
    points,
    ms / 1000,
    ({ seconds }) => seconds,
    ({ value }) => value,
  );
}

/**
 * A value between two points, on the straight line; before the first and after the last one, theirs.
 *
 * @param points - in order of their places
 */
function interpolated<Point>(
  points: readonly Point[],
  place: number,
  placeOf: (point: Point) => number,
  valueOf: (point: Point) => number,
): number {
  const after = firstWhere(points.length, (index) => {
    const point = points[index];
    return point !== undefined && placeOf(point) >= place;
  });
  const to = points[after] ?? points.at(-1);
  const from = points[after - 1];
  if (to === undefined) return 0;
  if (after === points.length || from === undefined || placeOf(to) === placeOf(from)) return valueOf(to);
  const rise = (valueOf(to) - valueOf(from)) * (place - placeOf(from));
  return valueOf(from) + rise / (placeOf(to) - placeOf(from));
}

/** Pieces of a commit, whose messages were due one after the other. */
const pieces = 20;

function committed(
  courses: readonly Course[],
  { fromMs, toMs }: HeldRate,
): Pick<WatchedProbe, 'commitLatency' | 'committedWithin60s'> {
  const times: { readonly us: number; readonly weight: number }[] = [];
  let due = 0;
  let inTime = 0;
  for (const { readings, commits } of courses) {
    due += Math.max(0, endAt(readings, toMs) - endAt(readings, fromMs));
    for (const { byMs, level, before } of commits) {
      for (let piece = 0; piece < pieces; piece += 1) {
        const dueMs = reachedMs(readings, before + ((piece + 0.5) / pieces) * (level - before));
        if (dueMs < fromMs || dueMs > toMs) continue;
        const weight = (level - before) / pieces;
        times.push({ us: Math.max(0, byMs - dueMs) * 1000, weight });
        if (byMs - dueMs <= 60_000) inTime += weight;
      }
    }
  }
  return { commitLatency: weighted(times), committedWithin60s: due <= 0 ? null : Math.min(1, inTime / due) };
}

function weighted(values: { readonly us: number; readonly weight: number }[]): LatencySummary {
  values.sort((one, other) => one.us - other.us);
  const total = sum(values.map(({ weight }) => weight));
  const at = (share: number): number | null => {
    let reached = 0;
    for (const { us, weight } of values) {
      reached += weight;
      if (reached >= share * total - 1e-9) return us;
    }
    return null;
  };
  return {
    count: Math.round(total),
    ...{ p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999) },
    max: values.at(-1)?.us ?? null,
    mean: total === 0 ? null : sum(values.map(({ us, weight }) => us * weight)) / total,
  };
}

function progressOf(readings: readonly GroupReading[]): ProgressPoint[] {
  const level = ({ partitions }: GroupReading): number => sum(partitions.map(({ end, lag }) => end - lag));
  const [first] = readings;
  const base = first === undefined ? 0 : level(first);
  return readings.map((reading) => ({ ms: reading.ms, count: level(reading) - base }));
}

function dueIn({ readings }: Course): number {
  return (readings.at(-1)?.end ?? 0) - (readings[0]?.end ?? 0);
}

function duePerSecond({ readings }: Course, { fromMs, toMs }: HeldRate): number {
  return Math.max(0, (endAt(readings, toMs) - endAt(readings, fromMs)) * 1000) / (toMs - fromMs);
}

function endAt(readings: Course['readings'], atMs: number): number {
  return interpolated(
    readings,
    atMs,
    ({ ms }) => ms,
    ({ end }) => end,
  );
}

/** When a partition's end passed an offset, about when its message was due. */
function reachedMs(readings: Course['readings'], offset: number): number {
  return interpolated(
    readings,
    offset,
    ({ end }) => end,
    ({ ms }) => ms,
  );
}

/** Median time between two readings. */
function gapOf(readings: readonly GroupReading[]): number {
  const gaps = readings.slice(1).map(({ ms }, index) => ms - (readings[index]?.ms ?? 0));
  return median(gaps) ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
