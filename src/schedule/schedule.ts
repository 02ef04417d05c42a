import type { ConstantPacing, MaxPacing, RampPacing, ScheduledPacing, StairsPacing } from './pacing.js';
import { lastNotAbove } from './lastNotAbove.js';
import type { Schedule } from './timetable.js';
import { visitsSchedule } from './visitsSchedule.js';

export type { Schedule } from './timetable.js';

const nsPerSecond = 1e9;

/**
 * The schedule of a pacing rule. Due times follow from the index in closed form, so nothing accumulates.
 *
 * @param pacing - recorded pacing and a search have no such schedule: times come with the alerts, rates with
 * earlier outcomes
 */
export function scheduleOf(pacing: ScheduledPacing): Schedule {
  switch (pacing.kind) {
    case 'constant':
      return constantSchedule(pacing);
    case 'ramp':
      return rampSchedule(pacing);
    case 'stairs':
      return stairsSchedule(pacing);
    case 'visits':
      return visitsSchedule(pacing);
    case 'max':
      return maxSchedule(pacing);
  }
}

/** Message i is due at i / rate: 500/s for 2 s makes 1,000 messages, the last one due at 1.998 s. */
function constantSchedule({ ratePerSecond, durationNs }: ConstantPacing): Schedule {
  return {
    count: countBelow((ratePerSecond * durationNs) / nsPerSecond),
    durationNs,
    dueNs: (index) => (index * nsPerSecond) / ratePerSecond,
    targetPerSecondAt: () => ratePerSecond,
  };
}

/**
 * The rate goes from a to b in T seconds: r(t) = a + (b − a)·t/T. Message i is due when the integral of the
 * rate, a·t + (b − a)·t²/(2T), reaches i. Worked example: from 0/s to 100/s in 2 s makes 100 messages; number
 * 25 is due at t = 2·√(2·25·2·100)/(2·100) = 1 s.
 */
function rampSchedule({ fromPerSecond: a, toPerSecond: b, durationNs }: RampPacing): Schedule {
  const seconds = durationNs / nsPerSecond;
  const slope = (b - a) / seconds;
  return {
    count: countBelow(((a + b) / 2) * seconds),
    durationNs,
    // The root of slope/2·t² + a·t − i in the form without cancellation; it also serves a slope of 0.
    dueNs: (index) => {
      if (index === 0 && a === 0) return 0;
      const root = Math.sqrt(Math.max(0, a * a + 2 * slope * index));
      return Math.min(durationNs, ((2 * index) / (a + root)) * nsPerSecond);
    },
    targetPerSecondAt: (tNs) => a + slope * Math.min(seconds, Math.max(0, tNs / nsPerSecond)),
  };
}

/**
 * Steps of equal length at a constant rate each. As with a ramp, message i is due when the integral of the
 * rate reaches i: a step without a whole number of messages passes its remainder on. Worked example: 1/s and
 * 2/s, 1.5 s each, make 4.5 messages in all, so 5; those of number 0 to 4 are due at 0, 1, 1.75, 2.25 and
 * 2.75 s.
 */
function stairsSchedule({ fromPerSecond, toPerSecond, steps, durationNs }: StairsPacing): Schedule {
  const stepNs = durationNs / steps;
  const rates = Array.from(
    { length: steps },
    (_, step) => fromPerSecond + ((toPerSecond - fromPerSecond) * step) / (steps - 1),
  );
  /** The integral of the rate at each step's start, in messages, and after the last step the whole. */
  const before = [0];
  for (const rate of rates) before.push((before.at(-1) ?? 0) + (rate * stepNs) / nsPerSecond);
  return {
    count: countBelow(before.at(-1) ?? 0),
    durationNs,
    dueNs: (index) => {
      const step = Math.min(steps - 1, lastNotAbove(before, index));
      const withinNs = ((index - (before[step] ?? 0)) * nsPerSecond) / (rates[step] ?? 1);
      // Rounding must not carry a message beyond its step, where the next one may be due already.
      return Math.min(durationNs, step * stepNs + Math.min(stepNs, withinNs));
    },
    targetPerSecondAt: (tNs) => rates[Math.min(steps - 1, Math.max(0, Math.floor(tNs / stepNs)))] ?? 0,
  };
}

/** Every message is due at once; the phase ends by its duration. */
function maxSchedule({ durationNs }: MaxPacing): Schedule {
  return { count: Infinity, durationNs, dueNs: () => 0, targetPerSecondAt: () => Infinity };
}

/**
 * Messages with an index below a number of messages, forgiving a rounding error of the product of a rate and a
 * time that made it; take `Math.ceil` for a number of intervals, which a whole burst may depend on.
 */
function countBelow(messages: number): number {
  const nearest = Math.round(messages);
  return Math.abs(messages - nearest) < 1e-6 * Math.max(1, nearest * 1e-6) ? nearest : Math.ceil(messages);
}
