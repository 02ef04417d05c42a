import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BacklogSteps, type ReaderRequest } from '../../src/coordinator/backlogRun.js';
import type { Collector } from '../../src/coordinator/collector.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';

const scenario = (groups: string): string => `
name: b
alerts: {payload: {bytes: 100, count: 10}}
replay:
  phases:
    - {name: fill, backlog: {messages: 10000}, groups: [mine]}
    - {name: drain, catchUp: {groups: [mine], while: {rate: 100/s}}}
consumers: {groups: [${groups}]}
`;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs both phases; the group reads at this rate from when it is told to. */
async function run(groups: string, perSecond: number) {
  const parsed = parseScenario(scenario(groups), { fileName: 's.yaml', environment: {} });
  if (!('plan' in parsed)) throw new Error(JSON.stringify(parsed));
  const { plan } = parsed;
  const told: string[] = [];
  const requests: ReaderRequest[] = [];
  let startMs = Infinity;
  let members = 1;
  const sent = (): number => 10_000 + Math.max(0, (Date.now() - startMs) / 10);
  const read = (): number =>
    Math.floor(Math.min(sent(), (Math.max(0, Date.now() - startMs) * perSecond) / 1000));
  const collector = {
    get acked() {
      return Math.floor(sent());
    },
    get received() {
      return new Map([['id', read()]]);
    },
    phases: [{ name: 'fill', acked: 10_000, bytes: 1_000_000 }, { name: 'drain' }],
  } as unknown as Collector;
  const steps = new BacklogSteps({
    plan,
    phases: ['fill', 'drain'],
    collector,
    watch: groups.includes('external')
      ? {
          latest: () => ({ atMs: 0, lagSeconds: null, partitions: [], members }),
          sample: () => Promise.resolve(),
          behind: () => collector.acked - read(),
        }
      : undefined,
    onRequest: (request) => {
      requests.push(request);
      if (request.kind === 'stopConsumers') members = 0;
      else startMs = Date.now();
    },
  });
  const readers = {
    pause: (group: string) => told.push(`pause ${group}`),
    resume: (group: string) => {
      told.push(`resume ${group}`);
      startMs = Date.now();
    },
    stopped: () => false,
  };
  const whole = steps.before(0, readers).then(async () => {
    await steps.before(1, readers);
    await steps.during(1, readers);
  });
  await vi.advanceTimersByTimeAsync(600_000);
  await whole;
  return { told, requests, results: steps.results };
}

describe('a backlog and the groups that catch up with it', () => {
  it('holds a group of ours, and measures how fast it reads', async () => {
    const { told, results } = await run('{name: mine}', 1100);
    expect(told).toEqual(['pause mine', 'resume mine']);
    const [result] = results;
    expect(result).toMatchObject({ phase: 'drain', whilePerSecond: 100, backlog: { messages: 10_000 } });
    const [group] = result?.groups ?? [];
    // 10,000 that are there and 100 more each second, at 1,100/s: 10 s.
    expect(group).toMatchObject({ name: 'mine', own: true, behind: 10_000, leftBehind: 0 });
    expect(group?.seconds).toBeCloseTo(10, 0);
    expect(Math.abs((group?.drainPerSecond ?? 0) / 1100 - 1)).toBeLessThan(0.02);
    expect(Math.abs((group?.drainBytesPerSecond ?? 0) / 110_000 - 1)).toBeLessThan(0.02);
  });

  it('asks for what only the user can do, with a group of others', async () => {
    const { told, requests, results } = await run('{name: mine, external: g}', 1100);
    expect(told).toEqual([]);
    expect(requests).toEqual([
      { kind: 'stopConsumers', group: 'mine', groupId: 'g' },
      { kind: 'startConsumers', group: 'mine', groupId: 'g' },
    ]);
    expect(results[0]?.groups[0]).toMatchObject({ own: false, behind: 10_000, leftBehind: 0 });
  });

  it('gives a group up that stands still', async () => {
    const { results } = await run('{name: mine}', 0);
    expect(results[0]?.groups[0]).toMatchObject({ seconds: null, drainPerSecond: null });
  });
});
