/** Something that is measured, beside others in the same rounds. */
export interface Contender {
  /** What it is called in the table. */
  readonly name: string;
  /** Runs it once and returns its figure: more is better, in the unit of the benchmark. */
  readonly measure: () => Promise<number>;
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
}

/**
 * Measures contenders in turn, A B C A B C …, so that a machine whose speed drifts serves all of them alike.
 *
 * @param contenders - who is measured; the first one is compared with the others
 * @param rounds - how often
 * @returns a result for each contender
 */
export async function alternate(contenders: readonly Contender[], rounds: number): Promise<RoundsResult[]> {
  const figures = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { measure }] of contenders.entries()) figures[index]?.push(await measure());
  }
  return contenders.map(({ name }, index) => {
    const own = figures[index] ?? [];
    return {
      name,
      figures: own,
      median: medianOf(own),
      firstToThis: medianOf(own.map((figure, round) => (figures[0]?.[round] ?? NaN) / figure)),
    };
  });
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
