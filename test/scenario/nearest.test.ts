import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/scenario/nearest.js';

test.each([
  ['warmup', 'warmup', 0],
  ['warmpu', 'warmup', 1],
  ['partition', 'partitions', 1],
  ['stream', 'steam', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('from %s to %s it takes %i slips', (a, b, slips) => {
  expect(editDistance(a, b)).toBe(slips);
});

test('a distance is the same both ways and 0 for equal words only', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test('a word near nothing gets no proposal', () => {
  expect(nearest('colour', ['stream', 'replay'])).toBeUndefined();
  expect(nearest('Steam', ['stream', 'replay'])).toBe('stream');
});
