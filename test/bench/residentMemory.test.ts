import { describe, expect, it } from 'vitest';
import { growthPerStep, mediansOfMinutes } from '../../bench/support/residentMemory.js';

/** A sample a second, of a run that began at 3.02 s. */
const everySecond = (count: number, megabytes: (second: number) => number) =>
  Array.from({ length: count }, (_, second) => ({
    atSeconds: 3.02 + second,
    megabytes: megabytes(second),
  }));

describe('the resident memory of each minute', () => {
  it.each([
    ['is the median of its seconds', 180, (second: number) => 100 + Math.floor(second / 60), [100, 101, 102]],
    ['is not moved by one large second', 60, (second: number) => (second === 30 ? 900 : 100), [100]],
    ['leaves out a minute that was cut off', 150, () => 100, [100, 100]],
    ['is all there is of less than a minute', 20, () => 100, [100]],
  ])('%s', (_sentence, count, megabytes, expected) => {
    expect(mediansOfMinutes(everySecond(count, megabytes), 60)).toEqual(expected);
  });

  it('is there for every minute where the last second was told a moment early', () => {
    const samples = everySecond(120, () => 100).map((sample, index) =>
      index === 119 ? { ...sample, atSeconds: sample.atSeconds - 0.3 } : sample,
    );
    expect(mediansOfMinutes(samples, 60)).toEqual([100, 100]);
  });

  it('is nothing of nothing', () => {
    expect(mediansOfMinutes([], 60)).toEqual([]);
  });
});

describe('the growth of a series', () => {
  it.each([
    ['a straight line grows by its slope', [100, 102, 104], 2],
    ['up and down again is no growth', [100, 102, 100], 0],
    ['shrinking is negative', [104, 102, 100], -2],
    ['one value does not grow', [100], 0],
    ['none does not either', [], 0],
  ])('%s', (_sentence, values, expected) => {
    expect(growthPerStep(values)).toBeCloseTo(expected, 12);
  });
});
