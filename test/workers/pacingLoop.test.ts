import { expect, it } from 'vitest';
import { monotonicNs } from '../../src/workers/clock.js';
import { runPhase, type PacingLoop } from '../../src/workers/pacingLoop.js';

it('a phase whose next alert does not come ends when it is stopped, and serves the client until then', async () => {
  const silentReservoir = {
    isWhole: false,
    alertsOfShare: 1,
    rewind: () => Promise.resolve(),
    next: () => new Promise<never>(() => undefined),
    nextBuffered: () => undefined,
  };
  let polls = 0;
  const stopNs = monotonicNs() + 100e6;
  const loop = {
    task: { reservoirTopic: 'r', spanUs: 0 },
    source: silentReservoir,
    sender: { poll: () => (polls += 1) },
    stopped: () => monotonicNs() > stopNs,
    isCut: () => false,
    tick: () => undefined,
  } as unknown as PacingLoop;
  const pacing = { kind: 'recorded', speed: 1, passes: 1, rewrite: false } as const;
  expect(await runPhase(loop, { name: 'recorded', pacing }, monotonicNs())).toBe(1);
  expect(monotonicNs() - stopNs).toBeLessThan(1e9);
  expect(polls).toBeGreaterThan(1);
});
