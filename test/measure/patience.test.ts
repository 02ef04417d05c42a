import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/measure/patience.js';

/** When a group that reads at a constant rate is given up, and why; undefined where it catches up. */
function outcome(behind: number, perSecond: number, stillMs = 60_000): [number, string] | undefined {
  const patience = new Patience(stillMs);
  for (let ms = 0; ms < 3_600_000; ms += 100) {
    const left = Math.max(0, behind - (perSecond * ms) / 1000);
    if (left === 0) return undefined;
    const why = patience.note(ms, left);
    if (why !== undefined) return [ms, why];
  }
  throw new Error('it is waited for without end');
}

describe('a group that has to catch up', () => {
  it.each<[string, number, number, [number, string] | undefined]>([
    ['is waited for five times as long as it may stand still, where it reads on', 30_000, 100, undefined],
    ['is given up after that time where it reads nothing', 30_000, 0, [60_100, 'standsStill']],
    ['is given up then where the rest would take 22 minutes', 13_000, 10, [60_100, 'tooSlow']],
  ])('%s', (_, behind, perSecond, expected) => {
    expect(outcome(behind, perSecond)).toEqual(expected);
  });

  it('is waited for anew after each message that it reads', () => {
    const patience = new Patience(1000);
    for (let ms = 0; ms < 5000; ms += 900) expect(patience.note(ms, 10 - ms / 900)).toBeUndefined();
  });

  it('is waited for where it reads at full speed after it stood still', () => {
    const patience = new Patience(60_000);
    for (let ms = 0; ms < 115_000; ms += 100) {
      const left = 30_000 - Math.max(0, ms - 55_000) * 0.5;
      expect(patience.note(ms, left), `after ${ms} ms`).toBeUndefined();
    }
  });

  it('is asked how fast it was', () => {
    const patience = new Patience(1000);
    patience.note(0, 100);
    patience.note(500, 50);
    expect(patience.readPerSecond).toBe(100);
  });
});
