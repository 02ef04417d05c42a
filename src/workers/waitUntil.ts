import { monotonicNs } from './clock.js';
import { sleep } from './sleep.js';

/**
 * A timer is late by up to a millisecond and a little more under load: it must end this much before the due
 * time, and the rest is waited for otherwise.
 */
const timerMarginNs = 1_600_000;

/**
 * `Atomics.wait` wakes up some 60 µs late: it must end this much before the due time, where that is
 * affordable.
 */
const sleepMarginNs = 100_000;

/** At most this part of the time between two messages is spent awake, waiting for the second one. */
const awakeShare = 0.05;

/** Events of the Kafka client are served at least this often while we wait. */
const longestTimerMs = 50;

/**
 * Waits until a point in time, to within some microseconds, without burning a core: first with timers, which
 * leave the event loop free, then asleep in the kernel, and the last stretch awake.
 *
 * @param dueNs - of {@link monotonicNs}
 * @param serve - called each time the wait goes through the event loop: serve the client's events here
 * @param stopped - whether the wait is no longer wanted
 * @param gapNs - the usual time between two such waits: where they follow each other closely, the last
 * stretch is slept through too, at the price of some 60 µs of lateness, because waiting awake would take the
 * core from the broker
 */
export async function waitUntil(
  dueNs: number,
  serve: () => void,
  stopped: () => boolean,
  gapNs = Infinity,
): Promise<void> {
  for (;;) {
    const leftNs = dueNs - monotonicNs();
    if (leftNs <= timerMarginNs || stopped()) break;
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(longestTimerMs, Math.max(0, (leftNs - timerMarginNs) / 1e6)));
    });
    serve();
  }
  if (stopped()) return;
  const leftNs = dueNs - monotonicNs();
  const marginNs = Math.min(sleepMarginNs, gapNs * awakeShare);
  if (leftNs > marginNs) sleep(leftNs - marginNs);
  while (monotonicNs() < dueNs);
}
