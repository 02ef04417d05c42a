import type { Backlog } from '../results/values.js';

/** How many messages a group had read since the start, in all. */
export interface ProgressPoint {
  /** Since the start. */
  readonly ms: number;
  readonly count: number;
}

/** A visit of a probe. */
export interface VisitMark {
  /** When its last alert is due, since the start. */
  readonly lastDueMs: number;
  /** When the next visit is due. */
  readonly endMs: number;
  /** Alerts up to its last one. */
  readonly count: number;
}

/** A group that is further behind after each visit by a smaller share of it may be a measuring error. */
const smallestShare = 0.01;
const fewestMessages = 3;

/**
 * Seconds from the last alert of each visit until everything up to it was read; null: never.
 *
 * @param progress - in order of time
 */
export function drainsOf(progress: readonly ProgressPoint[], marks: readonly VisitMark[]): (number | null)[] {
  return marks.map(({ lastDueMs, count }) => {
    const done = progress.find((point) => point.count >= count);
    return done === undefined ? null : Math.max(0, done.ms - lastDueMs) / 1000;
  });
}

/**
 * Whether a group falls further behind from visit to visit: what it has still to read when the next visit is
 * due must not grow. A group whose progress is known by its commits may have done by then what it commits a
 * moment later, as far as it can have read that since the commit before.
 *
 * Worked example: 1,000 alerts each 10 s, and 90/s read: 100 are left after the first visit, 300 after the
 * third, so 10 % of each visit is too much.
 *
 * @param progress - in order of time
 * @param marks - of the visits
 * @param commitIntervalMs - 0 where the progress is known all the time
 */
export function visitBacklogOf(
  progress: readonly ProgressPoint[],
  marks: readonly VisitMark[],
  commitIntervalMs: number,
): Omit<Backlog, 'group'> | undefined {
  const [first] = marks;
  const last = marks.at(-1);
  if (first === undefined || last === undefined || progress.length === 0) return undefined;
  const left = (mark: VisitMark): number =>
    Math.max(0, mark.count - readBy(progress, mark.endMs, commitIntervalMs));
  const seconds = last.endMs / 1000;
  const visits = marks.length;
  // With one visit there is nothing to compare with but that it began with nothing left.
  const growth = visits === 1 ? left(last) : left(last) - left(first);
  const each = growth / Math.max(1, visits - 1);
  const alerts = last.count / visits;
  return {
    offeredPerSecond: last.count / seconds,
    readPerSecond: (last.count - each * visits) / seconds,
    grows: growth > fewestMessages && each > smallestShare * alerts,
  };
}

/** The most that can have been read by an instant. */
function readBy(progress: readonly ProgressPoint[], atMs: number, commitIntervalMs: number): number {
  const index = progress.findLastIndex(({ ms }) => ms <= atMs);
  const known = progress[index];
  if (known === undefined) return 0;
  if (commitIntervalMs === 0) return known.count;
  const next = progress.slice(index).find(({ count }) => count > known.count);
  if (next === undefined || next.ms - atMs > 1.5 * commitIntervalMs) return known.count;
  const sinceMs = progress.find(({ count }) => count >= known.count)?.ms ?? known.ms;
  // As fast as it read before: over the last commits of this visit.
  const earlier = progress.findLast(
    ({ ms, count }) => count < known.count && ms <= sinceMs - commitIntervalMs / 2,
  );
  const busy = progress.findLast(
    ({ ms, count }) => earlier !== undefined && count <= earlier.count && ms <= earlier.ms,
  );
  const perMs =
    busy === undefined || sinceMs <= busy.ms ? Infinity : (known.count - busy.count) / (sinceMs - busy.ms);
  return Math.min(next.count, known.count + perMs * (atMs - sinceMs));
}
