import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brokerTerms,
  costOf,
  fitCosts,
  harnessTerms,
  memoryTerms,
  requests,
  wakeUps,
} from '../../bench/growth/costModel.js';
import type { GrowthLoad } from '../../bench/growth/load.js';
import { needsOfNight } from '../../bench/growth/nightNeeds.js';
import { growthAxes } from '../../bench/growth/points.js';

const load: GrowthLoad = { perSecond: 1000, bytes: 1000, workers: 1, partitions: 4, groups: 0 };
const fittedLoads = growthAxes.filter(({ fitted }) => fitted).flatMap(({ points }) => points);

describe('what a load makes happen', () => {
  it('wakes a producer once a message while messages are far apart', () => {
    expect(wakeUps({ ...load, perSecond: 10 })).toBeCloseTo(10, 1);
    expect(wakeUps({ ...load, perSecond: 0 })).toBe(0);
  });

  it('wakes a producer that has many messages as often as it sleeps, each producer by itself', () => {
    const once = wakeUps({ ...load, perSecond: 100_000 });
    expect(once).toBeCloseTo(3846, 0);
    expect(wakeUps({ ...load, perSecond: 1_000_000 })).toBe(once);
    expect(wakeUps({ ...load, perSecond: 200_000, workers: 2 })).toBe(2 * once);
  });

  it('sends a request a message, later one a partition and linger, and at last as many as the bytes fill', () => {
    expect(requests({ ...load, perSecond: 1 })).toBeCloseTo(1, 2);
    expect(requests({ ...load, perSecond: 1e6 })).toBeCloseTo(1000, 0);
    expect(requests({ ...load, perSecond: 100_000, partitions: 8 })).toBeCloseTo(1574.8, 1);
    expect(requests({ ...load, perSecond: 10_000, bytes: 300_000 })).toBe(3000);
  });
});

describe('the model of cost', () => {
  it.each([
    ['the harness', harnessTerms],
    ['the broker', brokerTerms],
    ['memory', memoryTerms],
  ])(
    'finds what things cost %s from the loads that are measured, where costs are what it takes them for',
    (_of, terms) => {
      fc.assert(
        fc.property(
          fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), {
            minLength: terms.length,
            maxLength: terms.length,
          }),
          (shares) => {
            // Of like weight: each term makes up to `share` of a cost somewhere.
            const truth = terms.map(
              ({ amount }, index) =>
                (shares[index] ?? 0) / Math.max(...fittedLoads.map((point) => amount(point.load))),
            );
            const model = fitCosts(
              terms,
              fittedLoads.map((point) => ({
                load: point.load,
                cost: costOf({ terms, costs: truth }, point.load),
              })),
            );
            for (const [index, cost] of truth.entries())
              expect((model.costs[index] ?? NaN) / cost).toBeCloseTo(1, 3);
          },
        ),
        { numRuns: 30 },
      );
    },
  );

  it('never finds that something gives processor time back', () => {
    const measured = [100, 200, 400].map((perSecond) => ({
      load: { ...load, perSecond },
      cost: 1000 / perSecond,
    }));
    const { costs } = fitCosts(harnessTerms, measured);
    expect(costs.every((cost) => cost >= 0)).toBe(true);
  });

  it('weighs a small load like a large one', () => {
    const [base, sent] = harnessTerms.filter(
      ({ name }) => name === 'being there' || name === 'a message sent',
    );
    if (base === undefined || sent === undefined) throw new Error('a term has another name');
    // No line fits 1, 1 and 400: by absolute errors the largest would decide alone.
    const { costs } = fitCosts(
      [base],
      [1, 1, 400].map((cost) => ({ load, cost })),
    );
    expect(costs[0]).toBeCloseTo(2.0025 / 2.00000625, 3);
  });
});

describe('what a night needs', () => {
  const unit = {
    terms: harnessTerms,
    costs: harnessTerms.map(({ name }) => (name === 'a message sent' ? 1e-4 : 0)),
  };
  const models = { harness: unit, broker: unit, memory: unit };

  it("is a burst of 3 s in each visit of 37 s at Rubin's rate", () => {
    expect(needsOfNight(models, 1)).toMatchObject({ alerts: 1e7, nightTerabytes: 1.41 });
    const { burst, harnessCores, harnessCoresMean, networkGigabits } = needsOfNight(models, 1);
    expect(burst.perSecond).toBeCloseTo(3333.3, 1);
    expect(harnessCores).toBeCloseTo(0.3333, 4);
    expect(harnessCoresMean).toBeCloseTo(0.3333 * (3 / 37), 4);
    expect(networkGigabits).toBeCloseTo(3.76, 3);
  });

  it('takes as many workers as keep the lag below a millisecond', () => {
    expect([1, 10, 100].map((times) => needsOfNight(models, times).burst.workers)).toEqual([2, 17, 163]);
  });
});
