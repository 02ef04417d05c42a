import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlightTable } from '../../src/workers/inFlightTable.js';

describe('InFlightTable', () => {
  it('never hands out a slot twice, and remembers what lies in each', () => {
    /** True takes a slot; a number gives back that one of those that are taken. */
    const steps = fc.array(fc.oneof(fc.constant(true as const), fc.nat()), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (capacity, actions) => {
        const table = new InFlightTable(capacity);
        const taken = new Map<
          number,
          { lagUs: number; partition: number; sequence: number; phase: number }
        >();
        let sequence = 0;
        for (const action of actions) {
          if (action === true) {
            if (table.room === 0) continue;
            const message = { lagUs: sequence * 1.5, partition: sequence % 3, sequence, phase: sequence % 5 };
            const slot = table.take(message.lagUs, message.partition, sequence, message.phase);
            expect(taken.has(slot)).toBe(false);
            expect(slot).toBeGreaterThanOrEqual(0);
            expect(slot).toBeLessThan(capacity);
            taken.set(slot, message);
            sequence += 1;
          } else {
            const slot = [...taken.keys()][action % Math.max(1, taken.size)];
            if (slot === undefined) continue;
            table.release(slot);
            taken.delete(slot);
          }
          expect(table.room).toBe(capacity - taken.size);
          for (const [slot, message] of taken) {
            expect({
              lagUs: table.lagUs(slot),
              sequence: table.sequence(slot),
              phase: table.phase(slot),
            }).toEqual({
              lagUs: message.lagUs,
              phase: message.phase,
              sequence: message.sequence,
            });
          }
          const bySequence = (a: { sequence: number }, b: { sequence: number }): number =>
            a.sequence - b.sequence;
          expect([...table.inFlight()].sort(bySequence)).toEqual(
            [...taken.values()]
              .map(({ partition, sequence: of }) => ({ partition, sequence: of }))
              .sort(bySequence),
          );
        }
      }),
    );
  });

  it('refuses a message too many rather than giving it the slot of another', () => {
    const table = new InFlightTable(2);
    table.take(0, 0, 0, 0);
    table.take(0, 0, 1, 0);
    expect(() => table.take(0, 0, 2, 0)).toThrow('more than 2 messages are in flight');
    expect(table.room).toBe(0);
  });

  it('refuses to take back a slot that is not taken', () => {
    const table = new InFlightTable(2);
    const slot = table.take(0, 5, 0, 0);
    table.release(slot);
    expect(() => {
      table.release(slot);
    }).toThrow(`message ${slot} was answered, but is not in flight`);
    expect(table.room).toBe(2);
  });

  it('holds lags and sequences beyond 32 bits', () => {
    const table = new InFlightTable(1);
    const slot = table.take(3.6e9 + 0.5, 0, 2 ** 53 - 1, 0);
    expect([table.lagUs(slot), table.sequence(slot)]).toEqual([3.6e9 + 0.5, 2 ** 53 - 1]);
  });
});
