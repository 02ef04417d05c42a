import { describe, expect, it } from 'vitest';
import { bytesPerHour, memoryGrowthOf } from '../../src/measure/memoryGrowth.js';

const MB = 1e6;

/** A sample a second. */
const samples = (seconds: number, megabytes: (second: number) => number) =>
  Array.from({ length: seconds + 1 }, (_, second) => ({
    atMs: 1e12 + second * 1000,
    rssBytes: megabytes(second) * MB,
  }));

describe('memoryGrowthOf', () => {
  it.each<[string, ReturnType<typeof samples>, boolean]>([
    ['nothing was seen', [], false],
    ['it stays', samples(60, () => 80), false],
    ['it grows by a megabyte a second', samples(60, (second) => 50 + second), true],
    ['it grows all the time, and breathes', samples(60, (s) => 50 + s + 5 * Math.sin(s)), true],
    ['it grows in steps', samples(120, (s) => 50 + 20 * Math.floor(s / 10)), true],
    ['a buffer fills in the first quarter', samples(60, (s) => 50 + 5 * Math.min(s, 15)), false],
    ['a buffer fills in the first half', samples(60, (s) => 50 + 5 * Math.min(s, 30)), false],
    ['a cache levels off', samples(60, (s) => 50 + 200 * (1 - Math.exp(-s / 10))), false],
    ['it goes up and down', samples(60, (s) => 50 + 40 * Math.sin(s / 10)), false],
    ['it grows by a thousandth of what it has', samples(60, (s) => 8000 + s / 7), false],
    ['a client reads ahead of a slow consumer', samples(35, (s) => 27 + 2.5 * Math.min(s, 32)), false],
    ['a slow member does, as it was seen in a run of 30 s', samples(29, (s) => 76 + 2.4 * s), false],
    ['it keeps all that it reads, in 30 s', samples(30, (s) => 30 + 8 * s), true],
    ['ten seconds are too short', samples(10, (s) => 50 + 10 * s), false],
  ])('%s: %#', (_, list, grows) => {
    expect(memoryGrowthOf(list) !== undefined).toBe(grows);
  });

  it('says from where to where, and what that is in an hour', () => {
    const growth = memoryGrowthOf(samples(800, (second) => 50 + second));
    expect(growth).toMatchObject({ fromBytes: 350 * MB, toBytes: 750 * MB, seconds: 400 });
    expect(growth?.bytesPerHour).toBeCloseTo(3600 * MB, -4);
  });

  it('does not say what a growth of less than 5 minutes is in an hour', () => {
    const growth = memoryGrowthOf(samples(80, (second) => 50 + second));
    expect(growth).toEqual({ fromBytes: 80 * MB, toBytes: 120 * MB, seconds: 40, bytesPerHour: null });
  });
});

it('the slope is that of a line through all samples, in an hour', () => {
  expect(bytesPerHour(samples(30, (second) => 50 + 2 * second))).toBeCloseTo(7200 * MB, -4);
  expect(bytesPerHour(samples(30, () => 50))).toBeCloseTo(0, 3);
  expect(bytesPerHour(samples(5, (second) => second))).toBeNull();
});
