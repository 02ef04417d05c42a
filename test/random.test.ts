import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purposes, Random, seededRandom } from '../src/random.js';

describe('random numbers', () => {
  it('are those of xoshiro128** 1.1 for the state 1, 2, 3, 4', () => {
    const random = new Random().setState(1, 2, 3, 4);
    // The first is rotl(2 · 5, 7) · 9; all were checked against the definition in exact integers.
    const drawn = Array.from({ length: 6 }, () => random.uint32());
    expect(drawn).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it('begin the same for the same seed, purpose and index, and differ when one of them does', () => {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const index = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(uint32, index, (seed, at) => {
        const first = (s: number, purpose: number, i: number): number[] => {
          const random = new Random().start(s, purpose, i);
          return [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
        };
        const here = first(seed, purposes.alert, at);
        expect(first(seed, purposes.alert, at)).toEqual(here);
        expect(first((seed + 1) % 2 ** 32, purposes.alert, at)).not.toEqual(here);
        expect(first(seed, purposes.visit, at)).not.toEqual(here);
        expect(first(seed, purposes.alert, at === 0 ? 1 : at - 1)).not.toEqual(here);
      }),
    );
  });

  it('have the mean and the spread that their names promise', () => {
    const random = new Random().start(7, purposes.noise, 0);
    const count = 50_000;
    const fractions = Array.from({ length: count }, () => random.fraction());
    const normals = Array.from({ length: count }, () => random.normal());
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
    expect(mean(fractions)).toBeCloseTo(0.5, 2);
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
  });
});

function draw(seed: number, count: number): number[] {
  const random = seededRandom(seed, purposes.runOrder);
  return Array.from({ length: count }, random);
}

describe('seededRandom', () => {
  it('draws the same numbers from the same seed, 0 or more and below 1', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const drawn = draw(seed, 20);
        expect(draw(seed, 20)).toEqual(drawn);
        expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
      }),
    );
  });

  it('draws what it drew when results were stored with their seeds', () => {
    expect(draw(1, 3).map((value) => value * 2 ** 32)).toMatchInlineSnapshot(`
      [
        437816620,
        800067897,
        2465326329,
      ]
    `);
  });

  it('draws evenly: each tenth gets its share, also for seeds that follow upon each other', () => {
    for (const drawn of [
      draw(7, 100_000),
      Array.from({ length: 100_000 }, (_, seed) => draw(seed, 1)[0] ?? 0),
    ]) {
      const tenths = new Array<number>(10).fill(0);
      for (const value of drawn) tenths[Math.floor(value * 10)] = (tenths[Math.floor(value * 10)] ?? 0) + 1;
      // Five standard deviations of a share of 10,000.
      for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(475);
    }
  });
});
