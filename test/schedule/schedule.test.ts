import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConstantPacing, RampPacing, StairsPacing } from '../../src/schedule/pacing.js';
import { scheduleOf, type Schedule } from '../../src/schedule/schedule.js';

const second = 1e9;
const hour = 3600 * second;

type Rated = ConstantPacing | RampPacing | StairsPacing;

/** Rates that are whole, and rates that are not. */
const rates = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0.05, max: 400, noNaN: true }));
const rampEnds = fc.oneof(fc.constant(0), rates);
const durations = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((seconds) => seconds * second),
  fc.integer({ min: 1_000_000, max: 20 * second }),
);
const constants = fc.record({
  kind: fc.constant('constant' as const),
  ratePerSecond: rates,
  durationNs: durations,
});
const ramps = fc
  .record({
    kind: fc.constant('ramp' as const),
    fromPerSecond: rampEnds,
    toPerSecond: rampEnds,
    durationNs: durations,
  })
  .filter(({ fromPerSecond, toPerSecond }) => fromPerSecond + toPerSecond > 0);
const stairs = fc.record({
  kind: fc.constant('stairs' as const),
  fromPerSecond: rates,
  toPerSecond: rates,
  steps: fc.integer({ min: 2, max: 12 }),
  durationNs: durations,
});
const rated: fc.Arbitrary<Rated> = fc.oneof(constants, ramps, stairs);

/** The integral of the rate from the start to an instant, in messages: from the definition of each rule. */
function integral(pacing: Rated, untilNs: number): number {
  const t = untilNs / second;
  const whole = pacing.durationNs / second;
  switch (pacing.kind) {
    case 'constant':
      return pacing.ratePerSecond * t;
    case 'ramp':
      return pacing.fromPerSecond * t + ((pacing.toPerSecond - pacing.fromPerSecond) * t * t) / (2 * whole);
    case 'stairs': {
      const { fromPerSecond: from, toPerSecond: to, steps } = pacing;
      let messages = 0;
      for (let step = 0; step < steps; step += 1) {
        const inStep = Math.min(whole / steps, Math.max(0, t - (step * whole) / steps));
        messages += inStep * (from + ((to - from) * step) / (steps - 1));
      }
      return messages;
    }
  }
}

/** The same by adding up the rate that the schedule tells, in many small steps. */
function addedUp(schedule: Schedule, untilNs: number, pieces: number): number {
  let messages = 0;
  for (let piece = 0; piece < pieces; piece += 1) {
    messages += (schedule.targetPerSecondAt((untilNs * (piece + 0.5)) / pieces) * untilNs) / pieces / second;
  }
  return messages;
}

function duesOf(schedule: Schedule): number[] {
  return Array.from({ length: schedule.count }, (_, index) => schedule.dueNs(index));
}

