import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduledPacing } from '../../src/schedule/pacing.js';
import { scheduleOf } from '../../src/schedule/schedule.js';
import { targetCountBy } from '../../src/schedule/timetable.js';

const second = 1e9;
const durationNs = 10 * second;

type Timed = ScheduledPacing;

const rates = fc.double({ min: 0.1, max: 200, noNaN: true });
const timed: fc.Arbitrary<Timed> = fc.oneof(
  rates.map((ratePerSecond): Timed => ({ kind: 'constant', ratePerSecond, durationNs })),
  fc
    .tuple(fc.oneof(fc.constant(0), rates), rates)
    .map(([fromPerSecond, toPerSecond]): Timed => ({ kind: 'ramp', fromPerSecond, toPerSecond, durationNs })),
  fc
    .tuple(rates, rates, fc.integer({ min: 2, max: 9 }))
    .map(([fromPerSecond, toPerSecond, steps]): Timed => ({
      kind: 'stairs',
      fromPerSecond,
      toPerSecond,
      steps,
      durationNs,
    })),
  fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer())
    .map(([alerts, detectors, seed]): Timed => ({
      kind: 'visits',
      cadenceNs: second,
      burstNs: 0.3 * second,
      detectors,
      size: { kind: 'fixed', alerts },
      visits: 10,
      seed,
    })),
);

describe('targetCountBy', () => {
  it('counts the messages that are due before an instant, as one who goes through all of them', () => {
    fc.assert(
      fc.property(timed, fc.double({ min: -0.1, max: 1.1, noNaN: true }), (pacing, part) => {
        const schedule = scheduleOf(pacing);
        const tNs = part * durationNs;
        let due = 0;
        for (let index = 0; index < schedule.count; index += 1) if (schedule.dueNs(index) < tNs) due += 1;
        expect(targetCountBy(schedule, tNs)).toBe(due);
      }),
    );
  });

  it('over adjoining intervals adds up to the whole, even where a burst falls between their middles', () => {
    fc.assert(
      fc.property(timed, fc.integer({ min: 1, max: 40 }), (pacing, intervals) => {
        const schedule = scheduleOf(pacing);
        let sum = 0;
        for (let at = 0; at < intervals; at += 1) {
          const before = targetCountBy(schedule, (durationNs * at) / intervals);
          sum += targetCountBy(schedule, (durationNs * (at + 1)) / intervals) - before;
        }
        // A message that rounding puts upon the very end is due with it, not before it.
        expect(schedule.count - sum).toBeLessThanOrEqual(1);
        expect(targetCountBy(schedule, durationNs + 1)).toBe(schedule.count);
      }),
    );
  });

  it('counts none at the start, and the first message just after it', () => {
    const schedule = scheduleOf({ kind: 'constant', ratePerSecond: 500, durationNs });
    expect([-1, 0, 1, second, second + 1].map((tNs) => targetCountBy(schedule, tNs))).toEqual([
      0, 0, 1, 500, 501,
    ]);
  });

  it('finds its place among ten thousand million messages', () => {
    const schedule = scheduleOf({ kind: 'constant', ratePerSecond: 250_000, durationNs: 40_000 * second });
    expect(schedule.count).toBe(1e10);
    expect(targetCountBy(schedule, 20_000 * second)).toBe(5e9);
  });

  it('has no end flat out', () => {
    const schedule = scheduleOf({ kind: 'max', durationNs });
    expect([0, 1].map((tNs) => targetCountBy(schedule, tNs))).toEqual([0, Infinity]);
  });
});
