import { describe, expect, it } from 'vitest';
import { TimeOrder } from '../../src/alerts/timeOrder.js';

function orderOf(times: readonly number[]): TimeOrder {
  const order = new TimeOrder();
  for (const time of times) order.add(time);
  return order;
}

describe('TimeOrder', () => {
  it.each([
    ['nothing', [], 0, undefined, { beforeIndex: 0, us: 0 }],
    ['one alert', [7], 0, undefined, { beforeIndex: 0, us: 0 }],
    ['alerts in order, some together', [10, 10, 30, 35], 25, undefined, { beforeIndex: 2, us: 20 }],
    [
      'two alerts behind a later one',
      [10, 40, 20, 39, 50],
      40,
      { alerts: 2, firstIndex: 2, firstBehindUs: 20 },
      { beforeIndex: 1, us: 30 },
    ],
    [
      'all in reverse: every one but the first',
      [30, 20, 10],
      0,
      { alerts: 2, firstIndex: 1, firstBehindUs: 10 },
      { beforeIndex: 0, us: 0 },
    ],
  ])('of %s', (_what, times, spanUs, disorder, longestGap) => {
    const order = orderOf(times);
    expect([order.alerts, order.spanUs, order.disorder, order.longestGap]).toEqual([
      times.length,
      spanUs,
      disorder,
      longestGap,
    ]);
  });

  it('says once that an alert is out of order', () => {
    const order = new TimeOrder();
    expect([1, 3, 2, 1, 4].map((time) => order.add(time))).toEqual([false, false, true, false, false]);
  });
});
