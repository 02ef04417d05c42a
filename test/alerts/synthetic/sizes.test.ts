import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { stratified } from '../../../src/alerts/synthetic/objects.js';
import type { SyntheticOptions } from '../../../src/alerts/synthetic/options.js';
import { syntheticAlerts } from './syntheticAlerts.js';

function meanOf(maker: ReturnType<typeof createAlertMaker>): number {
  let bytes = 0;
  for (const alert of syntheticAlerts(maker)) bytes += alert.bytes.length;
  return bytes / maker.count;
}

function faultOf(options: Partial<SyntheticOptions>): string {
  try {
    createAlertMaker(options);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return '';
}

describe('the sizes of alerts', () => {
  it.each([
    { what: 'as the histories give', given: {} },
    { what: 'small', given: { meanBytes: 8000 } },
    { what: 'large', given: { meanBytes: 60_000 } },
  ])('have the mean that was asked for within 10 % over 1,000 alerts: $what', ({ given }) => {
    const maker = createAlertMaker({ ...given, visits: 1, alertsPerVisit: 1024, cutouts: false });
    expect(maker.meanBytes / (given.meanBytes ?? maker.meanBytes)).toBeCloseTo(1, 2);
    expect(Math.abs(meanOf(maker) / maker.meanBytes - 1)).toBeLessThan(0.1);
  });

  it.each([600, 700_000])('have a mean that can be reached: not %i', (meanBytes) => {
    expect(() => createAlertMaker({ meanBytes, cutouts: false })).toThrow(
      /^meanBytes must be from \d+ to \d+ with/,
    );
  });

  it('become smaller than with cutouts only without them, which the error says', () => {
    const [, least] =
      /^meanBytes must be from 113\d{3} to \d+ with .* is 1500; with cutouts: false it can be (\d+) or more$/.exec(
        faultOf({ meanBytes: 1500 }),
      ) ?? [];
    expect(createAlertMaker({ meanBytes: Number(least), cutouts: false }).meanBytes).toBeCloseTo(
      Number(least),
      -1,
    );
    expect(faultOf({ meanBytes: 900_000 })).not.toContain('cutouts');
  });

  it.each([
    { what: 'of the solar system only', given: { solarSystem: 1 } },
    { what: 'of the solar system only, without cutouts', given: { solarSystem: 1, cutouts: false } },
    { what: 'of nearly nothing else', given: { solarSystem: 1 - 1e-9 } },
  ])('are one size, which is named and accepted, where alerts are $what', ({ given }) => {
    const fault = faultOf({ ...given, meanBytes: 200_000 });
    const [, only] =
      /^meanBytes must be (\d+) with the other options as they are, but is 200000$/.exec(fault) ?? [];
    const meanBytes = Number(only);
    expect(createAlertMaker({ ...given, meanBytes }).meanBytes).toBeCloseTo(meanBytes, -1);
  });

  it.each([0.1, 0.3, 0.5, 0.9])(
    'can be both ends of the range that is named: solarSystem %d',
    (solarSystem) => {
      const [, from, to] = / from (\d+) to (\d+) /.exec(faultOf({ solarSystem, meanBytes: 950_000 })) ?? [];
      for (const meanBytes of [Number(from), Number(to)])
        expect(createAlertMaker({ solarSystem, meanBytes }).meanBytes / meanBytes).toBeCloseTo(1, 2);
    },
  );

  it('stay below the default message limit of Kafka even with the longest history', () => {
    const maker = createAlertMaker({ visits: 1, alertsPerVisit: 320, historyMax: 2300, solarSystem: 0 });
    const sizes = [...syntheticAlerts(maker)].map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeGreaterThan(800_000);
    expect(Math.max(...sizes)).toBeLessThan(1_048_000);
  });
});

describe('the place in a distribution', () => {
  it('takes each 64th once in 64 slots', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1_000_000), (seed, block) => {
        const strata = Array.from({ length: 64 }, (_, at) => stratified(seed, block * 64 + at, 0.5));
        expect(new Set(strata).size).toBe(64);
        expect(Math.min(...strata)).toBe(0.5 / 64);
        expect(Math.max(...strata)).toBe(63.5 / 64);
      }),
    );
  });
});
