import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectorStarts } from '../../src/schedule/detectors.js';
import type { VisitsPacing, VisitSize } from '../../src/schedule/pacing.js';
import { visitSizes, visitsSchedule } from '../../src/schedule/visitsSchedule.js';

const second = 1e9;

const sizes: fc.Arbitrary<VisitSize> = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), alerts: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    kind: fc.constant('varying' as const),
    meanAlerts: fc.integer({ min: 1, max: 100 }),
    relativeSpread: fc.double({ min: 0, max: 1, noNaN: true }),
    peakFraction: fc.double({ min: 0, max: 1, noNaN: true }),
    peakAlerts: fc.integer({ min: 1, max: 400 }),
  }),
);
const pacings: fc.Arbitrary<VisitsPacing> = fc
  .record({
    cadenceNs: fc.integer({ min: 1, max: 40 * second }),
    burstPart: fc.double({ min: 0, max: 1, noNaN: true }),
    detectors: fc.integer({ min: 1, max: 200 }),
    size: sizes,
    visits: fc.integer({ min: 1, max: 30 }),
    seed: fc.integer(),
  })
  .map(({ burstPart, ...rest }) => ({
    kind: 'visits',
    burstNs: Math.floor(rest.cadenceNs * burstPart),
    ...rest,
  }));

const rubin: VisitsPacing = {
  kind: 'visits',
  cadenceNs: 37 * second,
  burstNs: 3 * second,
  detectors: 189,
  size: { kind: 'fixed', alerts: 10_000 },
  visits: 1000,
  seed: 1,
};

describe('a schedule of visits', () => {
  it('puts each alert of a visit into its burst, in order, at the start of a detector', () => {
    fc.assert(
      fc.property(pacings, (pacing) => {
        const schedule = visitsSchedule(pacing);
        const counts = visitSizes(pacing.size, pacing.visits, pacing.seed);
        let index = 0;
        let before = 0;
        counts.forEach((alerts, visit) => {
          const startNs = visit * pacing.cadenceNs;
          expect(schedule.dueNs(index)).toBe(startNs);
          // An expectation for each alert would take longer than all the rest.
          let wrong = 0;
          for (let alert = 0; alert < alerts; alert += 1, index += 1) {
            const dueNs = schedule.dueNs(index);
            const detector =
              pacing.burstNs === 0 ? 0 : ((dueNs - startNs) * pacing.detectors) / pacing.burstNs;
            if (dueNs < before || detector < 0 || detector >= pacing.detectors - 0.5) wrong += 1;
            before = dueNs;
          }
          expect(wrong).toBe(0);
        });
        expect(schedule.count).toBe(index);
        expect(schedule.durationNs).toBe(pacing.visits * pacing.cadenceNs);
      }),
    );
  });

  it('gives each detector its share of the alerts, to within one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer(),
        (alerts, detectors, seed) => {
          const size = { kind: 'fixed', alerts } as const;
          const schedule = visitsSchedule({ ...rubin, burstNs: detectors, detectors, size, visits: 1, seed });
          const perDetector = new Array<number>(detectors).fill(0);
          for (let index = 0; index < alerts; index += 1) {
            const detector = Math.round(schedule.dueNs(index));
            perDetector[detector] = (perDetector[detector] ?? 0) + 1;
          }
          const starts = detectorStarts(detectors, seed);
          const off = perDetector.map((count, detector) =>
            Math.abs(count - alerts * ((starts[detector + 1] ?? 1) - (starts[detector] ?? 0))),
          );
          expect(Math.max(...off)).toBeLessThan(1 + 1e-9);
        },
      ),
    );
  });

  it('has the same shares in each visit', () => {
    const schedule = visitsSchedule(rubin);
    const within = (visit: number): number[] =>
      Array.from({ length: 100 }, (_, turn) =>
        Math.round(schedule.dueNs(visit * 10_000 + turn * 100) - visit * 37 * second),
      );
    expect(within(999)).toEqual(within(0));
  });

  it('finds the visit of its first and of its last alert among a thousand', () => {
    const schedule = visitsSchedule(rubin);
    expect(schedule.count).toBe(10_000_000);
    const lastBurstNs = (188 * 3 * second) / 189;
    for (const visit of [0, 1, 2, 499, 500, 998, 999]) {
      expect(schedule.dueNs(visit * 10_000)).toBe(visit * 37 * second);
      expect(schedule.dueNs(visit * 10_000 + 9999)).toBeCloseTo(visit * 37 * second + lastBurstNs, 3);
    }
  });

  it('sends all alerts of a visit at its start where the burst takes no time', () => {
    const schedule = visitsSchedule({ ...rubin, burstNs: 0, visits: 2 });
    expect([0, 9999, 10_000, 19_999].map(schedule.dueNs)).toEqual([0, 0, 37 * second, 37 * second]);
  });

  it.each([
    ['at the start of a visit', 0, 10_000 / 3],
    ['at the end of its burst', 3, 0],
    ['between two visits', 20, 0],
    ['in the next visit', 38, 10_000 / 3],
    ['before the phase', -1, 0],
    ['after the phase', 37_000, 0],
  ])('asks for the rate of the burst, and for none outside of it: %s', (_, seconds, rate) => {
    expect(visitsSchedule(rubin).targetPerSecondAt(seconds * second)).toBeCloseTo(rate, 6);
  });
});

