import { describe, expect, test } from 'vitest';
import {
  compareRuns,
  verdictOn,
  type Measurement,
  type MetricComparison,
  type MetricVerdict,
} from '../../src/compare/comparison.js';
import { driftOf } from '../../src/compare/drift.js';
import { pairedEstimate, unpairedEstimate, type Estimate } from '../../src/compare/intervals.js';
import { metrics } from '../../src/compare/comparedMetrics.js';
import { driftText, verdictText } from '../../src/report/compareText.js';

const metric = (key: string) => {
  const found = metrics.find((one) => one.key === key);
  if (found === undefined) throw new Error(`no metric ${key}`);
  return found;
};

function comparisonOf(key: string, verdict: MetricVerdict, change: Estimate): MetricComparison {
  return {
    metric: metric(key),
    baseline: 1,
    candidate: 1,
    change,
    shift: change,
    verdict,
    repeatsNeeded: null,
  };
}

describe('a verdict', () => {
  const log = Math.log;
  test.each([
    ['a latency that surely rose', 'ack.p50', log(1.08), log(1.2), 'worse'],
    ['a latency that surely fell', 'ack.p50', log(0.7), log(0.9), 'better'],
    ['a throughput that surely rose', 'achievedRate', log(1.08), log(1.2), 'better'],
    ['a throughput that surely fell', 'achievedRate', log(0.7), log(0.9), 'worse'],
    ['a small rise, however sure', 'ack.p50', log(1.01), log(1.03), 'no difference'],
    ['a rise that is sure and may be small', 'ack.p50', log(1.01), log(1.2), 'worse'],
    [
      'an interval with zero in it that goes beyond the margin',
      'ack.p50',
      log(0.9),
      log(1.04),
      'cannot tell',
    ],
    ['nothing known', 'ack.p50', -Infinity, Infinity, 'cannot tell'],
    ['messages that are lost', 'lost', 0.001, 0.01, 'worse'],
    ['no message lost by either', 'lost', 0, 0, 'no difference'],
  ])('on %s', (_what, key, low, high, verdict) => {
    const estimate = { value: (low + high) / 2, low, high, pValue: 1, repeats: 4 };
    expect(verdictOn(metric(key), estimate, 0.05)).toBe(verdict);
  });

  test.each([
    ['ack.p50', 'worse', 1.123, 1.08, 1.169, 'worse: +12.3 % (+8.0 % to +16.9 %)'],
    ['ack.p50', 'worse', 11.2, 10.1, 12.5, 'worse: 11.2 times (10.1 to 12.5 times)'],
    [
      'ack.p50',
      'cannot tell',
      2.07,
      1e-9,
      1e9,
      'cannot tell: 2.07 times (under a hundredth to over 100 times)',
    ],
    ['ack.p50', 'no difference', 1, 0.99, 1.01, 'no difference within 5 %: 0.0 % (-1.0 % to +1.0 %)'],
  ] as const)('is told with its figures', (key, verdict, value, low, high, text) => {
    const estimate = { value: log(value), low: log(low), high: log(high), pValue: 0, repeats: 4 };
    expect(verdictText(comparisonOf(key, verdict, estimate), 0.05)).toBe(text);
  });

  test('on shares is told in points', () => {
    const estimate = { value: 0.0012, low: 0.0007, high: 0.0017, pValue: 0, repeats: 4 };
    const text = 'worse: +0.1200 points (+0.0700 to +0.1700 points)';
    expect(verdictText(comparisonOf('lost', 'worse', estimate), 0.05)).toBe(text);
  });
});

describe('an estimate', () => {
  test('of pairs is that of a textbook', () => {
    // Mean 2, standard deviation 1, n 3: 2 ± 4.303 / √3; t = 3.464 with 2 degrees of freedom, p = 0.0742.
    const { value, low, high, pValue } = pairedEstimate([1, 2, 3], 0.05);
    expect(value).toBe(2);
    expect(high - value).toBeCloseTo(4.303 / Math.sqrt(3), 3);
    expect(value - low).toBeCloseTo(4.303 / Math.sqrt(3), 3);
    expect(pValue).toBeCloseTo(0.0742, 4);
  });

  test('of one pair has no limits', () => {
    expect(pairedEstimate([1], 0.05)).toMatchObject({ low: -Infinity, high: Infinity, pValue: 1 });
  });

  test('of a single run takes the spread of the others', () => {
    const { value, high } = unpairedEstimate([1, 2, 3], [5], 0.05);
    expect(value).toBe(3);
    expect(high - value).toBeCloseTo(4.303 * Math.sqrt(1 + 1 / 3), 2);
  });

  test('of two single runs has no limits', () => {
    expect(unpairedEstimate([1], [5], 0.05)).toMatchObject({ low: -Infinity, high: Infinity });
  });
});

const run = (
  variant: string,
  block: number,
  position: number,
  value: number,
  control = false,
): Measurement => ({
  run: `${variant}${position}`,
  variant,
  block,
  position,
  control,
  values: { 'ack.p50': value },
});

describe('a comparison', () => {
  const rules = { baseline: 'A', alpha: 0.05, margin: 0.05, paired: true };

  test('of equal readings of a coarse instrument is no proof beyond its step', () => {
    const runs = [0, 1, 2].flatMap((block) => [
      run('A', block, 2 * block, 1000),
      run('B', block, 2 * block + 1, 1000),
    ]);
    const [found] = compareRuns(runs, rules).variants[0]?.metrics ?? [];
    expect(found?.change).toMatchObject({ low: -0.001, high: 0.001 });
  });

  test('leaves blocks out in which one of the two does not count, and names metrics that are missing', () => {
    const runs = [
      run('A', 0, 0, 10),
      run('B', 0, 1, 20),
      run('B', 1, 2, 20),
      run('A', 2, 4, 10),
      run('B', 2, 5, 21),
    ];
    const comparison = compareRuns(runs, rules);
    expect(comparison.variants[0]?.metrics[0]?.change.repeats).toBe(2);
    expect(comparison.missing).toContain('endToEnd.p99');
  });
});

describe('drift', () => {
  const steady = [0, 1, 2, 3].flatMap((block) => [
    run('A', block, 2 * block, 1000 + (block % 2) * 8),
    run('B', block, 2 * block + 1, 1200 - (block % 3) * 7),
  ]);

  test('is not found where nothing changes', () => {
    expect(driftOf([...steady, run('A', 4, 8, 1004, true)], 'A', 0.05)).toEqual([]);
  });

  test('is found as a trend through all runs, whatever the variant', () => {
    const rising = steady.map((one) => ({
      ...one,
      values: { 'ack.p50': (one.values['ack.p50'] ?? 0) * 1.1 ** one.position },
    }));
    const kinds = driftOf(rising, 'A', 0.05).map((finding) => [finding.kind, driftText(finding)]);
    expect(kinds[0]?.[0]).toBe('trend');
    expect(kinds[0]?.[1]).toMatch(/^ack p50 drifted .*: \+9\d\.\d % from the first run to the last$/);
  });

  test('is found in a control that does not fit its repeats', () => {
    const kinds = driftOf([...steady, run('A', 4, 8, 2000, true)], 'A', 0.05).map(({ kind }) => kind);
    expect(kinds).toContain('control');
  });
});
