import jstat from 'jstat';

export interface Estimate {
  readonly value: number;
  /** -Infinity where it is unbounded. */
  readonly low: number;
  /** Infinity where it is unbounded. */
  readonly high: number;
  /** Probability of a difference this large where there is none, 0 to 1. */
  readonly pValue: number;
  /** Number of differences or values that it is based on: the pairs, or the smaller group. */
  readonly repeats: number;
}

/**
 * The mean of paired differences with Student's interval. The unit of the experiment is the repeat, never the
 * message: messages of one run share its conditions.
 *
 * @remarks Chosen by simulation (docs/adr/0008-statistics.md): of 95 % that it claims, the percentile
 * bootstrap over 4 to 8 repeats covers 78 to 90 %; the studentised bootstrap covers, but is infinitely wide
 * at the levels that many comparisons at once need. Differences of two runs are symmetric where the variants
 * are the same, whatever the distribution of each; that is when Student's interval holds best.
 * @param differences - candidate minus baseline, one per block
 * @param alpha - how often the interval may miss, above 0 and below 1
 * @returns unbounded for fewer than two differences
 */
export function pairedEstimate(differences: readonly number[], alpha: number): Estimate {
  const repeats = differences.length;
  const value = mean(differences);
  return studentEstimate(value, spreadOf(differences) / Math.sqrt(repeats), repeats - 1, alpha, repeats);
}

/**
 * The difference of two means, candidate minus baseline, with Welch's interval, for runs that are not paired.
 * A single run is assumed to scatter as the other group does.
 *
 * @remarks Source: Welch (1947), with the degrees of freedom of Satterthwaite (1946).
 * @param alpha - how often the interval may miss, above 0 and below 1
 * @returns unbounded where neither group has two runs
 */
export function unpairedEstimate(
  baseline: readonly number[],
  candidate: readonly number[],
  alpha: number,
): Estimate {
  const value = mean(candidate) - mean(baseline);
  const [few, many] = baseline.length < candidate.length ? [baseline, candidate] : [candidate, baseline];
  const repeats = few.length;
  if (repeats === 1) {
    const error = spreadOf(many) * Math.sqrt(1 + 1 / many.length);
    return studentEstimate(value, error, many.length - 1, alpha, repeats);
  }
  const a = spreadOf(few) ** 2 / few.length;
  const b = spreadOf(many) ** 2 / many.length;
  const freedom = (a + b) ** 2 / (a ** 2 / (few.length - 1) + b ** 2 / (many.length - 1));
  // Where nothing scatters at all, the formula is 0 / 0.
  return studentEstimate(value, Math.sqrt(a + b), a + b === 0 ? repeats - 1 : freedom, alpha, repeats);
}

/** The arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The standard deviation of a sample; NaN for fewer than two values. */
export function spreadOf(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/**
 * How many standard errors an interval reaches to each side: Student's quantile at 1 - alpha / 2.
 *
 * @param alpha - how often it may miss, above 0 and below 1
 * @param freedom - above 0
 */
export function studentReach(alpha: number, freedom: number): number {
  return jstat.jStat.studentt.inv(1 - alpha / 2, freedom);
}

/**
 * Probability of a value this far from zero, both sides together, 0 to 1.
 *
 * @param t - in standard errors
 * @param freedom - degrees of freedom, above 0
 */
export function studentPValue(t: number, freedom: number): number {
  return Math.min(1, 2 * jstat.jStat.studentt.cdf(-Math.abs(t), freedom));
}

function studentEstimate(
  value: number,
  error: number,
  freedom: number,
  alpha: number,
  repeats: number,
): Estimate {
  if (!(freedom > 0)) return { value, low: -Infinity, high: Infinity, pValue: 1, repeats };
  const reach = studentReach(alpha, freedom) * error;
  const pValue = error === 0 ? (value === 0 ? 1 : 0) : studentPValue(value / error, freedom);
  return { value, low: value - reach, high: value + reach, pValue, repeats };
}
