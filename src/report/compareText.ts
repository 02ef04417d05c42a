import type { Comparison, MetricComparison, VariantComparison } from '../compare/comparison.js';
import type { Estimate } from '../compare/estimate.js';
import type { Metric } from '../compare/metrics.js';
import { differenceText } from '../compare/sameness.js';
import { changeText, type Verdict } from '../compare/verdict.js';
import type { CompareResult } from '../compare/result.js';
import { tableText } from '../outputs/table.js';
import { formatBytes, formatCount, formatMicroseconds } from './format.js';

const columns = ['metric', 'baseline', 'candidate', 'change', 'shift', 'verdict'];

/** A comparison in words: a table for each candidate, what differs, what does not count, and what drifted. */
export function compareText(result: CompareResult): string {
  const { comparison, runs, drift, differences, experiment } = result;
  const made = differences.filter(({ ofVariant }) => ofVariant);
  const other = differences.filter(({ ofVariant }) => !ofVariant);
  return [
    ...comparison.variants.map((variant) => conclusionText(variant, comparison.rules.baseline)),
    ...comparisonLines(comparison),
    ...(experiment?.stoppedAfter == null
      ? []
      : [`stopped early, after ${experiment.stoppedAfter} of ${experiment.repeats} repeats`]),
    ...runs.flatMap(({ run, counted, remark }) =>
      remark === null ? [] : [`${counted ? 'counts, but' : 'does not count:'} ${run} ${remark}`],
    ),
    ...drift.map(({ text }) => `drift: ${text}`),
    ...made.map((difference) => `compared: ${differenceText(difference)}`),
    ...other.map((difference) => `differs, too: ${differenceText(difference)}`),
  ].join('\n');
}

/** The results of a comparison in words: a table for each candidate, and how sure it is. */
export function comparisonLines({ rules, family, confidence, variants, missing }: Comparison): string[] {
  return [
    ...variants.flatMap((variant) => variantLines(variant, rules.baseline)),
    `${family} comparisons share an error rate of ${percentText(rules.alpha)}: each interval holds the true value with ` +
      `${percentText(confidence)} confidence${rules.paired ? ', from differences within blocks' : ''}`,
    ...(missing.length === 0 ? [] : [`not measured in all runs: ${missing.join(', ')}`]),
  ];
}

/**
 * A comparison of one variant in one sentence: `lz4 against none: better in ack p99 (-12.3 %); no difference
 * in 3 others, 2 cannot be told.`
 */
export function conclusionText({ variant, metrics }: VariantComparison, baseline: string): string {
  const of = (verdict: Verdict): readonly MetricComparison[] =>
    metrics.filter((one) => one.verdict === verdict);
  const named = (['better', 'worse'] as const).flatMap((verdict) => {
    const found = of(verdict).map(
      ({ metric, change }) => `${metric.title} (${changeText(metric, change.value)})`,
    );
    return found.length === 0 ? [] : [`${verdict} in ${found.join(', ')}`];
  });
  const same = of('no difference').length;
  const unknown = of('cannot tell').length;
  const rest = [
    ...(same === 0 ? [] : [`no difference that matters in ${same} of ${metrics.length} metrics`]),
    ...(unknown === 0 ? [] : [`${unknown} of ${metrics.length} cannot be told with these repeats`]),
  ];
  return `${variant} against ${baseline}: ${[...(named.length === 0 ? ['no difference was found'] : named), ...rest].join('; ')}.`;
}

function variantLines({ variant, repeats, metrics }: VariantComparison, baseline: string): string[] {
  const rows = metrics.map(({ metric, baseline: base, candidate, shift, text }) => {
    const { verdict, change } = verdictParts(text);
    return [
      metric.title,
      valueText(metric, base),
      valueText(metric, candidate),
      change,
      shiftText(metric, shift),
      verdict,
    ];
  });
  return [
    `${variant} against ${baseline}, ${repeats} ${repeats === 1 ? 'repeat' : 'repeats'}:`,
    tableText(columns, rows),
    ...byVerdict(metrics).map(({ verdict, titles }) => `  ${verdict}: ${titles.join(', ')}`),
  ];
}

/** The verdicts that occur, clear differences first, each with the titles of its metrics. */
export function byVerdict(
  metrics: readonly MetricComparison[],
): readonly { readonly verdict: Verdict; readonly titles: readonly string[] }[] {
  return (['better', 'worse', 'no difference', 'cannot tell'] as const).flatMap((verdict) => {
    const titles = metrics.filter((one) => one.verdict === verdict).map(({ metric }) => metric.title);
    return titles.length === 0 ? [] : [{ verdict, titles }];
  });
}

/**
 * Takes a verdict of `verdictText` apart: the verdict, and the change with its interval, or why it is
 * inconclusive.
 */
export function verdictParts(text: string): { readonly verdict: string; readonly change: string } {
  const [verdict = '', change = ''] = text.split(/: (.*)/s);
  return { verdict, change };
}

/** A value of a metric, with its unit: `2.41 ms`. */
export function valueText({ unit }: Metric, value: number): string {
  switch (unit) {
    case 'microseconds':
      return formatMicroseconds(value);
    case 'perSecond':
      return `${value < 100 ? value.toFixed(1) : formatCount(value)}/s`;
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`;
    case 'cores':
      return `${value.toFixed(2)} cores`;
    case 'share':
      return `${Number((100 * value).toPrecision(3))} %`;
  }
}

/**
 * A shift with its interval, in the metric's unit: `+50.1 ms (49.0 to 51.2 ms)`; empty where it is unknown.
 *
 * @param shift - candidate minus baseline
 */
export function shiftText(metric: Metric, shift: Estimate): string {
  if (!Number.isFinite(shift.low)) return '';
  const { value, low, high } = shift;
  const sign = value > 0 ? '+' : '';
  const [from = '', fromUnit] = valueText(metric, low).split(' ');
  const to = valueText(metric, high);
  const lower = fromUnit === undefined || fromUnit === to.split(' ')[1] ? from : `${from} ${fromUnit}`;
  return `${sign}${valueText(metric, value)} (${lower} to ${to})`;
}

/** A share from 0 to 1 in percent: `99.69 %`. */
export function percentText(share: number): string {
  return `${Number((100 * share).toPrecision(4))} %`;
}