describe('the sizes of visits', () => {
  const varying = {
    kind: 'varying',
    meanAlerts: 10_000,
    relativeSpread: 0.5,
    peakFraction: 0,
    peakAlerts: 40_000,
  } as const;

  it('are the same for the same seed, and begin the same for more visits', () => {
    fc.assert(
      fc.property(sizes, fc.integer(), fc.nat({ max: 50 }), (size, seed, visits) => {
        const drawn = visitSizes(size, visits, seed);
        expect(visitSizes(size, visits, seed)).toEqual(drawn);
        expect(visitSizes(size, visits + 7, seed).slice(0, visits)).toEqual(drawn);
        expect(drawn.every((alerts) => Number.isInteger(alerts) && alerts >= 1)).toBe(true);
      }),
    );
  });

  it('differ from seed to seed', () => {
    expect(visitSizes(varying, 20, 1)).not.toEqual(visitSizes(varying, 20, 2));
  });

  it('have the mean and the spread that were asked for', () => {
    const drawn = visitSizes(varying, 20_000, 42);
    const mean = drawn.reduce((sum, alerts) => sum + alerts, 0) / drawn.length;
    const variance = drawn.reduce((sum, alerts) => sum + (alerts - mean) ** 2, 0) / drawn.length;
    // Standard errors: 35 alerts of the mean, about 1 % of the spread.
    expect(Math.abs(mean - 10_000)).toBeLessThan(150);
    expect(Math.abs(Math.sqrt(variance) / mean - 0.5)).toBeLessThan(0.03);
  });

  it('without spread are all the mean', () => {
    expect(new Set(visitSizes({ ...varying, relativeSpread: 0 }, 100, 3))).toEqual(new Set([10_000]));
  });

  it('are peaks as often as was asked for', () => {
    const drawn = visitSizes({ ...varying, relativeSpread: 0, peakFraction: 0.1 }, 20_000, 5);
    const peaks = drawn.filter((alerts) => alerts === 40_000).length;
    expect(Math.abs(peaks / drawn.length - 0.1)).toBeLessThan(0.01);
    expect(drawn.length - peaks).toBe(drawn.filter((alerts) => alerts === 10_000).length);
  });

  it('leave the other visits as they are where some become peaks', () => {
    const plain = visitSizes(varying, 200, 9);
    visitSizes({ ...varying, peakFraction: 0.2 }, 200, 9).forEach((alerts, visit) => {
      expect([plain[visit], 40_000]).toContain(alerts);
    });
  });
});
