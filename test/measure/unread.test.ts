import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesBehind } from '../../src/measure/unread.js';

describe('messagesBehind', () => {
  it.each([
    ['the end of every partition', [10, 5], 0],
    ['the beginning, where nothing was read', [undefined, undefined], 13],
    ['the middle of one, and the beginning of another', [4, undefined], 9],
  ])('counts from %s', (_place, nexts, behind) => {
    const ends = [
      { low: 0, high: 10 },
      { low: 2, high: 5 },
    ];
    const positions = nexts.flatMap((next, partition) => (next === undefined ? [] : [{ partition, next }]));
    expect(messagesBehind(ends, positions)).toBe(behind);
  });

  it('goes by the member that stood furthest, where a partition changed hands', () => {
    const positions = [7, 9, 3].map((next) => ({ partition: 0, next }));
    expect(messagesBehind([{ low: 0, high: 10 }], positions)).toBe(1);
  });

  it('never is more than what the stream holds, nor less than nothing', () => {
    const offset = fc.nat(1000);
    fc.assert(
      fc.property(
        fc.array(fc.record({ low: offset, messages: offset })),
        fc.array(fc.record({ partition: fc.nat(5), next: offset })),
        (partitions, positions) => {
          const ends = partitions.map(({ low, messages }) => ({ low, high: low + messages }));
          const behind = messagesBehind(ends, positions);
          expect(behind).toBeGreaterThanOrEqual(0);
          expect(behind).toBeLessThanOrEqual(partitions.reduce((sum, { messages }) => sum + messages, 0));
        },
      ),
    );
  });
});
