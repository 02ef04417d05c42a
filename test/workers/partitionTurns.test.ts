import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastBytes, PartitionTurns, runBytes } from '../../src/workers/partitionTurns.js';

describe('the turns of partitions', () => {
  it('pass with each message where messages do not follow close upon each other', () => {
    const turns = new PartitionTurns(3, 1);
    expect(Array.from({ length: 7 }, () => turns.take(1, false))).toEqual([1, 2, 0, 1, 2, 0, 1]);
  });

  it.each([
    ['messages of 100 B', 100, 656],
    ['messages of 1 kB', 1000, 66],
    ['messages of 10 kB', 10_000, 7],
    ['messages that are larger than a run', 85_000, 1],
    ['messages without a value', 0, runBytes / leastBytes],
  ])('pass in runs of 64 kB: %s', (_sentence, bytes, run) => {
    const turns = new PartitionTurns(2, 0);
    const taken = Array.from({ length: 3 * run }, () => turns.take(bytes, true));
    expect(taken).toEqual(Array.from({ length: 3 * run }, (_, index) => Math.floor(index / run) % 2));
  });

  it('begin anew with the partition of the first message that was not sent', () => {
    const turns = new PartitionTurns(4, 0);
    turns.take(runBytes, true);
    turns.take(100, true);
    turns.take(runBytes, true);
    turns.returnTo(1);
    expect([turns.take(runBytes - 1, true), turns.take(1, true), turns.take(1, true)]).toEqual([1, 1, 2]);
  });

  it('leave no partition more than a run and a message ahead of another, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 300 }),
        (partitions, sizes) => {
          const turns = new PartitionTurns(partitions, 0);
          const counted = Array<number>(partitions).fill(0);
          const largest = Math.max(...sizes);
          for (const bytes of sizes) {
            const partition = turns.take(bytes, true);
            expect(partition).toBeLessThan(partitions);
            counted[partition] = (counted[partition] ?? 0) + Math.max(leastBytes, bytes);
          }
          // A run may be as much longer as its last message: that adds up over the rounds.
          const rounds =
            Math.ceil(counted.reduce((sum, bytes) => sum + bytes, 0) / runBytes / partitions) + 1;
          expect(Math.max(...counted) - Math.min(...counted)).toBeLessThanOrEqual(
            runBytes + Math.max(leastBytes, largest) * rounds,
          );
        },
      ),
    );
  });
});
