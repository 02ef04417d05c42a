import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { civilDate, idKinds, packId, visitNumber } from '../../../src/alerts/synthetic/identifiers.js';
import { resolveSyntheticOptions } from '../../../src/alerts/synthetic/options.js';
import { placeAlert } from '../../../src/alerts/synthetic/places.js';

const secondsPerDay = 86_400;

/** An identifier as one number. */
function idToBigInt({ high, low }: ReturnType<typeof packId>): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

describe('the places of alerts', () => {
  it('are spread over all 189 detectors, evenly to one alert', () => {
    const options = resolveSyntheticOptions({});
    const perDetector = new Map<number, number>();
    for (let index = 0; index < 10_000; index += 1) {
      const { detector, index: number } = placeAlert(options, index);
      expect(number).toBe(perDetector.get(detector) ?? 0);
      perDetector.set(detector, number + 1);
    }
    expect(perDetector.size).toBe(189);
    expect(new Set(perDetector.values())).toEqual(new Set([52, 53]));
  });

  it('share their time within a visit, and visits follow each other by 37 s to the microsecond', () => {
    const options = resolveSyntheticOptions({ visits: 1000, alertsPerVisit: 3 });
    for (let visit = 0; visit < 1000; visit += 1) {
      const times = [0, 1, 2].map((at) => placeAlert(options, visit * 3 + at).mjd);
      expect(new Set(times).size).toBe(1);
      const offset = ((times[0] ?? 0) - options.startMjd) * secondsPerDay;
      expect(Math.round(offset * 1e6) / 1e6).toBe(visit * 37);
    }
  });

  it('have identifiers that differ for any two alerts', () => {
    const options = fc.record({
      visits: fc.integer({ min: 1, max: 65_000 }),
      alertsPerVisit: fc.integer({ min: 1, max: 65_536 }),
      detectors: fc.integer({ min: 1, max: 189 }),
      cadenceSeconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
    });
    fc.assert(
      fc.property(options, fc.nat(), fc.nat(), (given, first, second) => {
        const resolved = resolveSyntheticOptions(given);
        const count = given.visits * given.alertsPerVisit;
        const [a, b] = [first % count, second % count];
        const id = (index: number): bigint => idToBigInt(packId(placeAlert(resolved, index), idKinds.source));
        expect(id(a) === id(b)).toBe(a === b);
      }),
    );
  });
});

describe('identifiers', () => {
  it('never coincide between kinds', () => {
    const parts = fc.record({
      night: fc.integer({ min: 50_000, max: 65_535 }),
      sequence: fc.nat(65_535),
      detector: fc.nat(255),
      index: fc.nat(65_535),
    });
    fc.assert(
      fc.property(parts, (given) => {
        const ids = Object.values(idKinds).map((kind) => idToBigInt(packId(given, kind)));
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids[0]).toBe(
          (BigInt(given.night) << 40n) |
            (BigInt(given.sequence) << 24n) |
            (BigInt(given.detector) << 16n) |
            BigInt(given.index),
        );
      }),
    );
  });

  it.each([
    { mjdDay: 0, date: 18581117 },
    { mjdDay: 40_587, date: 19700101 },
    { mjdDay: 51_603, date: 20000229 },
    { mjdDay: 61_151, date: 20260421 },
    { mjdDay: 61_405, date: 20261231 },
  ])('know that MJD $mjdDay is $date', ({ mjdDay, date }) => {
    expect(civilDate(mjdDay)).toBe(date);
  });

  it('keep one date for a night that passes midnight', () => {
    expect(visitNumber(61_150.99, 1)).toBe(2026042000001);
    expect(visitNumber(61_151.4, 2)).toBe(2026042000002);
    expect(visitNumber(61_151.51, 3)).toBe(2026042100003);
  });
});
