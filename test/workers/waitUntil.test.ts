import { describe, expect, it } from 'vitest';
import { monotonicNs } from '../../src/workers/clock.js';
import { waitUntil } from '../../src/workers/waitUntil.js';

const never = (): boolean => false;

describe('waitUntil', () => {
  it('does not wait for what is due already, and serves nothing', async () => {
    let served = 0;
    await waitUntil(monotonicNs() - 1, () => (served += 1), never);
    await waitUntil(-Infinity, () => (served += 1), never);
    expect(served).toBe(0);
  });

  it('does not wait where nobody wants it any more, however far off', async () => {
    let served = 0;
    await waitUntil(
      monotonicNs() + 3600e9,
      () => (served += 1),
      () => true,
    );
    expect(served).toBe(0);
  });

  it('ends within a turn of the event loop when it is no longer wanted', async () => {
    let served = 0;
    await waitUntil(
      monotonicNs() + 3600e9,
      () => (served += 1),
      () => served === 1,
    );
    expect(served).toBe(1);
  });

  it.each([
    ['asleep and awake', 0.5e6, Infinity],
    ['with a timer first', 4e6, Infinity],
    ['asleep to the end, where messages follow close upon each other', 0.5e6, 20_000],
  ])('never ends before the due time: %s', async (_, leftNs, gapNs) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const dueNs = monotonicNs() + leftNs;
      await waitUntil(dueNs, () => undefined, never, gapNs);
      expect(monotonicNs()).toBeGreaterThanOrEqual(dueNs);
    }
  });
});
