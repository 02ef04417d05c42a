import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  civilDate,
  idKinds,
  packId,
  seedTag,
  visitNumber,
} from '../../../src/alerts/synthetic/identifiers.js';
import { mostRegions, Observing, type Visit } from '../../../src/alerts/synthetic/observing.js';
import { resolveSyntheticOptions, type SyntheticOptions } from '../../../src/alerts/synthetic/options.js';

const secondsPerDay = 86_400;
const oneField = { fields: 1, layers: 1, pastVisits: 1087 };

function observing(given: Partial<SyntheticOptions> = {}, sky: Partial<typeof oneField> = {}): Observing {
  return new Observing(resolveSyntheticOptions(given), { ...oneField, ...sky });
}

describe('the places of alerts', () => {
  it('are spread over all 189 detectors, evenly to one alert', () => {
    const sky = observing();
    const perDetector = new Map<number, number>();
    for (let index = 0; index < 10_000; index += 1) {
      const { detector, inDetector } = sky.placeOf(index);
      expect(inDetector).toBe(perDetector.get(detector) ?? 0);
      perDetector.set(detector, inDetector + 1);
    }
    expect(perDetector.size).toBe(189);
    expect(new Set(perDetector.values())).toEqual(new Set([52, 53]));
    for (let index = 0; index < 10_000; index += 61) {
      const { detector, perDetector: said } = sky.placeOf(index);
      expect(said).toBe(perDetector.get(detector));
    }
  });

  it('are on the sky where the detector sees them', () => {
    const sky = observing({}, { fields: 53 });
    for (const [field, detector] of [
      [0, 0],
      [52, 188],
      [17, 94],
    ] as const) {
      const pixel = { x: 123, y: 3456 };
      const back = sky.pixelOf(field, detector, sky.skyOf(field, detector, pixel));
      expect([back.x, back.y].map((value) => Number(value.toFixed(4)))).toEqual([123, 3456]);
    }
  });
});

describe('the sequence of visits', () => {
  it('follows the cadence to the microsecond', () => {
    const options = resolveSyntheticOptions({});
    const sky = observing();
    for (let visit = 0; visit < 1000; visit += 1) {
      const offset = (sky.visitAt(visit).mjd - options.startMjd) * secondsPerDay;
      expect(Math.round(offset * 1e6) / 1e6).toBe(visit * 37);
    }
  });

  it('comes back to a field after half an hour, in the same filter as often as not, and keeps a filter', () => {
    const sky = observing({ visits: 2335 }, { fields: 53 });
    const visits = Array.from({ length: 530 }, (_, index) => sky.visitAt(index));
    const changes = visits.filter(({ filter }, at) => at > 0 && filter !== visits[at - 1]?.filter).length;
    expect(changes).toBeGreaterThan(0);
    expect(changes).toBeLessThanOrEqual(4);
    for (let first = 0; first < 530; first += 106)
      expect(sky.visitAt(first).filter).toBe(sky.visitAt(first + 53).filter);
    const [first, second] = [sky.placeOf(0).region, sky.placeOf(53 * 10_000).region];
    expect(second).toEqual(first);
  });

  it('sees the sets of objects of a field in turn, each as often as the others', () => {
    const sky = observing({ alertsPerVisit: 1 }, { fields: 3, layers: 4 });
    const seen = Array.from({ length: 120 }, (_, visit) => sky.placeOf(visit));
    for (let region = 0; region < 12; region += 1) {
      const own = seen.filter((place) => sky.regionNumber(place.region) === region);
      expect(own.map(({ occasion }) => occasion)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const { region: at, occasion, visitIndex } of own)
        expect(sky.visitOf(at, occasion)).toBe(sky.visitAt(visitIndex));
    }
  });

  it('has visits of the year before, one after the other, in nights before the start', () => {
    const { startMjd } = resolveSyntheticOptions({});
    const sky = observing({}, { fields: 2 });
    for (const field of [0, 1]) {
      const times = Array.from({ length: 1087 }, (_, at) => sky.visitOf({ field, layer: 0 }, -1 - at).mjd);
      expect(times).toEqual([...times].sort((a, b) => b - a));
      expect(times[0]).toBeLessThan(startMjd - 0.4);
      expect(times.at(-1)).toBeGreaterThan(startMjd - 365);
    }
  });

  it('gives each visit a number and identifiers of its own: in a run, before it, in later runs of the night', () => {
    const cadences = fc.constantFrom(0, 0.0726, 0.37, 2.9, 10, 37, 40.5, 3600, 86_400);
    fc.assert(
      fc.property(
        cadences,
        fc.double({ min: 60_000, max: 61_900, noNaN: true }),
        (cadenceSeconds, startMjd) => {
          const sky = observing({ cadenceSeconds, startMjd }, { fields: 5, layers: 2 });
          const visits: Visit[] = Array.from({ length: 3000 }, (_, index) => sky.visitAt(index));
          for (let field = 0; field < 5; field += 1) {
            for (const layer of [0, 1])
              for (let back = 1; back < 200; back += 1) visits.push(sky.visitOf({ field, layer }, -back));
          }
          expect(new Set(visits.map(({ word }) => word)).size).toBe(visits.length);
          expect(new Set(visits.map(({ number }) => number)).size).toBe(visits.length);
          if (cadenceSeconds < 2.8) return;
          const later = observing({
            cadenceSeconds,
            startMjd: startMjd + (cadenceSeconds * 3000.5) / secondsPerDay,
          });
          const words = new Set(visits.map(({ word }) => word));
          for (let index = 0; index < 20; index += 1)
            expect(words.has(later.visitAt(index).word)).toBe(false);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('has numbers for the visits before the start of so many regions', () => {
    expect(mostRegions(1087)).toBeGreaterThan(360 * 10);
    expect(mostRegions(2500)).toBeGreaterThan(360 * 10);
  });
});

describe('identifiers', () => {
  it('differ where the visit, the kind, the seed or the number in the visit does', () => {
    const parts = fc.record({
      word: fc.nat(2 ** 30 - 1),
      kind: fc.constantFrom(...Object.values(idKinds)),
      seed: fc.nat(1023),
      serial: fc.nat(999_999),
    });
    const idOf = ({
      word,
      kind,
      seed,
      serial,
    }: {
      word: number;
      kind: number;
      seed: number;
      serial: number;
    }) => {
      const { high, low } = packId(word, kind, seedTag(seed), serial);
      return (BigInt(high) << 32n) | BigInt(low >>> 0);
    };
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        for (const changed of [
          other,
          ...Object.keys(one).map((key) => ({ ...one, [key]: other[key as 'word'] })),
        ]) {
          expect(idOf(changed) === idOf(one)).toBe(JSON.stringify(changed) === JSON.stringify(one));
        }
        expect(idOf(one)).toBeLessThan(2n ** 62n);
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
