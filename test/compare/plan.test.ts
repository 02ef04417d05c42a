import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksOf, runOrder } from '../../src/compare/design.js';
import { repeatsNeeded } from '../../src/compare/comparison.js';

describe('the order of an experiment', () => {
  test('turns every other block round, and ends with the first variant as a control', () => {
    const slots = runOrder(['A', 'B', 'C'], 2, 'balanced', 0);
    expect(slots.map(({ variant }) => variant).join('')).toBe('ABCCBAA');
    expect(slots.map(({ control }) => control).indexOf(true)).toBe(6);
    expect(slots.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('takes a steady drift out of every difference over each two blocks', () => {
    const slots = runOrder(['A', 'B', 'C', 'D'], 6, 'balanced', 0).filter(({ control }) => !control);
    const sumOf = (name: string): number =>
      slots.filter(({ variant }) => variant === name).reduce((sum, { position }) => sum + position, 0);
    expect(new Set(['A', 'B', 'C', 'D'].map(sumOf)).size).toBe(1);
  });

  test('has each variant once in each block, and is the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (names, repeats, seed) => {
          const slots = runOrder(names, repeats, 'random', seed);
          expect(runOrder(names, repeats, 'random', seed)).toEqual(slots);
          for (let block = 0; block < repeats; block += 1) {
            const inBlock = slots.filter((slot) => slot.block === block).map(({ variant }) => variant);
            expect(inBlock.sort()).toEqual([...names].sort());
          }
        },
      ),
    );
  });
});

describe('looks', () => {
  test.each([
    [6, false, [[6, 0.05]]],
    [3, true, [[3, 0.05]]],
    [4, true, [[4, 0.05]]],
    [
      8,
      true,
      [
        [4, 0.0125],
        [6, 0.0125],
        [8, 0.025],
      ],
    ],
  ])('of %i repeats, stopping early %s', (repeats, stopEarly, looks) => {
    expect(looksOf(repeats, 0.05, stopEarly).map((look) => [look.repeats, look.alpha])).toEqual(looks);
  });

  test('never spend more than the error rate', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.boolean(), (repeats, stopEarly) => {
        const looks = looksOf(repeats, 0.05, stopEarly);
        expect(looks.reduce((sum, { alpha }) => sum + alpha, 0)).toBeCloseTo(0.05, 12);
        expect(looks.at(-1)?.repeats).toBe(repeats);
      }),
    );
  });
});

describe('repeats that are needed', () => {
  test.each([
    // Student's quantiles of a table: 2.776 with 4 degrees of freedom, 2.571 with 5.
    ['an interval just reached by 5', 1, 2.78 / Math.sqrt(5), 5],
    ['a little narrower: 6', 1, 2.7 / Math.sqrt(5), 6],
    ['no spread at all: two', 0, 0.01, 2],
  ])('%s', (_what, spread, reach, repeats) => {
    expect(repeatsNeeded(spread, reach, 0.05)).toBe(repeats);
  });

  test('are none where 1,000 do not do', () => {
    expect(repeatsNeeded(1, 0.001, 0.05)).toBeUndefined();
  });
});
