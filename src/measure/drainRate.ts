import { median } from './median.js';

/** How many messages a group had read since it was started again, at an instant since then. */
export interface DrainPoint {
  readonly seconds: number;
  readonly read: number;
}

/** How fast a group caught up. */
export interface Drain {
  /** Until it had read its first message, or committed it; null where it never did. */
  readonly startSeconds: number | null;
  /** Messages per second from then on. */
  readonly perSecond: number | null;
}

/**
 * How fast a group read what it had missed. Where it commits in steps, the rate is that between its first commit
 * and the last one that left something to read: what it read after that is committed some time after it was
 * done.
 *
 * Worked example: commits at 5, 10, 15 and 20 s, of 0.4, 1.4, 2.4 and 2.6 million messages in all: it takes
 * 200,000/s, and not the 146,667/s that it would be with the last one.
 *
 * @param points - in order of time
 * @param isStepwise - whether the group is known by its commits
 */
export function drainOf(points: readonly DrainPoint[], isStepwise: boolean): Drain {
  const steps = stepsOf(points);
  const [first] = steps;
  if (first === undefined) return { startSeconds: null, perSecond: null };
  const last = (isStepwise && steps.length > 2 ? steps.at(-2) : steps.at(-1)) ?? first;
  const seconds = last.seconds - first.seconds;
  return {
    startSeconds: first.seconds,
    perSecond: seconds > 0 ? (last.read - first.read) / seconds : first.read / Math.max(1e-3, first.seconds),
  };
}

/** Median time between two steps, in seconds; undefined below two of them. */
export function stepSeconds(points: readonly DrainPoint[]): number | undefined {
  const steps = stepsOf(points);
  const gaps = steps.slice(1).map(({ seconds }, index) => seconds - (steps[index]?.seconds ?? 0));
  return median(gaps);
}

function stepsOf(points: readonly DrainPoint[]): readonly DrainPoint[] {
  return points.filter(({ read }, index) => read > (points[index - 1]?.read ?? 0));
}
