import type { Estimate } from './estimate.js';
import type { Metric } from './metrics.js';

export type Verdict = 'better' | 'worse' | 'no difference' | 'cannot tell';

/**
 * The verdict on a metric. A difference that is smaller than the margin is none, even where it is certain. The
 * estimate is the logarithm of the ratio, or the difference of shares, with its interval.
 *
 * @param margin - a share above 0: 0.05 is 5 %; for shares 5 % of all messages would be outrageous, so there
 * it is a thousandth of that
 */
export function verdictOn(metric: Metric, { low, high }: Estimate, margin: number): Verdict {
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
export function marginOf({ scale }: Metric, margin: number): readonly [number, number] {
  const most = scale === 'ratio' ? Math.log(1 + margin) : margin / 1000;
  return [-most, most];
}

/**
 * A change in words: `+12.3 %`, `3.4 times`, `over 100 times`, or for shares `+0.12 points`.
 *
 * @param value - logarithm of the ratio, or difference of shares
 */
export function changeText({ scale }: Metric, value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'any more' : 'any less';
  if (scale === 'difference') return `${signed(100 * value, 4)} points`;
  const ratio = Math.exp(value);
  // An interval of two repeats may reach far: its digits mean nothing then.
  if (ratio >= 99.95) return 'over 100 times';
  if (ratio < 1 / 99.95) return 'under a hundredth';
  if (ratio >= 2) return `${Number(ratio.toPrecision(3))} times`;
  return `${signed(100 * (ratio - 1), 1)} %`;
}

/**
 * The verdict in words, half a sentence: `worse: +12.3 % (+8.0 % to +16.9 %)`.
 *
 * @param margin - as a share
 */
export function verdictText(metric: Metric, verdict: Verdict, estimate: Estimate, margin: number): string {
  const { value, low, high, repeats } = estimate;
  const least = metric.scale === 'ratio' ? `${plain(100 * margin)} %` : `${plain(margin / 10)} points`;
  const what = verdict === 'no difference' ? `no difference within ${least}` : verdict;
  if (!Number.isFinite(low)) {
    return `${what}: ${repeats === 0 ? 'no repeats' : 'one repeat'} that can be compared, and two are the least`;
  }
  // A unit that is a word appears once within an interval.
  const to = changeText(metric, high);
  const unit = / (?:points|times)$/.exec(to)?.[0] ?? ' points';
  const from = changeText(metric, low);
  const short = from.endsWith(unit) ? from.slice(0, -unit.length) : from;
  return `${what}: ${changeText(metric, value)} (${short} to ${to})`;
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) > 0 ? `+${text}` : Number(text) === 0 ? (0).toFixed(digits) : text;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}
