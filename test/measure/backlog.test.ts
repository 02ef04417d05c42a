import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backlogOf, type ReadSample } from '../../src/measure/backlog.js';

interface Reader {
  /** Messages per second that are due. */
  readonly rate: number;
  /** Messages per second that it can read. */
  readonly capacity: number;
  /** It looks for messages this often, and reads what it may at once. */
  readonly batchMs?: number;
  /** When it first looks. */
  readonly offsetMs?: number;
  /** How much each sample's time is off, at the most. */
  readonly jitterMs?: number;
  readonly settleMs?: number;
  readonly holdMs?: number;
}

/** A reader of known capacity, sampled each 100 ms. */
function judged(reader: Reader): ReturnType<typeof backlogOf> {
  const {
    rate,
    capacity,
    batchMs = 20,
    offsetMs = 0,
    jitterMs = 0,
    settleMs = 2000,
    holdMs = 10_000,
  } = reader;
  const samples: ReadSample[] = [];
  let read = 0;
  let counted = 0;
  for (let ms = 0; ms <= settleMs + holdMs; ms += 10) {
    if ((ms - offsetMs) % batchMs === 0) {
      const due = Math.floor((rate * ms) / 1000);
      read += Math.min(due - read, Math.floor((capacity * batchMs) / 1000));
    }
    if (ms % 100 === 0) {
      samples.push({ ms: ms + jitterMs * Math.sin(ms * 12.9898), count: read - counted });
      counted = read;
    }
  }
  return backlogOf(samples, { ratePerSecond: rate, fromMs: settleMs, toMs: settleMs + holdMs });
}

describe('the backlog of a reader', () => {
  it.each<[string, Reader, boolean]>([
    ['667/s for a reader of 500/s: the search that found 667/s', { rate: 667, capacity: 500 }, true],
    ['510/s for a reader of 500/s: 2 % are 100 messages in 10 s', { rate: 510, capacity: 500 }, true],
    ['500/s for a reader of 500/s', { rate: 500, capacity: 500 }, false],
    ['400/s for a reader of 500/s', { rate: 400, capacity: 500 }, false],
    ['a short hold, half a second', { rate: 667, capacity: 500, settleMs: 500, holdMs: 600 }, true],
    ['a short hold that is kept', { rate: 450, capacity: 500, settleMs: 500, holdMs: 600 }, false],
    ['clocks that are read 20 ms late', { rate: 520, capacity: 500, jitterMs: 20 }, true],
    ['clocks that are read late where all is read', { rate: 490, capacity: 500, jitterMs: 20 }, false],
    ['a reader of batches each second that keeps up', { rate: 490, capacity: 500, batchMs: 1000 }, false],
    ['a reader of batches each second that does not', { rate: 600, capacity: 500, batchMs: 1000 }, true],
  ])('grows or not: %s', (_, reader, grows) => {
    expect(judged(reader)?.grows).toBe(grows);
  });

  it('reads at its own capacity where too much is due', () => {
    expect(judged({ rate: 667, capacity: 500 })?.readPerSecond).toBeCloseTo(500, 0);
  });

  it('does not grow for any reader that keeps up, whatever its batches', () => {
    const reader = fc.record({
      rate: fc.integer({ min: 20, max: 5000 }),
      batchMs: fc.integer({ min: 1, max: 300 }).map((ten) => 10 * ten),
      offsetMs: fc.integer({ min: 0, max: 300 }).map((ten) => 10 * ten),
      jitterMs: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(reader, (one) => {
        expect(judged({ ...one, capacity: one.rate * 4 + 1000 })?.grows).toBe(false);
      }),
    );
  });

  it('does not grow by one message that comes a moment after its sample', () => {
    const samples = Array.from({ length: 10 }, (_, index) => ({
      ms: (index + 1) * 100,
      count: index === 4 ? 0 : 1,
    }));
    const held = { ratePerSecond: 10, fromMs: 0, toMs: 1000 };
    expect(backlogOf(samples, held)).toMatchObject({ grows: false });
    const half = samples.map(({ ms }, index) => ({ ms, count: index % 2 }));
    expect(backlogOf(half, held)).toMatchObject({
      grows: true,
      readPerSecond: expect.closeTo(5, 0) as number,
    });
  });

  it('grows for every smooth reader that is 3 % too slow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 5000 }),
        fc.integer({ min: 3, max: 300 }),
        (capacity, percent) => {
          const reader = { rate: capacity * (1 + percent / 100), capacity: Math.floor(capacity / 50) * 50 };
          expect(judged(reader)?.grows).toBe(true);
        },
      ),
    );
  });

  it('is not judged with too few samples', () => {
    expect(backlogOf([{ ms: 0, count: 1 }], { ratePerSecond: 1, fromMs: 0, toMs: 1000 })).toBeUndefined();
  });
});
