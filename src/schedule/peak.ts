import type { VisitsPacing } from './pacing.js';
import { targetCountBy } from './timetable.js';
import { visitSizes, visitsSchedule } from './visitsSchedule.js';

/**
 * Less than a second by what rounding may move a due time: a burst exactly a second later is not in the
 * window.
 */
const windowNs = 1e9 - 1;

/** Limit of the bursts that are tried as the start of the window, so that a plan is printed at once. */
const mostTrials = 50_000;

/**
 * The highest number of alerts of visits that are due within one second. That second begins with a burst, so
 * each burst of the visits that promise most is tried. Exact, unless more than 50,000 bursts in visits of
 * similar size would have to be tried; then the first of them are.
 */
export function visitsPeakPerSecond(pacing: VisitsPacing): number {
  const { cadenceNs, burstNs, detectors, visits } = pacing;
  const schedule = visitsSchedule(pacing);
  const firsts = [0];
  for (const size of visitSizes(pacing.size, visits, pacing.seed)) firsts.push((firsts.at(-1) ?? 0) + size);
  /** How many visits a window that begins within a visit can touch, including that one. */
  const touched = 1 + Math.floor((burstNs + windowNs) / cadenceNs);
  const promises = firsts.slice(0, visits).map((first, visit) => ({
    visit,
    first,
    most: (firsts[Math.min(visits, visit + touched)] ?? first) - first,
  }));
  promises.sort((a, b) => b.most - a.most);
  let peak = 0;
  let trialsLeft = mostTrials;
  for (const { visit, first, most } of promises) {
    if (most <= peak || trialsLeft <= 0) break;
    trialsLeft -= detectors;
    const end = firsts[visit + 1] ?? first;
    for (let index = first; index < end;) {
      const dueNs = schedule.dueNs(index);
      peak = Math.max(peak, targetCountBy(schedule, dueNs + windowNs) - index);
      index = Math.max(index + 1, targetCountBy(schedule, dueNs + 0.5));
    }
  }
  return peak;
}
