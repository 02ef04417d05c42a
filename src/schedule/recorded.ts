import type { Pacing } from './pacing.js';

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
