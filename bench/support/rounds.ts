import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a round of a contender came to. */
export interface Measured {
  /** Its figure, in the unit of the benchmark. */
  readonly figure: number;
  /** What else was measured in the round: the name says the unit. */
  readonly details: Readonly<Record<string, number>>;
}

/** Something that is measured, beside others in the same rounds. */
export interface Contender {
  /** What it is called in the table. */
  readonly name: string;
  /** Runs it once and returns its figure, in the unit of the benchmark; with details where there are some. */
  readonly measure: () => Promise<number | Measured>;
}

/** Several figures of one thing. */
export interface Spread {
  /** The median. */
  readonly median: number;
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
}

/** What the rounds of a contender came to. */
export interface RoundsResult {
  /** What it is called. */
  readonly name: string;
  /** The figure of each round, in order. */
  readonly figures: readonly number[];
  /** The median figure. */
  readonly median: number;
  /** The median, over the rounds, of the first contender's figure divided by this one's in the same round. */
  readonly firstToThis: number;
  /** The same ratio round by round, as a spread. */
  readonly ratio: Spread;
  /** What else was measured, over the rounds. */
  readonly details: Readonly<Record<string, Spread>>;
}

/**
 * Measures contenders in turn, A B C C B A …, so that a machine whose speed drifts serves all of them alike, and so
 * does what each leaves behind for the next.
 *
 * @param contenders - who is measured; the first one is compared with the others
 * @param rounds - how often
 * @returns a result for each contender
 */
export async function alternate(contenders: readonly Contender[], rounds: number): Promise<RoundsResult[]> {
  const measured = contenders.map((): Measured[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...contenders.entries()];
    for (const [index, { name, measure }] of round % 2 === 0 ? order : order.reverse()) {
      process.stderr.write(`  round ${round + 1} of ${rounds}: ${name}\n`);
      await settled();
      const result = await measure();
      measured[index]?.push(typeof result === 'number' ? { figure: result, details: {} } : result);
    }
  }
  const first = (measured[0] ?? []).map(({ figure }) => figure);
  return contenders.map(({ name }, index) => resultOf(name, measured[index] ?? [], first));
}

/** Waits until what was written is on the disk: nobody is to wait for what the contender before has written. */
export async function settled(): Promise<void> {
  await promisify(execFile)('sync').catch(() => undefined);
}

/**
 * The result of one contender.
 *
 * @param name - what it is called
 * @param measured - its rounds, in order
 * @param first - the first contender's figures of the same rounds
 * @returns medians, and ratios taken within each round
 */
export function resultOf(
  name: string,
  measured: readonly Measured[],
  first: readonly number[],
): RoundsResult {
  const figures = measured.map(({ figure }) => figure);
  const ratio = spreadOf(figures.map((figure, round) => (first[round] ?? NaN) / figure));
  const names = [...new Set(measured.flatMap(({ details }) => Object.keys(details)))];
  return {
    name,
    figures,
    median: medianOf(figures),
    firstToThis: ratio.median,
    ratio,
    details: Object.fromEntries(
      names.map((detail) => [
        detail,
        spreadOf(measured.flatMap(({ details }) => (detail in details ? [details[detail] ?? NaN] : []))),
      ]),
    ),
  };
}

/**
 * Median and range.
 *
 * @param values - numbers, in any order
 * @returns their spread; NaN of none
 */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { median: NaN, min: NaN, max: NaN };
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The median.
 *
 * @param values - numbers, in any order
 * @returns the one in the middle, or the mean of the two in the middle; NaN of none
 */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? NaN)) / 2 : upper;
}
