import type { Measurement } from '../../src/compare/comparison.js';
import { metrics } from '../../src/compare/comparedMetrics.js';
import { runOrder } from '../../src/compare/design.js';
import { purposes, seededRandom, standardNormal } from '../../src/random.js';

/** Draws the noise of one run, in the logarithm of its metric; `position` is its number in the experiment. */
export type Noise = (random: () => number, position: number) => number;

/** What machines are like, a sentence each. */
export const noises: readonly (readonly [string, Noise])[] = [
  ['normal noise of 5 %', (random) => Math.log(1 + 0.05 * standardNormal(random))],
  ['lognormal noise of 30 %', (random) => 0.3 * standardNormal(random)],
  ['heavy tails (Student, 3 degrees of freedom)', (random) => 0.1 * heavy(random)],
  [
    'a quiet machine that stalls in one run of seven',
    (random) => 0.05 * standardNormal(random) + (random() < 1 / 7 ? 1 : 0),
  ],
  ['a steady drift of 3 % a run', (random, position) => 0.05 * standardNormal(random) + 0.03 * position],
];

function heavy(random: () => number): number {
  const squares = [0, 0, 0].reduce((sum) => sum + standardNormal(random) ** 2, 0);
  return standardNormal(random) / Math.sqrt(squares / 3);
}

/** An experiment with variants A and B in balanced order. */
export function simulated(
  repeats: number,
  trueRatio: number,
  noise: Noise,
  random: () => number,
): Measurement[] {
  return runOrder(['A', 'B'], repeats, 'balanced', 0).map(({ variant, block, position, control }) => ({
    run: `${variant}${block}`,
    variant,
    block,
    position,
    control,
    values: {
      'ack.p50': 1000 * (variant === 'B' ? trueRatio : 1) * Math.exp(noise(random, position)),
    },
  }));
}

/** The same with a value for every metric: independent ones, which is the hardest case for a family. */
export function simulatedWhole(repeats: number, noise: Noise, random: () => number): Measurement[] {
  return simulated(repeats, 1, noise, random).map((run) => ({
    ...run,
    values: Object.fromEntries(
      metrics.map(({ key, scale }) => [
        key,
        scale === 'difference' ? 0 : 1000 * Math.exp(noise(random, run.position)),
      ]),
    ),
  }));
}

/** Draws of a test's own. */
export const seeded = (seed: number): (() => number) => seededRandom(seed, purposes.noise);
