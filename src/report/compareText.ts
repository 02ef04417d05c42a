import type {
  Comparison,
  ComparisonRules,
  MetricComparison,
  MetricVerdict,
  VariantComparison,
} from '../compare/comparison.js';
import type { DriftFinding } from '../compare/drift.js';
import type { Estimate } from '../compare/intervals.js';
import { decidingMetrics, metrics, type Metric } from '../compare/comparedMetrics.js';
import type { ComparedRun, CompareResult, ExperimentEvent } from '../compare/result.js';
import type { Difference } from '../compare/sameness.js';
import {
  amountText,
  bytesAmount,
  formatCount,
  formatCounted,
  intervalText,
  microsecondsAmount,
  tableText,
  type Amount,
} from './format.js';

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
    ...runs.flatMap(remarkLine),
    ...drift.map((finding) => `drift: ${driftText(finding)}`),
    ...made.map((difference) => `compared: ${differenceText(difference)}`),
    ...other.map((difference) => `differs, too: ${differenceText(difference)}`),
  ].join('\n');
}

/** The results of a comparison in words: a table for each candidate, and how sure it is. */
export function comparisonLines({ rules, family, confidence, variants, missing }: Comparison): string[] {
  return [
    ...variants.flatMap((variant) => variantLines(variant, rules)),
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
  const of = (verdict: MetricVerdict): readonly MetricComparison[] =>
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

function variantLines({ variant, repeats, metrics }: VariantComparison, rules: ComparisonRules): string[] {
  const rows = metrics.map((one) => [
    one.metric.title,
    valueText(one.metric, one.baseline),
    valueText(one.metric, one.candidate),
    changeIntervalText(one),
    shiftText(one.metric, one.shift),
    verdictLabel(one, rules.margin),
  ]);
  return [
    `${variant} against ${rules.baseline}, ${formatCounted(repeats, 'repeat')}:`,
    tableText(columns, rows),
    ...byVerdict(metrics).map(({ verdict, titles }) => `  ${verdict}: ${titles.join(', ')}`),
  ];
}

/** The verdicts that occur, clear differences first, each with the titles of its metrics. */
export function byVerdict(
  metrics: readonly MetricComparison[],
): readonly { readonly verdict: MetricVerdict; readonly titles: readonly string[] }[] {
  return (['better', 'worse', 'no difference', 'cannot tell'] as const).flatMap((verdict) => {
    const titles = metrics.filter((one) => one.verdict === verdict).map(({ metric }) => metric.title);
    return titles.length === 0 ? [] : [{ verdict, titles }];
  });
}

/** The verdict as a column shows it: `worse`, `no difference within 5 %`. */
function verdictLabel({ metric, verdict }: MetricComparison, margin: number): string {
  if (verdict !== 'no difference') return verdict;
  const least = metric.scale === 'ratio' ? `${digitsOf(100 * margin)} %` : `${digitsOf(margin / 10)} points`;
  return `no difference within ${least}`;
}

/** A change with its interval, `+12.3 % (+8.0 % to +16.9 %)`, or why there is none. */
export function changeIntervalText({ metric, change }: Pick<MetricComparison, 'metric' | 'change'>): string {
  const { value, low, high, repeats } = change;
  if (!Number.isFinite(low)) {
    return `${repeats === 0 ? 'no repeats' : 'one repeat'} that can be compared, and two are the least`;
  }
  const [from, to] = [changeAmount(metric, low), changeAmount(metric, high)];
  // A percent sign belongs to its digits.
  const interval = to.unit === '%' ? `${amountText(from)} to ${amountText(to)}` : intervalText(from, to);
  return `${changeText(metric, value)} (${interval})`;
}

/** The verdict on a metric in words, half a sentence: `worse: +12.3 % (+8.0 % to +16.9 %)`. */
export function verdictText(comparison: MetricComparison, margin: number): string {
  return `${verdictLabel(comparison, margin)}: ${changeIntervalText(comparison)}`;
}

/**
 * A change in words: `+12.3 %`, `3.4 times`, `over 100 times`, or for shares `+0.12 points`.
 *
 * @param value - logarithm of the ratio, or difference of shares
 */
function changeText(metric: Metric, value: number): string {
  return amountText(changeAmount(metric, value));
}

function changeAmount({ scale }: Metric, value: number): Amount {
  if (!Number.isFinite(value)) return { digits: value > 0 ? 'any more' : 'any less', unit: '' };
  if (scale === 'difference') return { digits: signed(100 * value, 4), unit: 'points' };
  const ratio = Math.exp(value);
  // An interval of two repeats may reach far: its digits mean nothing then.
  if (ratio >= 99.95) return { digits: 'over 100', unit: 'times' };
  if (ratio < 1 / 99.95) return { digits: 'under a hundredth', unit: '' };
  if (ratio >= 2) return { digits: String(Number(ratio.toPrecision(3))), unit: 'times' };
  return { digits: signed(100 * (ratio - 1), 1), unit: '%' };
}

/** What changed while the variants ran in turn, as a sentence without its full stop. */
export function driftText({ kind, metric: key, change, baseline }: DriftFinding): string {
  const metric = metrics.find((one) => one.key === key);
  if (metric === undefined) return `${key} drifted`;
  const by = changeText(metric, change);
  return kind === 'trend'
    ? `${metric.title} drifted while the variants ran in turn: ${by} from the first run to the last`
    : `the control of ${baseline} at the end is off its repeats: ${metric.title} ${by}`;
}

/** A difference in words: `scenario.kafka.client.linger.ms: 0 (plain), 50 (lingering)`. */
export function differenceText({ path, values }: Difference): string {
  return `${path}: ${values.map(({ value, groups }) => `${value} (${groups.join(', ')})`).join(', ')}`;
}

/** A run that did not pass, in words: `does not count: 2026-11-24-094205-smoke interrupted`. */
export function remarkLine({ run, counted, remark }: ComparedRun): string[] {
  return remark === null ? [] : [`${counted ? 'counts, but' : 'does not count:'} ${run} ${remark}`];
}

/** What an experiment reports while it runs, a line each. */
export function experimentLines(event: ExperimentEvent): string[] {
  switch (event.kind) {
    case 'rehearsal':
      return [`asking Kafka whether it takes the settings of ${event.variants} variants`];
    case 'run': {
      const { position, of, variant, control, block } = event;
      return [`run ${position + 1} of ${of}: ${variant}, ${control ? 'control' : `repeat ${block + 1}`}`];
    }
    case 'spreadKnown':
      return repeatsLines(event.comparison);
    case 'clear':
      return [`the answer is clear after ${event.after} repeats of ${event.of}`];
  }
}

function repeatsLines({ variants, rules }: Comparison): string[] {
  return variants.map(({ variant, repeats, metrics: compared }) => {
    const parts = compared
      .filter(({ metric }) => (rules.only ?? decidingMetrics).includes(metric.key))
      .map(({ metric, repeatsNeeded }) => `${metric.title} ${repeatsNeeded ?? 'more than 1000'}`);
    return (
      `by the spread of the first ${repeats} repeats, an interval of ± ${digitsOf(100 * rules.margin)} % for ${variant} ` +
      `needs about this many: ${parts.join(', ')}`
    );
  });
}

/** Adds the sentences that `compare.json` has beside its data. */
export function withCompareWords(result: CompareResult) {
  const { comparison, drift } = result;
  const { margin } = comparison.rules;
  return {
    ...result,
    comparison: {
      ...comparison,
      variants: comparison.variants.map((variant) => ({
        ...variant,
        metrics: variant.metrics.map((one) => ({ ...one, text: verdictText(one, margin) })),
      })),
    },
    drift: drift.map((finding) => ({ ...finding, text: driftText(finding) })),
  };
}

/** A value of a metric, with its unit: `2.41 ms`. */
export function valueText({ unit }: Metric, value: number): string {
  return amountText(valueAmount(unit, value));
}

function valueAmount(unit: Metric['unit'], value: number): Amount {
  switch (unit) {
    case 'microseconds':
      return microsecondsAmount(value);
    case 'perSecond':
      return { digits: `${value < 100 ? value.toFixed(1) : formatCount(value)}/s`, unit: '' };
    case 'bytesPerSecond': {
      const { digits, unit: bytes } = bytesAmount(value);
      return { digits, unit: `${bytes}/s` };
    }
    case 'cores':
      return { digits: value.toFixed(2), unit: 'cores' };
    case 'share':
      return { digits: String(Number((100 * value).toPrecision(3))), unit: '%' };
  }
}

/**
 * A shift with its interval, in the metric's unit: `+50.1 ms (49.0 to 51.2 ms)`; empty where it is unknown.
 *
 * @param shift - candidate minus baseline
 */
export function shiftText(metric: Metric, shift: Estimate): string {
  const { value, low, high } = shift;
  if (!Number.isFinite(low)) return '';
  const interval = intervalText(valueAmount(metric.unit, low), valueAmount(metric.unit, high));
  return `${value > 0 ? '+' : ''}${valueText(metric, value)} (${interval})`;
}

/** A share from 0 to 1 in percent: `99.69 %`. */
export function percentText(share: number): string {
  return `${Number((100 * share).toPrecision(4))} %`;
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) > 0 ? `+${text}` : Number(text) === 0 ? (0).toFixed(digits) : text;
}

function digitsOf(value: number): string {
  return String(Number(value.toPrecision(6)));
}
