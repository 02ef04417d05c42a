import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectorStarts } from '../../src/schedule/detectors.js';

function sharesOf(detectors: number, seed: number): number[] {
  const starts = detectorStarts(detectors, seed);
  return [...starts].map((start, detector) => (starts[detector + 1] ?? 1) - start);
}

describe('the shares of detectors', () => {
  it('begin with nothing before the first, leave something to the last, and are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer(), (detectors, seed) => {
        const starts = detectorStarts(detectors, seed);
        expect(starts).toHaveLength(detectors);
        expect(starts[0]).toBe(0);
        expect(sharesOf(detectors, seed).every((share) => share > 0)).toBe(true);
        expect(detectorStarts(detectors, seed)).toEqual(starts);
      }),
    );
  });

  it('differ from seed to seed', () => {
    expect(detectorStarts(189, 1)).not.toEqual(detectorStarts(189, 2));
  });

  it('make bursts from about 10 to about 200 alerts with a mean of 50, as DMTN-149 has them', () => {
    const alerts = Array.from({ length: 200 }, (_, seed) => sharesOf(189, seed)).flatMap((shares) =>
      shares.map((share) => share * 189 * 50),
    );
    const smallest = alerts.reduce((least, count) => Math.min(least, count), Infinity);
    const largest = alerts.reduce((most, count) => Math.max(most, count), 0);
    const mean = alerts.reduce((sum, count) => sum + count, 0) / alerts.length;
    expect(mean).toBeCloseTo(50, 6);
    // The limits hold for the draws; dividing by their sum moves them by some percent.
    expect(smallest).toBeGreaterThan(10 * 0.8);
    expect(smallest).toBeLessThan(10 * 1.1);
    expect(largest).toBeGreaterThan(200 * 0.9);
    expect(largest).toBeLessThan(200 * 1.25);
  });
});
