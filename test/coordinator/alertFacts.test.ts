import { describe, expect, it } from 'vitest';
import { alertFacts } from '../../src/coordinator/alertFacts.js';
import { runShard, type ShardRun } from '../../src/coordinator/shards/runShard.js';
import type { Plan } from '../../src/scenario/plan.js';
import { planFrom } from '../scenario/planFrom.js';

function planOf(synthetic: string): Plan {
  return planFrom(
    `{name: a, alerts: {synthetic: ${synthetic}}, replay: {phases: [{name: a, rate: 1/s, duration: 1s}]}}`,
  );
}

describe('synthetic alerts', () => {
  it('start now, in atomic time, where a scenario says so', async () => {
    const { source } = await alertFacts(planOf('{alertsPerVisit: 10, start: now}'));
    const { startMjd = 0 } = source.kind === 'synthetic' ? source.options : {};
    const utcSeconds = (startMjd - 40_587) * 86_400 - 37;
    expect(Math.abs(utcSeconds - Date.now() / 1000)).toBeLessThan(10);
  });

  it('have the size that their histories give, as that is known beforehand', async () => {
    const { meanBytes: short } = await alertFacts(planOf('{history: {none: 100%}, cutouts: false}'));
    const { meanBytes: long } = await alertFacts(planOf('{history: {median: 100}, cutouts: false}'));
    expect(short).toBeLessThan(2500);
    expect(long).toBeGreaterThan(30_000);
  });

  it.each([
    [
      '{history: {median: 500}}',
      /^alerts\.synthetic\.history\.median must be a whole number from 1 to 166, but is 500/,
    ],
    ['{objects: {count: 5}}', /^alerts\.synthetic\.objects\.count must be from \d+ to \d+ with/],
    ['{meanBytes: 900kB}', /^alerts\.synthetic\.meanBytes must be from \d+ to \d+ with the other/],
    ['{meanBytes: 10kB}', / but is 10000; with alerts\.synthetic\.cutouts: false it can be \d+ or more$/],
  ])('%s is an error that names the key and the range', async (synthetic, says) => {
    await expect(alertFacts(planOf(synthetic))).rejects.toThrow(says);
  });

  it('cannot start now on several machines, which would each have another now', async () => {
    const shard = { run: { plan: planOf('{start: -2h}'), timeoutMs: 1000 } } as unknown as ShardRun;
    await expect(runShard(shard)).rejects.toThrow(/^alerts\.synthetic\.start is -2h, which is another time/);
  });
});
