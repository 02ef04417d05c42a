import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  passLengthUs,
  recordedDueNs,
  recordedSchedule,
  rewritesPasses,
} from '../../src/schedule/recorded.js';
import { targetCountBy } from '../../src/schedule/timetable.js';

const spans = fc.integer({ min: 0, max: 36_000_000_000 });
const speeds = fc.oneof(fc.constantFrom(0.5, 1, 2, 10), fc.double({ min: 0.01, max: 1000, noNaN: true }));

describe('recordedDueNs', () => {
  it.each([
    ['the first alert at once', 0, 0, 74_000_000, 1, 0],
    ['as long after the first as it was recorded', 37_000_000, 0, 74_000_000, 1, 37e9],
    ['earlier at twice the speed', 37_000_000, 0, 74_000_000, 2, 18.5e9],
    ['later at half the speed', 37_000_000, 0, 74_000_000, 0.5, 74e9],
    ['a second of recorded time after the first pass', 0, 1, 74_000_000, 1, 75e9],
    ['half a second after it at twice the speed', 0, 1, 74_000_000, 2, 37.5e9],
    ['three passes later', 1, 3, 74_000_000, 1, 225e9 + 1000],
    ['in passes of a second where the reservoir has one alert', 0, 2, 0, 1, 2e9],
  ])('is due %s', (_, timeOffsetUs, pass, spanUs, speed, dueNs) => {
    expect(recordedDueNs(timeOffsetUs, pass, spanUs, speed)).toBe(dueNs);
  });

  it('keeps the order of time, and never lets two passes overlap', () => {
    const cases = spans.chain((spanUs) =>
      fc.record({
        spanUs: fc.constant(spanUs),
        one: fc.integer({ min: 0, max: spanUs }),
        other: fc.integer({ min: 0, max: spanUs }),
      }),
    );
    fc.assert(
      fc.property(cases, fc.nat({ max: 1000 }), speeds, ({ spanUs, one, other }, pass, speed) => {
        const due = (offsetUs: number, of: number): number => recordedDueNs(offsetUs, of, spanUs, speed);
        if (one <= other) expect(due(one, pass)).toBeLessThanOrEqual(due(other, pass));
        const gapNs = due(one, pass + 1) - due(other, pass);
        expect(gapNs).toBeGreaterThan(0);
        expect(due(0, pass + 1) - due(spanUs, pass)).toBeGreaterThan((1e9 / speed) * 0.999);
      }),
    );
  });

  it('takes a pass for its span and a second', () => {
    expect(passLengthUs(74_000_000)).toBe(75_000_000);
  });
});

describe('a schedule of recorded alerts', () => {
  it('makes each alert due at its time offset, and one that lies behind a later one together with that one', () => {
    const { count, dueNs, durationNs } = recordedSchedule([0, 2e6, 1e6, 3e6], { speed: 2, passes: 2 }, 3e6);
    expect(Array.from({ length: count }, (_, index) => dueNs(index) / 1e9)).toEqual([
      0, 1, 1, 1.5, 2, 3, 3, 3.5,
    ]);
    expect(durationNs).toBe(3.5e9);
  });

  it('never goes back, whatever the offsets are, and is as exact as each offset', () => {
    const offsets = fc.array(fc.integer({ min: -1_000_000, max: 10_000_000 }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        offsets,
        fc.integer({ min: 1, max: 4 }),
        speeds,
        fc.nat(10_000_000),
        (given, passes, speed, spanUs) => {
          const { count, dueNs } = recordedSchedule(given, { speed, passes }, spanUs);
          expect(count).toBe(given.length * passes);
          for (let index = 1; index < count; index += 1)
            expect(dueNs(index)).toBeGreaterThanOrEqual(dueNs(index - 1));
          const sorted = [...given].map((offset) => Math.max(0, offset)).sort((a, b) => a - b);
          const inOrder = recordedSchedule(sorted, { speed, passes: 1 }, spanUs);
          sorted.forEach((offset, index) => {
            expect(inOrder.dueNs(index)).toBe(recordedDueNs(offset, 0, spanUs, speed));
          });
        },
      ),
    );
  });

  it('asks for the rate of the next 10 ms', () => {
    const schedule = recordedSchedule([0, 1000, 2000, 1e6], { speed: 1, passes: 1 }, 1e6);
    expect(schedule.targetPerSecondAt(0)).toBe(300);
    expect(schedule.targetPerSecondAt(5e8)).toBe(0);
    expect(targetCountBy(schedule, 1e6 + 1)).toBe(2);
  });
});

describe('rewritesPasses', () => {
  it.each([
    [true, 2, true],
    [true, 1, false],
    [false, 2, false],
  ])('is, with rewrite: %s and %d passes, %s', (rewrite, passes, expected) => {
    expect(rewritesPasses({ kind: 'recorded', speed: 1, passes, rewrite })).toBe(expected);
  });

  it('is false at a rate', () => {
    expect(rewritesPasses({ kind: 'max', durationNs: 1 })).toBe(false);
  });
});

describe('recordedSchedule at a rate', () => {
  it('sends evenly and in order, whatever the recorded times, and goes on so in a further pass', () => {
    const { count, dueNs, durationNs } = recordedSchedule(
      [0, 5e6, 2e6],
      { passes: 2, speed: 1, ratePerSecond: 4 },
      5e6,
    );
    expect(Array.from({ length: count }, (_, index) => dueNs(index))).toEqual([
      0, 0.25e9, 0.5e9, 0.75e9, 1e9, 1.25e9,
    ]);
    expect(durationNs).toBe(1.5e9);
  });
});
