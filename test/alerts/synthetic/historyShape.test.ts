import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  historyFault,
  historyShape,
  meanDetections,
  mostDetections,
  occasionShape,
  shapeOfMean,
} from '../../../src/alerts/synthetic/historyShape.js';

function sumOf(shape: Float64Array, from = 0, to = shape.length): number {
  return shape.slice(from, to).reduce((sum, share) => sum + share, 0);
}

describe('the length of histories', () => {
  it('has the share without one, the median and the longest that were asked for', () => {
    const shape = historyShape({ none: 0.4, median: 8, max: 1000 });
    expect(shape[0]).toBe(0.4);
    expect(sumOf(shape, 0, 9)).toBeCloseTo(0.5, 10);
    expect(shape.length).toBe(1001);
    expect(shape[1000]).toBeGreaterThan(0);
    expect(meanDetections(shape)).toBeGreaterThan(90);
    expect(meanDetections(shape)).toBeLessThan(120);
  });

  it('is a distribution in which no length is more frequent than a shorter one, whatever is asked for', () => {
    const options = fc.record({
      // Most doubles are tiny, and would be rejected.
      none: fc.integer({ min: 90, max: 1000 }).map((thousandths) => thousandths / 1000),
      median: fc.option(fc.nat(400), { nil: undefined }),
      max: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2300 })),
    });
    fc.assert(
      fc.property(options, (given) => {
        fc.pre(historyFault(given) === undefined);
        const shape = historyShape(given);
        for (const distribution of [shape, occasionShape(shape)]) {
          expect(sumOf(distribution)).toBeCloseTo(1, 6);
          const rises = distribution.findIndex(
            (share, at) => at > 0 && share > (distribution[at - 1] ?? 0) + 1e-9,
          );
          expect(rises).toBe(-1);
        }
      }),
      { examples: [[{ none: 0.223, median: undefined, max: 5 }]] },
    );
  });

  it.each([
    { given: { none: 0.02, max: 1000 }, fault: { option: 'none', least: 0.09, most: 1 } },
    { given: { none: 0.4, max: 3000 }, fault: { option: 'max', least: 2, most: 2300 } },
    { given: { none: 0.09, max: 1 }, fault: { option: 'max', least: 84, most: 2300 } },
    { given: { none: 0.4, median: 1, max: 2 }, fault: { option: 'max', least: 6, most: 2300 } },
    { given: { none: 0.4, max: 2 }, fault: undefined },
    { given: { none: 0.4, median: 200, max: 1000 }, fault: { option: 'median', least: 1, most: 166 } },
    { given: { none: 0.6, median: 8, max: 1000 }, fault: { option: 'median', least: 0, most: 0 } },
    { given: { none: 0.6, max: 1000 }, fault: undefined },
    { given: { none: 1, max: 1 }, fault: undefined },
  ])('$given: $fault', ({ given, fault }) => {
    expect(historyFault(given)).toEqual(fault);
  });

  it('can have any mean up to the largest', () => {
    const shape = historyShape({ none: 0.4, median: 8, max: 1000 });
    fc.assert(
      fc.property(fc.double({ min: 0, max: mostDetections(), noNaN: true }), (mean) => {
        const other = shapeOfMean(shape, mean);
        expect(meanDetections(other)).toBeCloseTo(mean, 6);
        expect(sumOf(other)).toBeCloseTo(1, 9);
      }),
    );
    expect(mostDetections()).toBeGreaterThan(1000);
  });
});
