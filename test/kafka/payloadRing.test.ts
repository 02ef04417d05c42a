import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadRing } from '../../src/kafka/payloadRing.js';

const capacity = 1000;

describe('PayloadRing', () => {
  it('never gives a byte to two messages, whichever of them end first, and always has room again in the end', () => {
    const action = fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ release: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const ring = new PayloadRing(capacity);
        const inUse = new Map<number, { at: number; end: number }>();
        for (const step of actions) {
          if ('take' in step) {
            const at = ring.take(step.take);
            if (at < 0) {
              expect(inUse.size).toBeGreaterThan(0);
              continue;
            }
            const end = at + step.take;
            expect(end).toBeLessThanOrEqual(capacity);
            for (const other of inUse.values()) expect(end <= other.at || at >= other.end).toBe(true);
            inUse.set(ring.newest, { at, end });
          } else if (inUse.size > 0) {
            const sequence = [...inUse.keys()][step.release % inUse.size] ?? 0;
            inUse.delete(sequence);
            ring.release(sequence);
          }
        }
        for (const sequence of inUse.keys()) ring.release(sequence);
        expect(ring.messages).toBe(0);
        expect(ring.take(capacity)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a message that is larger than it, also while it is empty', () => {
    expect(new PayloadRing(capacity).take(capacity + 1)).toBe(-1);
  });

  it('keeps the place of a message that ended until those before it have ended', () => {
    const ring = new PayloadRing(capacity);
    expect([ring.take(400), ring.take(400)]).toEqual([0, 400]);
    ring.release(1);
    expect(ring.take(400)).toBe(-1);
    ring.release(0);
    expect(ring.take(400)).toBe(0);
  });

  it('holds a limited number of messages, however small they are', () => {
    const ring = new PayloadRing(1_000_000);
    let taken = 0;
    while (ring.take(1) >= 0) taken += 1;
    expect(taken).toBe(2 ** 17);
    ring.release(0);
    expect(ring.take(1)).toBeGreaterThanOrEqual(0);
    expect(ring.newest).toBe(2 ** 17);
  });
});
