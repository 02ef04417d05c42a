import { medianOf } from './rounds.js';

/** The harness's resident memory at an instant of a run. */
export interface MemorySample {
  /** After the run's start. */
  readonly atSeconds: number;
  readonly megabytes: number;
}

/**
 * The median of each minute in MB, the first one included; the last one where it is whole.
 *
 * @param minuteSeconds - how long a minute is taken to be
 */
export function mediansOfMinutes(samples: readonly MemorySample[], minuteSeconds: number): number[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return [];
  // A sample is of the second that it begins; clocks may differ by half of one.
  const whole = Math.max(1, Math.floor((last.atSeconds - first.atSeconds + 1.5) / minuteSeconds));
  return Array.from({ length: whole }, (_, minute) =>
    medianOf(
      samples
        .filter(({ atSeconds }) => Math.floor((atSeconds - first.atSeconds) / minuteSeconds) === minute)
        .map(({ megabytes }) => megabytes),
    ),
  );
}

/**
 * How fast a series grows: the slope per step of the straight line that is closest to it by least squares; 0
 * for fewer than two values.
 *
 * @remarks Worked example: 100, 102, 104 grows by 2 a step; one step up and one down, 100, 102, 100, by 0.
 * @param values - at even steps
 */
export function growthPerStep(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let products = 0;
  let squares = 0;
  for (const [step, value] of values.entries()) {
    products += (step - middle) * (value - mean);
    squares += (step - middle) ** 2;
  }
  return squares === 0 ? 0 : products / squares;
}
