import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastNotAbove } from '../../src/schedule/lastNotAbove.js';

describe('lastNotAbove', () => {
  it.each([
    ['the first of several', [0, 10, 20], 0, 0],
    ['the one before, just below the next', [0, 10, 20], 9.999, 0],
    ['the one that it equals', [0, 10, 20], 10, 1],
    ['the last, however far beyond', [0, 10, 20], 1e12, 2],
    ['the last of equal ones', [0, 10, 10, 10, 20], 10, 3],
    ['the first where all are above', [5, 10], 1, 0],
    ['the only one', [0], 7, 0],
  ])('finds %s', (_, ascending, value, position) => {
    expect(lastNotAbove(ascending, value)).toBe(position);
  });

  it('finds what one finds who looks at each', () => {
    const lists = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lists, fc.integer({ min: -5, max: 55 }), (numbers, value) => {
        const ascending = numbers.sort((a, b) => a - b);
        expect(lastNotAbove(ascending, value)).toBe(
          Math.max(
            0,
            ascending.findLastIndex((number) => number <= value),
          ),
        );
      }),
    );
  });
});
