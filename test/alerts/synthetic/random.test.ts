import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { purposes, Random } from '../../../src/alerts/synthetic/random.js';

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
