import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesBehind, unreadText } from '../../src/measure/unread.js';

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

describe('unreadText', () => {
  it.each([
    ['nothing where nothing is lost', 0, 7, undefined],
    ['late', 500, 500, 'late: the group was 500 messages behind when the drain of 2 s was over'],
    ['late, with messages behind that failed', 500, 600, 'late: the group was 600 messages behind'],
    ['missing', 3, 0, 'missing: the group had read to the end of the stream'],
    ['both', 5, 2, 'the group was 2 messages behind when the drain of 2 s was over: the other 3 are missing'],
    ['that nobody knows', 5, undefined, 'it is not known how far behind the group was'],
  ])('says %s', (_what, lost, behind, text) => {
    const said = unreadText({ lost, behind }, 'the drain of 2 s was over');
    if (text === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(text);
  });
});
