import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadFeed } from '../../src/workers/alertFeed.js';
import { AheadOrder } from '../../src/workers/aheadOrder.js';
import { AheadRing } from '../../src/workers/aheadRing.js';

/** One pass of writer and reader: a message of this size, or one is read. */
type Step = { readonly bytes: number } | 'read';

const ringBytes = 64 + 8 * 100;

describe('AheadRing', () => {
  it('gives every message back once, whole and in order, whatever their sizes and whoever is ahead', () => {
    const steps = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 300 }).map((bytes): Step => ({ bytes })),
        fc.constant('read' as const),
      ),
      { minLength: 20, maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, fc.constantFrom(0, 72), (taken, from) => {
        const shared = new SharedArrayBuffer(from + ringBytes);
        const memory = Buffer.from(shared);
        const writer = new AheadRing(shared, from, ringBytes);
        const reader = new AheadRing(shared, from, ringBytes);
        const waiting: { number: number; bytes: number }[] = [];
        let number = 0;
        for (const step of taken) {
          if (step === 'read') {
            const entry = reader.peek();
            const expected = waiting.shift();
            expect(entry === undefined ? undefined : { number: entry.number, bytes: entry.bytes }).toEqual(
              expected,
            );
            if (entry === undefined) continue;
            const value = memory.subarray(entry.at, entry.at + entry.bytes);
            expect(value.equals(Buffer.alloc(entry.bytes, entry.number % 251))).toBe(true);
            reader.release(entry);
          } else {
            const room = writer.roomFor(number, step.bytes);
            if (room === undefined) {
              expect(waiting.length).toBeGreaterThan(0);
              continue;
            }
            room.fill(number % 251);
            writer.publish();
            waiting.push({ number, bytes: step.bytes });
            number += 1;
          }
        }
      }),
    );
  });

  it('takes the largest value that it names once it is empty, and shows it only when it is published', () => {
    const ring = new AheadRing(new SharedArrayBuffer(ringBytes), 0, ringBytes);
    expect(ring.roomFor(0, ring.largestBytes)).toHaveLength(ring.largestBytes);
    expect(ring.peek()).toBeUndefined();
    ring.publish();
    expect(ring.peek()).toMatchObject({ number: 0, bytes: ring.largestBytes });
    expect(ring.roomFor(1, 1)).toBeUndefined();
  });
});

describe('AheadOrder', () => {
  it.each([1, 2, 3])('gives each alert to one of %i producers, in phases after each other', (producers) => {
    const phases = [
      { count: 7, visitAlerts: 1 },
      { count: 20, visitAlerts: 10 },
      { count: 5, visitAlerts: 1 },
    ];
    const orders = Array.from(
      { length: producers },
      (_, index) => new AheadOrder(phases, { index, of: producers }, 100),
    );
    const alerts = orders.flatMap((order) =>
      Array.from({ length: order.total }, (_, number) => order.indexAt(number)),
    );
    const expected = [
      ...Array.from({ length: 7 }, (_, index) => 100 + index),
      // The phase of visits begins with the next visit.
      ...Array.from({ length: 25 }, (_, index) => 110 + index),
    ];
    expect([...alerts].sort((a, b) => a - b)).toEqual(expected);
    expect(orders[0]?.indexAt(orders[0].ownBefore(1))).toBe(110);
  });

  it('goes on without end', () => {
    const order = new AheadOrder([{ count: Infinity, visitAlerts: 10 }], { index: 0, of: 1 }, 20);
    expect([order.total, order.indexAt(1e12)]).toEqual([Infinity, 1e12 + 20]);
  });
});

describe('aheadFeed', () => {
  const pacing = {
    kind: 'visits',
    ...{ cadenceNs: 10e9, burstNs: 0, detectors: 1, visits: Infinity, seed: 1 },
    size: { kind: 'fixed', alerts: 4 },
  } as const;
  const skips: number[] = [];
  const feed = aheadFeed(
    { producer: { index: 0, of: 1 } },
    {
      ...{ ownBefore: () => 0, mostLateNs: 15e9, has: () => true, waitFor: () => Promise.resolve(true) },
      skipTo: (number) => skips.push(number),
      point: () => undefined,
    },
    { name: 'serve', pacing },
  );

  it.each([
    ['leaves nothing out that is on time', 0, 0, 0],
    ['nor what is late, but not too late', 4, 25e9, 0],
    ['leaves out what is too late', 4, 25.1e9, 4],
    ['and all of a long time at once', 2, 86_400e9, 8639 * 4 - 2],
  ])('%s', (_, index, tNs, left) => {
    expect(feed.skip?.(index, tNs)).toBe(left);
  });

  it('tells those who make alerts where it goes on', () => {
    expect(skips).toEqual([8, 8639 * 4]);
  });
});
