import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueTimes, duesOfRun } from '../../src/measure/dueTimes.js';

function timesOf(points: readonly (readonly [offset: number, dueMs: number, phase?: string])[]): DueTimes {
  const times = new DueTimes();
  for (const [offset, dueMs, phase = 'steady'] of points) times.add(0, offset, dueMs, phase);
  return times;
}

function stretchesOf(
  times: Pick<DueTimes, 'stretches'>,
  from: number,
  to: number,
): [number, number, string][] {
  const found: [number, number, string][] = [];
  times.stretches(0, from, to, (count, dueMs, phase) => found.push([count, dueMs, phase]));
  return found;
}

describe('due times between points', () => {
  it.each([
    ['of a point', 110, 6000],
    ['between two, by offset', 105, 5500],
    ['before the first, as of the first', 90, 5000],
    ['after the last: unknown', 111, undefined],
  ])('%s', (_what, offset, due) => {
    const times = timesOf([
      [100, 5000],
      [110, 6000],
    ]);
    expect(times.dueOf(0, offset)).toBe(due);
    expect(times.dueOf(1, offset)).toBeUndefined();
  });

  it('points of two producers that come out of order are one line', () => {
    const times = timesOf([
      [100, 5000],
      [120, 7000],
      [110, 5200],
      [110, 9999],
    ]);
    expect(times.dueOf(0, 105)).toBe(5100);
    expect(times.dueOf(0, 115)).toBe(6100);
  });

  it('a stretch has the phase of the point after it, and is cut into tenths of a second', () => {
    const times = timesOf([
      [9, 1000, 'one'],
      [19, 1200, 'two'],
    ]);
    expect(stretchesOf(times, 9, 25)).toEqual([
      [1, 1000, 'one'],
      [5, 1060, 'two'],
      [5, 1160, 'two'],
      [5, 1200, 'two'],
    ]);
  });

  it('stretches cover every message once, whatever the points', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 20 });
    const span = fc.tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 600 }));
    fc.assert(
      fc.property(offsets, span, (list, [one, other]) => {
        const times = timesOf(list.map((offset) => [offset, offset * 10]));
        const from = Math.min(one, other);
        const to = Math.max(one, other);
        const counts = stretchesOf(times, from, to).map(([count]) => count);
        expect(counts.every((count) => count > 0)).toBe(true);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(to - from);
      }),
    );
  });

  it('what is forgotten leaves the rest as it was, and many points are thinned', () => {
    const times = timesOf(Array.from({ length: 20_000 }, (_, offset) => [offset * 10, offset * 100]));
    expect(times.dueOf(0, 5)).toBe(50);
    times.forget(0, 150_000);
    expect(times.dueOf(0, 150_005)).toBe(1_500_050);
    expect(times.dueOf(0, 199_990)).toBe(1_999_900);
  });
});

it('in a run, what is later than the points is known by when the end of the topic passed it', () => {
  const points = timesOf([
    [0, 1000],
    [10, 2000],
  ]);
  const ends = timesOf([
    [0, 1500, ''],
    [30, 4500, ''],
  ]);
  const dues = duesOfRun(points, ends);
  expect(dues.dueOf(0, 5)).toBe(1500);
  expect(dues.dueOf(0, 20)).toBe(3500);
  expect(stretchesOf(dues, 10, 12).map(([count, , phase]) => [count, phase])).toEqual([
    [1, 'steady'],
    [1, ''],
  ]);
});
