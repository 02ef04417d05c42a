import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { stratified } from '../../../src/alerts/synthetic/objects.js';
import { syntheticAlerts } from './syntheticAlerts.js';

function meanOf(maker: ReturnType<typeof createAlertMaker>): number {
  let bytes = 0;
  for (const alert of syntheticAlerts(maker)) bytes += alert.bytes.length;
  return bytes / maker.count;
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
