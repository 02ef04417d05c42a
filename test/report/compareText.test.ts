import { describe, expect, test } from 'vitest';
import { metrics } from '../../src/compare/comparedMetrics.js';
import { shiftText } from '../../src/report/compareText.js';

describe('shiftText', () => {
  test.each([
    ['ack.p50', 50_100, 49_000, 51_200, '+50.1 ms (49.0 to 51.2 ms)'],
    ['ack.p50', -300, -1200, 600, '-300 µs (-1.20 ms to 600 µs)'],
    ['brokerCpu', -0.03, -0.1, 0.05, '-0.03 cores (-0.10 to 0.05 cores)'],
    ['achievedRate', 0.1, -0.3, 0.3, '+0.1/s (-0.3/s to 0.3/s)'],
    ['ack.p50', 1, -Infinity, Infinity, ''],
  ])('of %s names each unit once', (key, value, low, high, text) => {
    const metric = metrics.find((one) => one.key === key);
    if (metric === undefined) throw new Error(`there is no metric ${key}`);
    expect(shiftText(metric, { value, low, high, pValue: 1, repeats: 4 })).toBe(text);
  });
});