describe('a schedule by rate', () => {
  it('never goes back, and keeps within its phase', () => {
    fc.assert(
      fc.property(rated, (pacing) => {
        const dues = duesOf(scheduleOf(pacing));
        const wrong = dues.filter((due, index) => due < (dues[index - 1] ?? 0) || due > pacing.durationNs);
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('has as many messages as the integral of its rate', () => {
    fc.assert(
      fc.property(rated, (pacing) => {
        const { count } = scheduleOf(pacing);
        const exact = integral(pacing, pacing.durationNs);
        expect(count).toBeGreaterThan(exact - 1e-3);
        expect(count).toBeLessThan(exact + 1);
        expect(Number.isInteger(count)).toBe(true);
      }),
    );
  });

  it('has at any instant as many messages due as the integral of its rate says', () => {
    fc.assert(
      fc.property(rated, fc.double({ min: 0, max: 1, noNaN: true }), (pacing, part) => {
        const untilNs = pacing.durationNs * part;
        const due = duesOf(scheduleOf(pacing)).filter((dueNs) => dueNs <= untilNs).length;
        expect(Math.abs(due - Math.floor(integral(pacing, untilNs)))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('makes each message due when the rate, added up in small steps, has reached its index', () => {
    fc.assert(
      fc.property(rated, fc.nat(), (pacing, pick) => {
        const schedule = scheduleOf(pacing);
        const index = pick % Math.max(1, schedule.count);
        const dueNs = schedule.dueNs(index);
        const pieces = 2000;
        // Where stairs change their rate within a piece, that piece is off by at most its whole.
        const tolerance = 1e-6 + (13 * 400 * (dueNs / second)) / pieces / 2;
        expect(Math.abs(addedUp(schedule, dueNs, pieces) - index)).toBeLessThan(
          pacing.kind === 'stairs' ? tolerance : 1e-6 * Math.max(1, index),
        );
      }),
    );
  });

  it('makes a ramp between equal rates and stairs of equal steps the same as the constant rate', () => {
    fc.assert(
      fc.property(rates, durations, fc.integer({ min: 2, max: 9 }), (rate, durationNs, steps) => {
        const ends = { fromPerSecond: rate, toPerSecond: rate, durationNs };
        const constant = scheduleOf({ kind: 'constant', ratePerSecond: rate, durationNs });
        for (const other of [
          scheduleOf({ kind: 'ramp', ...ends }),
          scheduleOf({ kind: 'stairs', ...ends, steps }),
        ]) {
          expect(other.count).toBe(constant.count);
          const dues = duesOf(constant);
          expect(dues.filter((due, index) => !(Math.abs(other.dueNs(index) - due) < 1))).toEqual([]);
        }
      }),
    );
  });
});

describe('a constant rate', () => {
  it.each([
    ['whole messages in whole seconds', 500, 2, 1000, 1.998],
    ['a rate below one', 0.1, 35, 4, 30],
    ['a rate below one that ends just before the next message', 0.1, 30, 3, 20],
    ['a rate that is no sum of powers of two', 0.3, 10, 3, 2 / 0.3],
    ['a product that rounding lifts above a whole number', 1.1, 10, 11, 10 / 1.1],
    ['a product that rounding keeps below a whole number', 0.07, 100, 7, 6 / 0.07],
    ['a third', 1 / 3, 9, 3, 6],
    ['fewer than one message: the first is due at once', 0.01, 5, 1, 0],
    ['Rubin at a thousand times its rate', 300_000, 37, 11_100_000, 37 - 1 / 300_000],
  ])('with %s: %d/s for %d s', (_, ratePerSecond, seconds, count, lastSeconds) => {
    const schedule = scheduleOf({ kind: 'constant', ratePerSecond, durationNs: seconds * second });
    expect(schedule.count).toBe(count);
    expect(schedule.dueNs(count - 1) / second).toBeCloseTo(lastSeconds, 6);
  });

  it('at 0.1/s for 35 s is due at 0, 10, 20 and 30 s', () => {
    const schedule = scheduleOf({ kind: 'constant', ratePerSecond: 0.1, durationNs: 35 * second });
    expect(duesOf(schedule)).toEqual([0, 10 * second, 20 * second, 30 * second]);
  });
});

describe('a ramp', () => {
  it.each([
    ['from nothing', 0, 100, 2, 100, 25, 1],
    ['to nothing', 100, 0, 2, 100, 75, 1],
    ['upwards', 100, 300, 10, 2000, 1999, 9.9966662],
    ['downwards', 300, 100, 10, 2000, 1999, 9.99],
  ])('%s: from %d/s to %d/s in %d s', (_, from, to, seconds, count, index, dueSeconds) => {
    const schedule = scheduleOf({
      kind: 'ramp',
      fromPerSecond: from,
      toPerSecond: to,
      durationNs: seconds * second,
    });
    expect(schedule.count).toBe(count);
    expect(schedule.dueNs(0)).toBe(0);
    expect(schedule.dueNs(index) / second).toBeCloseTo(dueSeconds, 3);
  });

  it('tells the rate that it asks for at its ends and between', () => {
    const durationNs = 10 * second;
    const { targetPerSecondAt } = scheduleOf({
      kind: 'ramp',
      fromPerSecond: 100,
      toPerSecond: 0,
      durationNs,
    });
    expect([-1, 0, durationNs / 4, durationNs, durationNs + 1].map(targetPerSecondAt)).toEqual([
      100, 100, 75, 0, 0,
    ]);
  });
});

describe('stairs', () => {
  it('hand the remainder of a step on, so that all steps together have as many messages as the rates say', () => {
    const stepped = {
      kind: 'stairs',
      fromPerSecond: 1,
      toPerSecond: 2,
      steps: 2,
      durationNs: 3 * second,
    } as const;
    expect(duesOf(scheduleOf(stepped))).toEqual([0, 1, 1.75, 2.25, 2.75].map((due) => due * second));
  });

  it('with eight steps of 62.5 messages are 500 messages, not 504', () => {
    const stepped = {
      kind: 'stairs',
      fromPerSecond: 62.5,
      toPerSecond: 62.5,
      steps: 8,
      durationNs: 8 * second,
    } as const;
    expect(scheduleOf(stepped).count).toBe(500);
  });

  it('tell the rate of each step, and beyond their ends that of the nearest', () => {
    const { targetPerSecondAt } = scheduleOf({
      kind: 'stairs',
      fromPerSecond: 500,
      toPerSecond: 4000,
      steps: 8,
      durationNs: 240 * second,
    });
    expect([-1, 0, 29.9, 30, 239, 240, 500].map((at) => targetPerSecondAt(at * second))).toEqual([
      500, 500, 500, 1000, 4000, 4000, 4000,
    ]);
  });
});

describe('ten thousand million messages in ten hours', () => {
  const durationNs = 10 * hour;
  const wholeT = BigInt(durationNs);
  const mean = 1e10 / 36_000;
  const indexes = fc.oneof(
    fc.integer({ min: 0, max: 1e10 - 1 }),
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 0, max: 100 }).map((left) => 1e10 - 1 - left),
  );

  it.each([
    ['constant', Math.floor(mean), Math.floor(mean)],
    ['from nothing', 0, 2 * Math.floor(mean)],
    ['to nothing', 2 * Math.floor(mean), 0],
    ['slightly downwards', Math.floor(mean) + 1, Math.floor(mean)],
  ])('are due to the microsecond: %s', (_, from, to) => {
    const schedule = scheduleOf({ kind: 'ramp', fromPerSecond: from, toPerSecond: to, durationNs });
    /** The integral at t, times 2·T·10⁹, in whole numbers: (2·T·a + (b − a)·t)·t. */
    const scaled = (tNs: number): bigint =>
      (2n * wholeT * BigInt(from) + BigInt(to - from) * BigInt(tNs)) * BigInt(tNs);
    fc.assert(
      fc.property(indexes, (pick) => {
        const index = Math.min(pick, schedule.count - 1);
        const dueNs = Math.round(schedule.dueNs(index));
        const target = BigInt(index) * 2n * wholeT * 1_000_000_000n;
        expect(scaled(Math.max(0, dueNs - 1000)) <= target).toBe(true);
        expect(dueNs + 1000 >= durationNs || scaled(dueNs + 1000) >= target).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('are due to the nanosecond at a constant rate', () => {
    const ratePerSecond = 277_777;
    const schedule = scheduleOf({ kind: 'constant', ratePerSecond, durationNs });
    fc.assert(
      fc.property(indexes, (index) => {
        const exact = (BigInt(index) * 1_000_000_000n) / BigInt(ratePerSecond);
        expect(Math.abs(Number(BigInt(Math.floor(schedule.dueNs(index))) - exact))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('flat out', () => {
  it('has no end but its duration, and all is due at its start', () => {
    const schedule = scheduleOf({ kind: 'max', durationNs: 5 * second });
    expect(schedule.count).toBe(Infinity);
    expect(schedule.durationNs).toBe(5 * second);
    expect(schedule.dueNs(123_456)).toBe(0);
    expect(schedule.targetPerSecondAt(second)).toBe(Infinity);
  });
});
