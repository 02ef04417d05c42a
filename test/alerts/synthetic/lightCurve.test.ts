import { beforeAll, describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import type { SourceKind } from '../../../src/alerts/synthetic/lightCurve.js';
import { decode, type DecodedSource } from './decoding.js';

/** All detections of an object in one filter, which is the one with most. */
function longestCurve(kind: SourceKind, least: number, most: number): DecodedSource[] {
  const maker = createAlertMaker({ visits: 1, alertsPerVisit: 3200, cutouts: false, solarSystem: 0 });
  for (let index = 0; index < maker.count; index += 1) {
    const alert = maker.alertAt(index);
    if (alert.kind !== kind) continue;
    const { prvDiaSources, diaSource } = decode(alert.bytes);
    const own = [...(prvDiaSources ?? []), diaSource].filter(({ band }) => band === 'i');
    if (own.length >= least && own.length <= most) return own;
  }
  return [];
}

/** Scatter between neighbours in phase, as a share of that of all: small where the period is right. */
function scatterAt(period: number, curve: readonly DecodedSource[]): number {
  const phased = curve
    .map(({ midpointMjdTai, psfFlux }) => ({ phase: (midpointMjdTai / period) % 1, psfFlux }))
    .sort((a, b) => a.phase - b.phase);
  const steps = phased.map(({ psfFlux }, at) => psfFlux - (phased.at(at - 1)?.psfFlux ?? 0));
  return variance(steps) / variance(phased.map(({ psfFlux }) => psfFlux));
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

describe('the light curve, as the history of one alert shows it,', () => {
  let variable: DecodedSource[];
  let supernova: DecodedSource[];
  let nucleus: DecodedSource[];
  beforeAll(() => {
    variable = longestCurve('variable', 100, 400);
    supernova = longestCurve('supernova', 40, 400);
    nucleus = longestCurve('agn', 100, 400);
  });

  it('of a variable star has one period, at which it is smooth', () => {
    let best = { period: 0, scatter: Infinity };
    // Steps of a tenth of a cycle over the year.
    for (let frequency = 1 / 60; frequency < 5.5; frequency += 1 / 3650) {
      const scatter = scatterAt(1 / frequency, variable);
      if (scatter < best.scatter) best = { period: 1 / frequency, scatter };
    }
    expect(best.scatter).toBeLessThan(0.1);
    expect(scatterAt(best.period * 1.37, variable)).toBeGreaterThan(0.5);
  });

  it('of a supernova rises and then fades', () => {
    const flux = supernova.map(({ psfFlux }) => psfFlux);
    const peak = flux.indexOf(Math.max(...flux));
    expect(peak).toBeGreaterThan(2);
    expect(flux[0]).toBeLessThan(0.6 * (flux[peak] ?? 0));
    expect(flux.every((value) => value > 0)).toBe(true);
    // Each third of the rise is brighter than the one before.
    const third = Math.max(1, Math.floor(peak / 3));
    const means = [0, 1, 2].map((at) => meanOf(flux.slice(at * third, (at + 1) * third)));
    expect(means).toEqual([...means].sort((a, b) => a - b));
  });

  it('of an active nucleus wanders: neighbours in time are alike, distant ones are not', () => {
    const lags = (from: number, to: number): number => {
      const squares = nucleus.flatMap((one) =>
        nucleus
          .filter(
            ({ midpointMjdTai: mjd }) => mjd - one.midpointMjdTai > from && mjd - one.midpointMjdTai < to,
          )
          .map(({ psfFlux }) => (psfFlux - one.psfFlux) ** 2),
      );
      return meanOf(squares);
    };
    expect(lags(0, 1)).toBeLessThan(0.3 * lags(30, 60));
    expect(lags(1, 10)).toBeLessThan(lags(30, 60));
  });
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
