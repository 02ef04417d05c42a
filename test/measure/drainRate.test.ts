import { describe, expect, it } from 'vitest';
import { drainOf, stepSeconds } from '../../src/measure/drainRate.js';

const smooth = Array.from({ length: 100 }, (_, index) => ({ seconds: 2 + index / 10, read: 500 * index }));
const stepwise = [
  { seconds: 5, read: 400_000 },
  { seconds: 10, read: 1_400_000 },
  { seconds: 15, read: 2_400_000 },
  { seconds: 20, read: 2_600_000 },
];

describe('how fast a group catches up', () => {
  it('counts from its first message', () => {
    const { startSeconds, perSecond } = drainOf(smooth, false);
    expect(startSeconds).toBeCloseTo(2.1);
    expect(perSecond).toBeCloseTo(5000);
  });

  it('leaves out the last commit, which comes some time after the last message', () => {
    expect(drainOf(stepwise, true)).toEqual({ startSeconds: 5, perSecond: 200_000 });
    expect(stepSeconds(stepwise)).toBe(5);
  });

  it('takes what there is of a single commit, and says nothing without one', () => {
    expect(drainOf(stepwise.slice(0, 1), true)).toEqual({ startSeconds: 5, perSecond: 80_000 });
    expect(drainOf([], true)).toEqual({ startSeconds: null, perSecond: null });
  });
});
