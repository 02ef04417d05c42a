import { expect, test } from 'vitest';
import { ratesOf } from '../../bench/influxOverhead.js';

test('ratesOf takes each interval for what was delivered in it, and none that follows a switch', () => {
  // On for the intervals 0 to 4 and 15 to 19, off between: their points are delivered one interval later.
  const rateAt = (index: number): number => {
    if (index === 1 || index === 6 || index === 16) return 1e9;
    return index <= 5 || index >= 17 ? 100 : 200;
  };
  const records = Array.from({ length: 20 }, (_, index) => ({
    seconds: 2,
    counts: { sent: 0, acked: 2 * rateAt(index), failed: 0, received: 0 },
  }));
  expect(ratesOf(records)).toEqual({ on: 100, off: 200 });
  expect(ratesOf([])).toEqual({ on: NaN, off: NaN });
});
