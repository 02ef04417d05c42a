import { describe, expect, it } from 'vitest';
import { twoSentences } from '../src/errors.js';

describe('two sentences in one message', () => {
  it.each([
    ['the disk is full', 'the disk is full. All is in a'],
    ['it had no members; does it run?', 'it had no members; does it run? All is in a'],
    ['Connection refused.', 'Connection refused. All is in a'],
  ])('are divided by one mark after: %s', (first, both) => {
    expect(twoSentences(first, 'All is in a')).toBe(both);
  });
});
