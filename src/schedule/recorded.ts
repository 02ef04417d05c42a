import type { Pacing, RecordedPacing } from './pacing.js';
import { targetCountBy, type Schedule } from './timetable.js';

/**
 * Recorded time between two passes through a reservoir, so that their alerts do not fall together. It is
 * fixed, because the mean gap between alerts is nothing where a reservoir holds one alert, or one visit.
 */
const gapUs = 1_000_000;

/**
 * When an alert of a reservoir is due, nanoseconds after the phase's start.
 *
 * Further passes are shifted by the reservoir's span and a gap of one second of recorded time.
 *
 * @param pass - from 0
 * @param spanUs - from the first to the last alert of the whole reservoir
 * @param speed - recorded seconds per second
 */
export function recordedDueNs(timeOffsetUs: number, pass: number, spanUs: number, speed: number): number {
  return ((timeOffsetUs + pass * passLengthUs(spanUs)) * 1000) / speed;
}

/** When an alert is due that goes by a rate instead of its recorded time, nanoseconds after the phase's start. */
export function evenDueNs(index: number, ratePerSecond: number): number {
  return (index * 1e9) / ratePerSecond;
}

/** The rate of recorded alerts is taken over this time. */
const rateWindowNs = 10e6;

/**
 * The schedule of recorded alerts: message i is alert i mod n of pass ⌊i / n⌋.
 *
 * An alert that was recorded before one ahead of it is due together with that one, because the order is kept.
 * Worked example: offsets of 0, 2, 1 and 3 s at twice the speed are due at 0, 1, 1 and 1.5 s, and again from
 * 2 s on.
 *
 * @param timeOffsetsUs - in the order in which the alerts are sent
 */
export function recordedSchedule(
  timeOffsetsUs: readonly number[],
  { passes, speed, ratePerSecond }: Pick<RecordedPacing, 'passes' | 'speed' | 'ratePerSecond'>,
  spanUs: number,
): Schedule {
  const alerts = timeOffsetsUs.length;
  if (ratePerSecond !== undefined) return evenSchedule(alerts * passes, ratePerSecond);
  const latestUs = new Float64Array(alerts);
  let lastUs = 0;
  timeOffsetsUs.forEach((offsetUs, index) => {
    lastUs = Math.max(lastUs, offsetUs);
    latestUs[index] = lastUs;
  });
  const dueNs = (index: number): number => {
    const pass = Math.floor(index / alerts);
    const ownNs = recordedDueNs(latestUs[index - pass * alerts] ?? 0, pass, spanUs, speed);
    // The pass before ends later than this one begins only where alerts lie beyond the span.
    return pass === 0 ? ownNs : Math.max(ownNs, recordedDueNs(lastUs, pass - 1, spanUs, speed));
  };
  const count = alerts * passes;
  const schedule: Schedule = {
    count,
    durationNs: count === 0 ? 0 : dueNs(count - 1),
    dueNs,
    targetPerSecondAt: (tNs) =>
      ((targetCountBy(schedule, tNs + rateWindowNs) - targetCountBy(schedule, tNs)) * 1e9) / rateWindowNs,
  };
  return schedule;
}

function evenSchedule(count: number, ratePerSecond: number): Schedule {
  return {
    count,
    durationNs: evenDueNs(count, ratePerSecond),
    dueNs: (index) => evenDueNs(index, ratePerSecond),
    targetPerSecondAt: () => ratePerSecond,
  };
}

/**
 * Distance between the starts of two passes, recorded microseconds.
 *
 * @param spanUs - from the first to the last alert of the reservoir
 */
export function passLengthUs(spanUs: number): number {
  return spanUs + gapUs;
}

/** Whether the alerts of a phase are rewritten: only recorded ones, and only with a second pass. */
export function rewritesPasses(pacing: Pacing): boolean {
  return pacing.kind === 'recorded' && pacing.rewrite && pacing.passes > 1;
}
