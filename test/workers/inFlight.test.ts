import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../src/workers/inFlight.js';

describe('InFlight', () => {
  it('numbers the messages of each partition, and knows phase and answer of each', () => {
    /** True numbers a message; a number answers that one of those in flight. */
    const steps = fc.array(fc.oneof(fc.record({ partition: fc.nat(2), newPhase: fc.boolean() }), fc.nat()), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (capacity, actions) => {
        const inFlight = new InFlight(3, capacity);
        const numbered = [0, 0, 0];
        const waiting = new Map<string, { partition: number; sequence: number; phase: number }>();
        let phase = 0;
        for (const action of actions) {
          if (typeof action === 'object') {
            if (inFlight.room === 0) continue;
            const { partition, newPhase } = action;
            if (newPhase) phase += 1;
            const sequence = inFlight.take(partition, phase);
            expect(sequence).toBe(numbered[partition]);
            numbered[partition] = sequence + 1;
            waiting.set(`${partition}/${sequence}`, { partition, sequence, phase });
          } else {
            const found = [...waiting][action % Math.max(1, waiting.size)];
            if (found === undefined) continue;
            const [key, message] = found;
            expect(inFlight.answer(message.partition, message.sequence)).toBe(message.sequence);
            expect(inFlight.phase(message.partition, message.sequence)).toBe(message.phase);
            waiting.delete(key);
          }
          expect(inFlight.room).toBe(capacity - waiting.size);
          const names = [...inFlight.unanswered()].map(
            ({ partition, sequence }) => `${partition}/${sequence}`,
          );
          expect(names.sort()).toEqual([...waiting.keys()].sort());
        }
      }),
    );
  });

  it('gives the number of a message that was not handed over to the next one, in its phase', () => {
    const inFlight = new InFlight(1, 10);
    inFlight.take(0, 0);
    inFlight.take(0, 1);
    inFlight.takeBack(0);
    expect(inFlight.take(0, 2)).toBe(1);
    expect([inFlight.phase(0, 0), inFlight.phase(0, 1), inFlight.room]).toEqual([0, 2, 8]);
  });

  it.each([
    ['a message twice', 0],
    ['a message that was never sent', 1],
  ])('refuses an answer for %s', (_, lower) => {
    const inFlight = new InFlight(1, 10);
    inFlight.take(0, 0);
    inFlight.answer(0, 0);
    expect(() => inFlight.answer(0, lower)).toThrow(
      `message ${lower} of partition 0 was answered, but is not in flight`,
    );
    expect(inFlight.room).toBe(10);
  });

  it('refuses an answer of a partition that it does not know', () => {
    expect(() => new InFlight(1, 10).answer(1, 0)).toThrow('is not known to have a partition 1');
  });

  it('tells sequences apart that have the same lower 32 bits', () => {
    const inFlight = new InFlight(1, 10, [2 ** 32 - 1]);
    expect([inFlight.take(0, 0), inFlight.take(0, 0)]).toEqual([2 ** 32 - 1, 2 ** 32]);
    expect(inFlight.answer(0, 0)).toBe(2 ** 32);
    expect(inFlight.answer(0, 2 ** 32 - 1)).toBe(2 ** 32 - 1);
  });
});
