import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A contender's round. */
export interface Measured {
  /** In the unit of the benchmark. */
  readonly figure: number;
  /** Other measurements of the round: the name says the unit. */
  readonly details: Readonly<Record<string, number>>;
}

/** Something that is measured, beside others in the same rounds. */
export interface Contender {
  /** In the table. */
  readonly name: string;
  /** Runs it once and returns its figure, in the unit of the benchmark; with details where there are some. */
  readonly measure: () => Promise<number | Measured>;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The rounds of a contender. */
export interface RoundsResult {
  readonly name: string;
  /** In order. */
  readonly figures: readonly number[];
  readonly median: number;
  /** The median, over the rounds, of the first contender's figure divided by this one's in the same round. */
  readonly firstToThis: number;
  /** The same ratio round by round. */
  readonly ratio: Spread;
  /** Other measurements, over the rounds. */
  readonly details: Readonly<Record<string, Spread>>;
}

/**
 * Measures contenders in turn, A B C C B A …, so that a drift of the machine's speed affects all of them
 * alike, and so does what each leaves behind for the next.
 *
 * @param contenders - the first one is compared with the others
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

/**
 * Waits until what was written is on the disk: no contender should wait for what the one before has written.
 */
export async function settled(): Promise<void> {
  await promisify(execFile)('sync').catch(() => undefined);
}

/**
 * Medians of one contender, and ratios taken within each round.
 *
 * @param measured - its rounds, in order
 * @param first - the first contender's figures of the same rounds
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

/** Median and range; NaN for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return { median: NaN, min: NaN, max: NaN };
  return { median: medianOf(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value in the middle, or the mean of the two in the middle; NaN for no values. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? NaN)) / 2 : upper;
}
