import { expect, it } from 'vitest';
import {
  producerTimestamp,
  producerTimestampBytes,
  withProducerTimestamp,
} from '../../src/kafka/producerTimestamp.js';

it.each([
  ['2001-09-09, the first with 13 digits', 1e12, '1000000000000.0000'],
  ['2026', 1_795_846_102_123.456_8, '1795846102123.4568'],
  ['2286, the last with 13 digits', 9_999_999_999_999, '9999999999999.0000'],
])('the time stamp of %s is as long as its room', (_when, nowMs, text) => {
  expect(producerTimestamp(nowMs)).toBe(text);
  expect(text).toHaveLength(producerTimestampBytes);
});

it('takes the place of one that is there, and is the last header', () => {
  expect(withProducerTimestamp([{ producer_timestamp: 'old' }, { other: 'kept' }], 'new')).toEqual([
    { other: 'kept' },
    { producer_timestamp: 'new' },
  ]);
});
