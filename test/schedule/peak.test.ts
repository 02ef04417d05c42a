import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VisitsPacing } from '../../src/schedule/pacing.js';
import { visitsPeakPerSecond } from '../../src/schedule/peak.js';
import { visitsSchedule } from '../../src/schedule/visitsSchedule.js';

const second = 1e9;
const rubin: VisitsPacing = {
  kind: 'visits',
  cadenceNs: 37 * second,
  burstNs: 3 * second,
  detectors: 189,
  size: { kind: 'fixed', alerts: 10_000 },
  visits: 3,
  seed: 1,
};

/** The most messages in a second, found by going through every message. */
function mostInASecond(pacing: VisitsPacing): number {
  const schedule = visitsSchedule(pacing);
  const dues = Array.from({ length: schedule.count }, (_, index) => schedule.dueNs(index));
  let most = 0;
  let first = 0;
  dues.forEach((dueNs, index) => {
    while (dueNs - (dues[first] ?? 0) >= second - 1) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

describe('visitsPeakPerSecond', () => {
  it.each<[string, Partial<VisitsPacing>, number]>([
    ['one detector, whose alerts are all due together', { detectors: 1 }, 10_000],
    ['a burst shorter than a second, which fills that second alone', { burstNs: 1e6 }, 10_000],
    ['visits whose alerts are all due at once', { burstNs: 0 }, 10_000],
    ['ten whole visits in a second', { cadenceNs: 1e8, burstNs: 1e7, visits: 30 }, 100_000],
    ['fewer visits than would fill the second', { cadenceNs: 1e8, burstNs: 1e7, visits: 3 }, 30_000],
  ])('is the sum of %s', (_, change, peak) => {
    expect(visitsPeakPerSecond({ ...rubin, ...change })).toBe(peak);
  });

  it("is above the mean of the burst at Rubin's rate, since detectors differ", () => {
    const peak = visitsPeakPerSecond(rubin);
    expect(peak).toBe(mostInASecond(rubin));
    expect(peak).toBeGreaterThan(10_000 / 3);
    expect(peak).toBeLessThan((10_000 / 3) * 1.5);
  });

  it('is what one finds who goes through every message', () => {
    const pacings: fc.Arbitrary<VisitsPacing> = fc
      .record({
        cadenceNs: fc.integer({ min: 1e8, max: 5 * second }),
        burstPart: fc.double({ min: 0, max: 1, noNaN: true }),
        detectors: fc.integer({ min: 1, max: 40 }),
        meanAlerts: fc.integer({ min: 1, max: 80 }),
        relativeSpread: fc.double({ min: 0, max: 1, noNaN: true }),
        peakFraction: fc.constantFrom(0, 0.1),
        visits: fc.integer({ min: 1, max: 25 }),
        seed: fc.integer(),
      })
      .map(
        ({
          cadenceNs,
          burstPart,
          detectors,
          meanAlerts,
          relativeSpread,
          peakFraction,
          visits,
          seed,
        }): VisitsPacing => ({
          kind: 'visits',
          cadenceNs,
          burstNs: Math.floor(cadenceNs * burstPart),
          detectors,
          size: { kind: 'varying', meanAlerts, relativeSpread, peakFraction, peakAlerts: 400 },
          visits,
          seed,
        }),
      );
    fc.assert(
      fc.property(pacings, (pacing) => {
        expect(visitsPeakPerSecond(pacing)).toBe(mostInASecond(pacing));
      }),
    );
  });

  it('finds one large visit among ten thousand', () => {
    const size = {
      kind: 'varying',
      meanAlerts: 100,
      relativeSpread: 0.3,
      peakFraction: 0.0005,
      peakAlerts: 40_000,
    } as const;
    const alone = visitsPeakPerSecond({ ...rubin, size: { kind: 'fixed', alerts: 40_000 }, visits: 1 });
    expect(visitsPeakPerSecond({ ...rubin, size, visits: 10_000 })).toBe(alone);
  });
});
