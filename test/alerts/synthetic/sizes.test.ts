import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { cutoutSide, sizeQuantile } from '../../../src/alerts/synthetic/sizes.js';
import { syntheticAlerts } from './syntheticAlerts.js';

function sizesOf(options: Parameters<typeof createAlertMaker>[0], count: number): number[] {
  return [...syntheticAlerts({ ...options, alertsPerVisit: count })].map(({ bytes }) => bytes.length);
}

function meanOf(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('the sizes of alerts', () => {
  it.each([
    { what: 'the smallest without cutouts', meanBytes: 1200, cutouts: false },
    { what: 'small without cutouts', meanBytes: 4000, cutouts: false },
    { what: 'the smallest with cutouts', meanBytes: 20_000, cutouts: true },
    { what: 'the default', meanBytes: 82_000, cutouts: true },
    { what: 'large', meanBytes: 200_000, cutouts: true },
  ])('have the mean that was asked for within 2 % over 500 alerts: $what', ({ meanBytes, cutouts }) => {
    for (const seed of [1, 2]) {
      const ratio = meanOf(sizesOf({ meanBytes, cutouts, seed }, 500)) / meanBytes;
      expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
    }
  });

  it('have two modes: solar-system bodies are small, objects with history large, and little lies between', () => {
    const sizes = sizesOf({ meanBytes: 82_000 }, 320);
    const small = sizes.filter((size) => size < 40_000);
    const large = sizes.filter((size) => size > 75_000);
    expect(small.length / sizes.length).toBeCloseTo(0.3, 1);
    expect(small.length + large.length).toBe(sizes.length);
    expect(Math.max(...sizes)).toBeLessThan(130_000);
  });

  it('stay below the default message limit of Kafka even at the largest mean', () => {
    expect(Math.max(...sizesOf({ meanBytes: 400_000, seed: 9 }, 64))).toBeLessThan(1_000_000);
  });
});

describe('the place in the distribution of sizes', () => {
  it('takes each 64th once in 64 alerts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(1_000_000), (seed, block) => {
        const strata = Array.from({ length: 64 }, (_, at) => sizeQuantile(seed, block * 64 + at, 0.5));
        expect(new Set(strata).size).toBe(64);
        expect(Math.min(...strata)).toBe(0.5 / 64);
        expect(Math.max(...strata)).toBe(63.5 / 64);
      }),
    );
  });
});

it('the cutouts grow with the alert and have a pixel in the middle', () => {
  const sides = [1200, 20_000, 50_000, 82_000, 150_000, 400_000].map(cutoutSide);
  expect(sides).toEqual([...sides].sort((a, b) => a - b));
  expect(sides.every((side) => side % 2 === 1)).toBe(true);
});
