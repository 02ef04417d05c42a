import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeIndex } from '../../../src/alerts/sources/timeIndex.js';

function indexOf(alerts: readonly (readonly [timeUs: number, bytes: number])[]): TimeIndex {
  const index = new TimeIndex();
  for (const [timeUs, bytes] of alerts) index.add(timeUs, bytes);
  return index;
}

describe('the order of alerts', () => {
  it('is that of their files where it is by time, or to be kept', () => {
    expect(
      indexOf([
        [5, 1],
        [5, 1],
        [7, 1],
      ]).order(false),
    ).toMatchObject({ firstUs: 5, spanUs: 2, moved: undefined });
    expect(
      indexOf([
        [7, 1],
        [5, 1],
      ]).order(true),
    ).toMatchObject({
      firstUs: 7,
      moved: undefined,
      disorder: { alerts: 1, firstIndex: 1, firstBehindUs: 2 },
    });
  });

  it('is by time else: what waits until those before it are read is counted', () => {
    // Sent as 1, 2, 3, 4: the alert of time 4 waits to the end, that of 3 for that of 2.
    const order = indexOf([
      [4, 100],
      [1, 10],
      [3, 30],
      [2, 20],
    ]).order(false);
    expect(order).toMatchObject({ firstUs: 1, spanUs: 3, disorder: undefined });
    expect([...(order.moved?.ranks ?? [])]).toEqual([3, 0, 2, 1]);
    expect(order.moved?.heldBytes).toBe(130);
    expect([...(order.moved?.offsets() ?? [])]).toEqual([0, 10, 30, 60, 160]);
  });

  it('is stable, and names each place once, whatever the times', () => {
    const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 3000,
    });
    fc.assert(
      fc.property(times, (alerts) => {
        const { moved } = indexOf(alerts).order(false);
        const ranks = [...(moved?.ranks ?? alerts.keys())];
        const sent: number[] = [];
        ranks.forEach((rank, found) => (sent[rank] = found));
        const expected = [...alerts.keys()].sort(
          (a, b) => (alerts[a]?.[0] ?? 0) - (alerts[b]?.[0] ?? 0) || a - b,
        );
        expect(sent).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
