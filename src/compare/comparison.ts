import {
  mean,
  pairedEstimate,
  spreadOf,
  unpairedEstimate,
  type Estimate,
  studentReach,
} from './intervals.js';
import { metrics as allMetrics, type Metric, type MetricValues } from './comparedMetrics.js';

/** A run, as a comparison sees it. */
export interface Measurement {
  readonly run: string;
  readonly variant: string;
  /** Block of an experiment; null for a run that belongs to none. */
  readonly block: number | null;
  /** From 0. */
  readonly position: number;
  /** A control is not a repeat. */
  readonly control: boolean;
  readonly values: MetricValues;
}

export interface ComparisonRules {
  /** The variant that the others are compared with. */
  readonly baseline: string;
  /** How often the whole comparison may find a difference that doesn't exist: 0.05. */
  readonly alpha: number;
  /** Differences up to this share don't matter: 0.05. */
  readonly margin: number;
  /** Whether runs of one block are compared in pairs. */
  readonly paired: boolean;
  /** Keys of the metrics that are compared; default: all that were measured. */
  readonly only?: readonly string[] | undefined;
}

export type MetricVerdict = 'better' | 'worse' | 'no difference' | 'cannot tell';

/** A metric of two variants, compared. */
export interface MetricComparison {
  readonly metric: Metric;
  /** Geometric mean of the repeats where ratios are taken, else the arithmetic mean. */
  readonly baseline: number;
  /** Likewise. */
  readonly candidate: number;
  /** Logarithm of candidate / baseline, or difference of shares, with its interval. */
  readonly change: Estimate;
  /** Candidate minus baseline in the metric's unit, with its interval at the same level. */
  readonly shift: Estimate;
  readonly verdict: MetricVerdict;
  /**
   * How many repeats would shrink the interval to what doesn't matter; null where no number under 1,000 does.
   */
  readonly repeatsNeeded: number | null;
}

/** A candidate compared with the baseline. */
export interface VariantComparison {
  readonly variant: string;
  /** Repeats that count. */
  readonly repeats: number;
  /** Metrics that both have. */
  readonly metrics: readonly MetricComparison[];
}

/** All variants compared with the first. */
export interface Comparison {
  readonly rules: ComparisonRules;
  /** How many single comparisons share the error rate. */
  readonly family: number;
  /** Of each single interval, 0 to 1: 1 - alpha / family. */
  readonly confidence: number;
  readonly variants: readonly VariantComparison[];
  /** Metrics that were not compared because some variant has no value for them. */
  readonly missing: readonly string[];
}

/**
 * Compares variants with the first one, metric by metric. The error rate is shared evenly among all of them
 * (Bonferroni), so that intervals and verdicts never contradict each other, and all of them together miss no
 * more often than `alpha`.
 *
 * @param runs - that count
 */
export function compareRuns(runs: readonly Measurement[], rules: ComparisonRules): Comparison {
  const repeats = runs.filter(({ control }) => !control);
  const names = [...new Set(repeats.map(({ variant }) => variant))].filter((name) => name !== rules.baseline);
  const of = (name: string): Measurement[] => repeats.filter(({ variant }) => variant === name);
  const baseline = of(rules.baseline);
  const wanted = allMetrics.filter(({ key, onRequest }) => rules.only?.includes(key) ?? onRequest !== true);
  const has = (metric: Metric): boolean =>
    [baseline, ...names.map(of)].every(
      (group) => group.length > 0 && group.every(({ values }) => (values[metric.key] ?? null) !== null),
    );
  const compared = wanted.filter(has);
  const family = Math.max(1, compared.length * names.length);
  const alpha = rules.alpha / family;
  return {
    rules,
    family,
    confidence: 1 - alpha,
    variants: names.map((variant) => ({
      variant,
      repeats: of(variant).length,
      metrics: compared.map((metric) => compareMetric(metric, baseline, of(variant), rules, alpha)),
    })),
    missing: wanted.filter((metric) => !compared.includes(metric)).map(({ key }) => key),
  };
}

