import { describe, expect, it } from 'vitest';
import { bytesOption, numberOption, rateOption, secondsOption, wordOr } from '../../src/cli/numbers.js';
import { retentionOption } from '../../src/cli/topic.js';

it.each([
  [bytesOption, '200kB', 200_000],
  [bytesOption, '8000', 8000],
  [secondsOption, '37s', 37],
  [secondsOption, ' 0.5 ', 0.5],
  [rateOption, '16000/min', 16_000 / 60],
  [rateOption, '50', 50],
])('an option with a unit takes it, or a bare number: %o %s', (read, text, value) => {
  expect(read(text)).toBeCloseTo(value, 9);
});

it('an option with a unit names one', () => {
  expect(() => bytesOption('eight')).toThrow('It must be a size such as 82kB, but is "eight".');
  expect(() => bytesOption('')).toThrow('It must be a size');
});

describe('an option that takes several kinds of values', () => {
  it('is what it says', () => {
    expect(wordOr('none', numberOption(1))('none')).toBe('none');
    expect(wordOr('none', numberOption(1))('8081')).toBe(8081);
    expect(retentionOption('1h')).toEqual({ kind: 'time', ms: 3_600_000 });
    expect(retentionOption('10GB')).toEqual({ kind: 'size', bytes: 10e9 });
  });

  it.each([
    [
      'none, or a port',
      () => wordOr('none', numberOption(1, 'whole', 65_535))('non'),
      'It takes a whole number, 1 to 65535. It may also be none.',
    ],
    [
      'recorded, or a rate',
      () => wordOr('recorded', rateOption)('fast'),
      'It must be a rate such as 500/s, but is "fast". It may also be recorded.',
    ],
    [
      'a time or a size',
      () => retentionOption('banana'),
      'It must be a time or a size, such as 1h or 10GB, but is "banana".',
    ],
    [
      'a time or a size',
      () => retentionOption('10'),
      'It must be a time or a size, such as 1h or 10GB, but is "10".',
    ],
  ])('names all of them: %s', (_what, read, says) => {
    expect(read).toThrow(says);
  });
});
