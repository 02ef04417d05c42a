import type { Measurement } from './comparison.js';
import { mean, spreadOf, studentPValue } from './intervals.js';
import { metrics, type Metric } from './comparedMetrics.js';

/** Something that changed while an experiment ran, whatever the variant. */
export interface DriftFinding {
  readonly metric: string;
  /** A steady change from run to run, or a control that does not match the repeats of its variant. */
  readonly kind: 'trend' | 'control';
  /** Probability of this where nothing changes, 0 to 1. */
  readonly pValue: number;
  /** Logarithm of the ratio: from the first run to the last, or of the control to the repeats. */
  readonly change: number;
  /** The variant of the control. */
  readonly baseline: string;
}

/**
 * Finds out whether the machine or the broker changed while the variants ran in turn. Checks each metric in
 * two ways: a straight line through all runs, each variant's mean taken out; and the control, the first
 * variant once more at the end, against that variant's repeats. A steady drift is balanced by the order; it
 * only makes intervals wider than necessary.
 *
 * @param runs - that count, the control included
 * @param baseline - the variant that the control repeats
 * @param alpha - how often anything at all may be found where nothing changes
 */
export function driftOf(runs: readonly Measurement[], baseline: string, alpha: number): DriftFinding[] {
  const present = metrics.filter(
    ({ key, scale }) => scale === 'ratio' && runs.every(({ values }) => (values[key] ?? null) !== null),
  );
  const level = alpha / Math.max(1, 2 * present.length);
  return present
    .flatMap((metric) => [trendOf(runs, baseline, metric), controlOf(runs, baseline, metric)])
    .filter((finding) => finding !== undefined)
    .filter(({ pValue }) => pValue < level);
}

/** Least squares of log value against position, with a level for each variant. */
function trendOf(runs: readonly Measurement[], baseline: string, metric: Metric): DriftFinding | undefined {
  const variants = [...new Set(runs.map(({ variant }) => variant))];
  const points = variants.flatMap((name) => {
    const group = runs.filter(({ variant }) => variant === name);
    const middle = mean(group.map(({ position }) => position));
    const level = mean(group.map((run) => logOf(run, metric)));
    return group.map((run) => ({ x: run.position - middle, y: logOf(run, metric) - level }));
  });
  const freedom = points.length - variants.length - 1;
  const xx = points.reduce((sum, { x }) => sum + x * x, 0);
  if (freedom < 2 || xx === 0) return undefined;
  const slope = points.reduce((sum, { x, y }) => sum + x * y, 0) / xx;
  const rest = points.reduce((sum, { x, y }) => sum + (y - slope * x) ** 2, 0);
  // Values are read to one part in a thousand: a line through equal readings means nothing.
  if (Math.abs(slope) * runs.length < metric.resolution) return undefined;
  const error = Math.sqrt(rest / freedom / xx);
  const pValue = error === 0 ? 0 : studentPValue(slope / error, freedom);
  return { metric: metric.key, kind: 'trend', pValue, change: slope * (runs.length - 1), baseline };
}

/** Compares the control with what one more repeat should be (a prediction interval). */
function controlOf(runs: readonly Measurement[], baseline: string, metric: Metric): DriftFinding | undefined {
  const control = runs.find((run) => run.control);
  const repeats = runs.filter((run) => run.variant === baseline && !run.control);
  if (control === undefined || repeats.length < 3) return undefined;
  const logs = repeats.map((run) => logOf(run, metric));
  const off = logOf(control, metric) - mean(logs);
  if (Math.abs(off) <= metric.resolution) return undefined;
  const error = spreadOf(logs) * Math.sqrt(1 + 1 / logs.length);
  const pValue = error === 0 ? 0 : studentPValue(off / error, logs.length - 1);
  return { metric: metric.key, kind: 'control', pValue, change: off, baseline };
}

function logOf({ values }: Measurement, { key }: Metric): number {
  return Math.log(values[key] ?? NaN);
}
