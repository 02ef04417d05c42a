import type { Pacing, RecordedPacing } from './pacing.js';
import { targetCountBy, type Schedule } from './timetable.js';

/**
 * Between two passes through a reservoir lies this much recorded time, so that their alerts do not fall together. It is
 * fixed, since the mean gap between alerts is nothing where a reservoir holds one alert, or one visit.
 */
const gapUs = 1_000_000;

/**
 * When an alert of a reservoir is due.
 *
 * Further passes are shifted by the reservoir's span and a gap of one second of recorded time.
 *
 * @param timeOffsetUs - the alert's time offset, microseconds
 * @param pass - which pass through the reservoir, from 0
 * @param spanUs - from the first to the last alert of the whole reservoir, microseconds
 * @param speed - recorded seconds that pass in one second
 * @returns nanoseconds after the phase's start
 */
export function recordedDueNs(timeOffsetUs: number, pass: number, spanUs: number, speed: number): number {
  return ((timeOffsetUs + pass * passLengthUs(spanUs)) * 1000) / speed;
}

/** Over how long the rate of recorded alerts is taken, nanoseconds. */
const rateWindowNs = 10e6;

/**
 * The schedule of recorded alerts: message i is alert i mod n of pass ⌊i / n⌋.
 *
 * An alert that was recorded before one ahead of it is due together with that one, because the order is kept. Worked
 * example: offsets of 0, 2, 1 and 3 s at twice the speed are due at 0, 1, 1 and 1.5 s, and again from 2 s on.
 *
 * @param timeOffsetsUs - the alerts' time offsets in the order in which they are sent, microseconds
 * @param pacing - the rule
 * @param spanUs - from the first to the last alert of the whole reservoir, microseconds
 * @returns the schedule
 */
export function recordedSchedule(
  timeOffsetsUs: readonly number[],
  { passes, speed }: Pick<RecordedPacing, 'passes' | 'speed'>,
  spanUs: number,
): Schedule {
  const alerts = timeOffsetsUs.length;
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

/**
 * How far apart the starts of two passes lie.
 *
 * @param spanUs - from the first to the last alert of the reservoir, microseconds
 * @returns recorded microseconds
 */
export function passLengthUs(spanUs: number): number {
  return spanUs + gapUs;
}

/**
 * Whether the alerts of a phase are rewritten: there must be a second pass for it.
 *
 * @param pacing - the phase's rule
 * @returns false for every rule but that of the recorded times
 */
export function rewritesPasses(pacing: Pacing): boolean {
  return pacing.kind === 'recorded' && pacing.rewrite && pacing.passes > 1;
}
