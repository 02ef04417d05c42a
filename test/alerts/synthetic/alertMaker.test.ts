import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createAlertMaker, type SyntheticAlert } from '../../../src/alerts/synthetic/alertMaker.js';
import { syntheticAlerts } from './syntheticAlerts.js';
import { alertType, decode, type DecodedAlert } from './decoding.js';

describe('the same options', () => {
  it('give the bytes that are written down here, on each machine and in each version of Node', () => {
    const hash = createHash('sha256');
    for (const { bytes } of syntheticAlerts({ seed: 42 }, { to: 24 })) hash.update(bytes);
    // Where this changes on purpose, raise generatorVersion in writeContainer.ts and make data/small.avro
    // again.
    expect(hash.digest('hex')).toBe('8ce413f08fd16fb48223e222e754eccf8cd4cd68814fe7c581ae9013e5ac9a1d');
  });

  it('give an alert the same bytes whatever was made before it', () => {
    const options = { visits: 3, alertsPerVisit: 40, detectors: 7, seed: 5 };
    const inOrder = [...syntheticAlerts(options)].map(({ bytes }) => bytes);
    const other = createAlertMaker(options);
    fc.assert(
      fc.property(fc.nat(inOrder.length - 1), (index) => {
        expect(other.alertAt(index).bytes.equals(inOrder[index] ?? Buffer.alloc(0))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('give the same alerts when workers share them', () => {
    const options = { alertsPerVisit: 31, cutouts: false, historyMax: 20 };
    const whole = [...syntheticAlerts(options)];
    const shares = [0, 1, 2].flatMap((from) => [...syntheticAlerts(options, { from, step: 3 })]);
    shares.sort((a, b) => a.index - b.index);
    expect(shares.map(({ bytes }) => bytes.toString('hex'))).toEqual(
      whole.map(({ bytes }) => bytes.toString('hex')),
    );
  });
});

it('another seed gives other bytes', () => {
  const first = createAlertMaker({ seed: 1 }).alertAt(0).bytes;
  const second = createAlertMaker({ seed: 2 }).alertAt(0).bytes;
  expect(first.equals(second)).toBe(false);
});

describe('an alert', () => {
  let made: SyntheticAlert[];
  let decoded: DecodedAlert[];
  beforeAll(() => {
    made = [...syntheticAlerts({ visits: 2, alertsPerVisit: 64, detectors: 10, cutouts: false })];
    decoded = made.map(({ bytes }) => decode(bytes));
  });

  it('is read by the committed schema and encodes to the same bytes again', () => {
    made.forEach(({ bytes }, at) => {
      expect(alertType.toBuffer(decoded[at]).equals(bytes)).toBe(true);
    });
  });

  it('has an identifier beyond 2^53 that no other alert has', () => {
    const ids = decoded.map(({ diaSourceId }) => diaSourceId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { diaSourceId, diaSource } of decoded) {
      expect(diaSourceId).toBeGreaterThan(2n ** 53n);
      expect(diaSource.diaSourceId).toBe(diaSourceId);
    }
  });

  it('tells of itself what its record says', () => {
    made.forEach(({ visit, detector, mjd }, at) => {
      const source = decoded[at]?.diaSource;
      expect([source?.visit, source?.detector, source?.midpointMjdTai]).toEqual([
        BigInt(visit),
        detector,
        mjd,
      ]);
    });
  });

  it('belongs to an object with history or to a solar-system body without', () => {
    made.forEach(({ kind }, at) => {
      const alert = decoded[at];
      const { diaObjectId, ssObjectId } = alert?.diaSource ?? {};
      if (kind === 'asteroid') {
        expect(diaObjectId).toBe(0n);
        expect([alert?.diaObject, alert?.prvDiaSources, alert?.prvDiaForcedSources]).toEqual(
          Array(3).fill(null),
        );
        expect(alert?.ssSource?.ssObjectId).toBe(ssObjectId);
        expect(alert?.mpc_orbits?.packed_primary_provisional_designation).toMatch(
          /^K\d\d[A-Y][\dA-Za-z]\d[A-Z]$/,
        );
      } else {
        expect(ssObjectId).toBe(0n);
        expect([alert?.ssSource, alert?.mpc_orbits]).toEqual(Array(2).fill(null));
        expect(alert?.diaObject?.diaObjectId).toBe(diaObjectId);
        expect(alert?.prvDiaSources === null || alert?.prvDiaSources?.length).toBeTruthy();
        expect(Array.isArray(alert?.prvDiaForcedSources)).toBe(true);
      }
    });
    expect(new Set(made.map(({ kind }) => kind))).toEqual(
      new Set(['asteroid', 'artefact', 'variable', 'supernova', 'agn']),
    );
  });

  it('has a history in order of time, of its own object, before itself', () => {
    for (const { diaSource, prvDiaSources, prvDiaForcedSources } of decoded) {
      for (const history of [prvDiaSources ?? [], prvDiaForcedSources ?? []]) {
        const times = history.map(({ midpointMjdTai }) => midpointMjdTai);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times.at(-1) ?? 0).toBeLessThan(diaSource.midpointMjdTai);
        expect(times[0] ?? Infinity).toBeGreaterThan(diaSource.midpointMjdTai - 365);
        expect(history.every(({ diaObjectId }) => diaObjectId === diaSource.diaObjectId)).toBe(true);
      }
      const ids = (prvDiaSources ?? []).map(({ diaSourceId }) => diaSourceId);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('sums its history up in its object, in its own filter only', () => {
    for (const { diaObject, prvDiaSources, diaSource } of decoded) {
      if (diaObject === null) continue;
      const all = [...(prvDiaSources ?? []), diaSource];
      expect(diaObject.nDiaSources).toBe(all.length);
      for (const band of ['u', 'g', 'r', 'i', 'z', 'y']) {
        const own = band === diaSource.band;
        const fluxes = all.filter((source) => source.band === band).map(({ psfFlux }) => psfFlux);
        expect(diaObject[`${band}_psfFluxNdata`]).toBe(own ? fluxes.length : 0);
        expect(diaObject[`${band}_psfFluxMax`]).toBe(own ? Math.max(...fluxes) : NaN);
        expect(diaObject[`${band}_psfFluxMin`]).toBe(own ? Math.min(...fluxes) : NaN);
      }
    }
  });

  it('was detected at 5 sigma or more, each time', () => {
    for (const { diaSource, prvDiaSources } of decoded) {
      for (const source of [diaSource, ...(prvDiaSources ?? [])]) {
        expect(source.snr).toBeGreaterThanOrEqual(4.999);
        expect(source.snr).toBeCloseTo(Math.abs(source.psfFlux) / source.psfFluxErr, 2);
        expect(source.isNegative).toBe(source.psfFlux < 0);
      }
    }
  });

  it('has a solar-system body whose figures agree with each other', () => {
    for (const { ssSource } of decoded) {
      if (ssSource === null) continue;
      const { topoRange = 0, helioRange = 0, elongation = 0, topo_x = 0, topo_y = 0, topo_z = 0 } = ssSource;
      expect(Math.sqrt(topo_x ** 2 + topo_y ** 2 + topo_z ** 2)).toBeCloseTo(topoRange, 4);
      // Law of cosines in the triangle of Sun, Earth and body; the Earth is at 1 au.
      const cosine = Math.cos((elongation * Math.PI) / 180);
      expect(Math.sqrt(1 + topoRange ** 2 - 2 * topoRange * cosine)).toBeCloseTo(helioRange, 4);
    }
  });
});
