import { describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { decode, type DecodedAlert } from './decoding.js';
import { syntheticAlerts } from './syntheticAlerts.js';

interface Seen {
  readonly kind: string;
  readonly alert: DecodedAlert;
}

/** All alerts, by object or body; those of each in order of time. */
function byObject(options: Parameters<typeof createAlertMaker>[0]): Map<bigint, Seen[]> {
  const objects = new Map<bigint, Seen[]>();
  for (const { bytes, kind } of syntheticAlerts({ cutouts: false, ...options })) {
    const alert = decode(bytes);
    const { diaObjectId, ssObjectId } = alert.diaSource;
    const id = kind === 'asteroid' ? (ssObjectId ?? 0n) : (diaObjectId ?? 0n);
    objects.set(id, [...(objects.get(id) ?? []), { kind, alert }]);
  }
  return objects;
}

function arcsecBetween(a: { ra: number; dec: number }, b: { ra: number; dec: number }): number {
  const east = (a.ra - b.ra) * Math.cos((a.dec * Math.PI) / 180);
  return Math.hypot(east, a.dec - b.dec) * 3600;
}

/** All fields of a record, for a comparison that is quick. */
function textOf(record: unknown): string {
  return JSON.stringify(record, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** As it is written into a history, where a source without a body has null for it. */
function asHistory({ diaSource }: DecodedAlert): DecodedAlert['diaSource'] {
  return { ...diaSource, ssObjectId: null };
}

describe('an object over 20 visits and more', () => {
  const objects = byObject({ visits: 40, alertsPerVisit: 64, detectors: 3, historyMax: 200 });
  const recurring = [...objects.values()].filter(
    ([first, ...later]) => later.length >= 19 && first?.kind !== 'asteroid',
  );

  it('is one of many', () => {
    expect(recurring.length).toBeGreaterThan(15);
    expect(new Set(recurring.map(([first]) => first?.kind))).toEqual(
      new Set(['variable', 'supernova', 'agn']),
    );
  });

  it('has a history in alert n that is what it was before the start and the sources of alerts 1 to n - 1', () => {
    for (const seen of recurring) {
      const expected = (seen[0]?.alert.prvDiaSources ?? []).map(textOf);
      for (const { alert } of seen) {
        expect((alert.prvDiaSources ?? []).map(textOf)).toEqual(expected);
        expected.push(textOf(asHistory(alert)));
      }
    }
  });

  it('has forced measurements that are the same in each alert that has them', () => {
    const known = new Map<bigint, string>();
    let again = 0;
    for (const seen of recurring) {
      for (const { alert } of seen) {
        for (const forced of alert.prvDiaForcedSources ?? []) {
          const text = textOf(forced);
          again += known.has(forced.diaForcedSourceId) ? 1 : 0;
          expect(known.get(forced.diaForcedSourceId) ?? text).toBe(text);
          known.set(forced.diaForcedSourceId, text);
        }
      }
    }
    expect(again).toBeGreaterThan(500);
  });

  it('has the id of its first source, and first sources are of objects that are seen once or again', () => {
    let born = 0;
    for (const [id, seen] of objects) {
      const { kind, alert } = seen[0] ?? {};
      if (kind === 'asteroid' || alert === undefined) continue;
      expect((alert.prvDiaSources?.[0] ?? alert.diaSource).diaSourceId).toBe(id);
      if (alert.prvDiaSources === null && seen.length > 1) born += 1;
    }
    expect(born).toBeGreaterThan(0);
  });

  it('is seen once if it is an artefact', () => {
    const artefacts = [...objects.values()].filter(([first]) => first?.kind === 'artefact');
    expect(artefacts.every(({ length }) => length === 1)).toBe(true);
    expect(artefacts.every(([first]) => first?.alert.prvDiaSources === null)).toBe(true);
  });
});

describe('a body', () => {
  const bodies = [
    ...byObject({ visits: 60, alertsPerVisit: 64, solarSystem: 0.5, cadenceSeconds: 600 }).values(),
  ].filter(([first]) => first?.kind === 'asteroid');

  it('moves along a great circle at its rate, and is where its ephemeris has it', () => {
    const followed = bodies.filter(({ length }) => length > 4);
    expect(followed.length).toBeGreaterThan(20);
    for (const seen of followed) {
      const [first, last] = [seen[0]?.alert, seen.at(-1)?.alert];
      if (first === undefined || last === undefined) continue;
      const days = last.diaSource.midpointMjdTai - first.diaSource.midpointMjdTai;
      const moved = arcsecBetween(last.diaSource, first.diaSource);
      expect(moved / 3600 / days / (first.ssSource?.ephRate ?? 0)).toBeCloseTo(1, 1);
      for (const { alert } of seen) {
        const { ephRa = 0, ephDec = 0, ephOffset = 0 } = alert.ssSource ?? {};
        expect(arcsecBetween(alert.diaSource, { ra: ephRa, dec: ephDec })).toBeCloseTo(ephOffset, 3);
        expect(ephOffset).toBeLessThan(0.4);
      }
    }
  });

  it('keeps its orbit and its designation, which no other has', () => {
    const names = bodies.map((seen) => {
      const orbits = seen.map(({ alert }) => textOf(alert.mpc_orbits));
      expect(new Set(orbits).size).toBe(1);
      return seen[0]?.alert.mpc_orbits?.designation;
    });
    expect(new Set(names).size).toBe(bodies.length);
  });

  it('stays on its detector', () => {
    for (const { alert } of bodies.flat()) {
      const { x, y } = alert.diaSource as unknown as { x: number; y: number };
      expect(Math.min(x, y)).toBeGreaterThan(0);
      expect(Math.max(x, y)).toBeLessThan(4000);
    }
  });
});

describe('what a consumer makes of the stream', () => {
  it('objects are found again by position alone', () => {
    const sources: { id: bigint; ra: number; dec: number }[] = [];
    for (const { bytes, kind } of syntheticAlerts({ visits: 20, alertsPerVisit: 70, cutouts: false })) {
      if (kind === 'asteroid') continue;
      const { diaObjectId, ra, dec } = decode(bytes).diaSource;
      sources.push({ id: diaObjectId ?? 0n, ra, dec });
    }
    const found: typeof sources = [];
    for (const source of sources.slice(0, 1000)) {
      const near = found.filter((other) => arcsecBetween(other, source) < 1);
      expect(near.map(({ id }) => id)).toEqual(near.length === 0 ? [] : [source.id]);
      if (near.length === 0) found.push(source);
    }
    expect(found.length).toBe(new Set(sources.slice(0, 1000).map(({ id }) => id)).size);
    expect(found.length).toBeLessThan(700);
  });

  it('a filter for new objects keeps half of the alerts of objects, in early visits and in late ones', () => {
    for (const from of [0, 300, 100_000]) {
      const maker = createAlertMaker({ visits: 2335, alertsPerVisit: 320, cutouts: false, solarSystem: 0 });
      let young = 0;
      let without = 0;
      // Visits of several filters: in some, more objects are too faint.
      for (let visit = 0; visit < 12; visit += 1) {
        for (let serial = 0; serial < 320; serial += 4) {
          const { prvDiaSources } = decode(maker.alertAt((from + visit * 107) * 320 + serial).bytes);
          if ((prvDiaSources?.length ?? 0) < 10) young += 1;
          if (prvDiaSources === null) without += 1;
        }
      }
      expect(Math.abs(young / 960 - 0.5)).toBeLessThan(0.07);
      expect(Math.abs(without / 960 - 0.4)).toBeLessThan(0.06);
    }
  });

  it('ids are unique between visits, days and seeds', () => {
    const ids = new Set<bigint>();
    let alerts = 0;
    for (const seed of [1, 2, 1023]) {
      for (const startMjd of [61_151.125, 61_152.125]) {
        const options = {
          visits: 500,
          alertsPerVisit: 2,
          detectors: 2,
          cutouts: false,
          historyMax: 3,
          seed,
          startMjd,
        };
        for (const { bytes } of syntheticAlerts(options)) {
          ids.add(decode(bytes).diaSourceId);
          alerts += 1;
        }
      }
    }
    expect(ids.size).toBe(alerts);
  });
});