function compareMetric(
  metric: Metric,
  baseline: readonly Measurement[],
  candidate: readonly Measurement[],
  { paired, margin }: ComparisonRules,
  alpha: number,
): MetricComparison {
  const plain = ({ values }: Measurement): number => values[metric.key] ?? NaN;
  const scaled = (run: Measurement): number => (metric.scale === 'ratio' ? Math.log(plain(run)) : plain(run));
  const pairs = paired ? pairsOf(baseline, candidate) : [];
  const estimate = (of: (run: Measurement) => number): Estimate =>
    paired
      ? pairedEstimate(
          pairs.map(([a, b]) => of(b) - of(a)),
          alpha,
        )
      : unpairedEstimate(baseline.map(of), candidate.map(of), alpha);
  const change = widened(estimate(scaled), metric.resolution);
  const centre = (group: readonly Measurement[]): number =>
    metric.scale === 'ratio' ? Math.exp(mean(group.map(scaled))) : mean(group.map(plain));
  const base = centre(baseline);
  const shift = widened(estimate(plain), metric.scale === 'ratio' ? metric.resolution * base : 0);
  const verdict = verdictOn(metric, change, margin);
  const spread = paired
    ? spreadOf(pairs.map(([a, b]) => scaled(b) - scaled(a)))
    : Math.SQRT2 * spreadOf([...centred(baseline.map(scaled)), ...centred(candidate.map(scaled))]);
  return {
    metric,
    baseline: base,
    candidate: centre(candidate),
    change,
    shift,
    verdict,
    repeatsNeeded: Number.isFinite(spread)
      ? (repeatsNeeded(spread, marginOf(metric, margin)[1], alpha) ?? null)
      : null,
  };
}

/**
 * The verdict on a metric. A difference that is smaller than the margin is none, even where it is certain. The
 * estimate is the logarithm of the ratio, or the difference of shares, with its interval.
 *
 * @param margin - a share above 0: 0.05 is 5 %; for shares 5 % of all messages would be outrageous, so there
 * it is a thousandth of that
 */
export function verdictOn(metric: Metric, { low, high }: Estimate, margin: number): MetricVerdict {
  const [least, most] = marginOf(metric, margin);
  if (low >= least && high <= most) return 'no difference';
  if (low > 0) return metric.better === 'higher' ? 'better' : 'worse';
  if (high < 0) return metric.better === 'higher' ? 'worse' : 'better';
  return 'cannot tell';
}

/**
 * Differences between these values, in the scale of the estimate, don't matter. Symmetric for ratios: 5 %
 * more is 1.05, 5 % less is 1 / 1.05.
 *
 * @param margin - as a share above 0
 */
function marginOf({ scale }: Metric, margin: number): readonly [number, number] {
  const most = scale === 'ratio' ? Math.log(1 + margin) : margin / 1000;
  return [-most, most];
}

/** Runs of the same block; a block in which one of the two does not count is left out. */
function pairsOf(
  baseline: readonly Measurement[],
  candidate: readonly Measurement[],
): (readonly [Measurement, Measurement])[] {
  return baseline.flatMap((a) => {
    const b = candidate.find(({ block }) => block !== null && block === a.block);
    return b === undefined ? [] : [[a, b] as const];
  });
}

/** Equal readings of a coarse instrument do not prove equality: its step is added to each side. */
function widened(estimate: Estimate, resolution: number): Estimate {
  return { ...estimate, low: estimate.low - resolution, high: estimate.high + resolution };
}

function centred(values: readonly number[]): number[] {
  const middle = mean(values);
  return values.map((value) => value - middle);
}

const mostRepeats = 1000;

/**
 * The number of repeats, 2 or more, that narrow an interval to a width; undefined where 1,000 do not.
 *
 * @param spread - the standard deviation of the differences that were found, in the scale of the interval
 * @param reach - how far the interval may reach to each side, above 0
 * @param alpha - how often the interval may miss
 */
export function repeatsNeeded(spread: number, reach: number, alpha: number): number | undefined {
  const reached = (repeats: number): boolean =>
    (studentReach(alpha, repeats - 1) * spread) / Math.sqrt(repeats) <= reach;
  if (!reached(mostRepeats)) return undefined;
  // More repeats never make an interval wider: the smallest number is found by bisection.
  let [tooFew, enough] = [1, mostRepeats];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (reached(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
