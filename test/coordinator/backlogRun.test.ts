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

const own = '{name: mine}';
const external = '{name: mine, external: g}';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Consumer {
  readonly perSecond: number;
  /** That it shows until it is stopped; null: they cannot be read. */
  readonly members?: number | null;
  /** What it had committed before the run; null: nothing. */
  readonly before?: number | null;
  /** It reads whatever it is asked to, and commits every 5 s. */
  readonly goesOn?: boolean;
  /** It is never started again. */
  readonly staysAway?: boolean;
}

/** Runs both phases; the group reads at this rate from when it is told to. */
async function run(groups: string, consumer: Consumer) {
  const { perSecond, before = null, goesOn = false, staysAway = false } = consumer;
  const parsed = parseScenario(scenario(groups), { fileName: 's.yaml', environment: {} });
  if (!('plan' in parsed)) throw new Error(JSON.stringify(parsed));
  const { plan } = parsed;
  const told: string[] = [];
  const requests: (ReaderRequest & { readonly atMs: number })[] = [];
  const beginMs = Date.now();
  let members = consumer.members === undefined ? 1 : consumer.members;
  let filledMs = Infinity;
  let catchUpMs = Infinity;
  let startMs = Infinity;
  const sent = (): number =>
    (Date.now() >= filledMs ? 10_000 : 0) + Math.max(0, (Date.now() - catchUpMs) / 10);
  const read = (): number => {
    const ms = Math.max(0, Date.now() - startMs);
    const countedMs = goesOn ? Math.floor(ms / 5000) * 5000 : ms;
    return Math.floor(Math.min(sent(), (countedMs * perSecond) / 1000));
  };
  const collector = {
    get acked() {
      return Math.floor(sent());
    },
    get received() {
      return new Map([['id', read()]]);
    },
    phases: [{ name: 'fill', acked: 10_000, bytes: 1_000_000 }, { name: 'drain' }],
  } as unknown as Collector;
  const committed = (): number | null => (before === null && read() === 0 ? null : (before ?? 0) + read());
  const steps = new BacklogSteps({
    plan,
    phases: ['fill', 'drain'],
    collector,
    watch:
      groups !== own
        ? {
            latest: () => ({
              ...{ atMs: Date.now(), lagSeconds: null, members, committed: read() },
              partitions: [{ partition: 0, end: 0, lag: 0, committed: committed() }],
            }),
            sample: () => Promise.resolve(),
            suspended: (name) => told.push(`suspended ${name}`),
            resumed: (name) => told.push(`resumed ${name}`),
            // Acknowledgements are not of the same instant.
            behind: () => collector.acked - read() - (Date.now() > catchUpMs ? 5 : 0),
          }
        : undefined,
    programs: {
      pause: (name) => {
        told.push(`stop ${name}`);
        return Promise.resolve();
      },
      resume: (name) => {
        told.push(`start ${name}`);
        startMs = Date.now();
      },
    },
    onRequest: (request) => {
      told.push(request.kind);
      requests.push({ ...request, atMs: Date.now() - beginMs });
      if (request.kind === 'stopConsumers') members = 0;
      else if (request.kind === 'startConsumers' && !goesOn && !staysAway) startMs = Date.now();
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
    filledMs = Date.now();
    if (goesOn) startMs = Date.now();
    await steps.before(1, readers);
    catchUpMs = Date.now();
    await steps.during(1, readers);
  });
  await vi.advanceTimersByTimeAsync(700_000);
  await whole;
  const asked = requests.map(({ kind, atMs }) => `${kind} after ${Math.round(atMs / 1000)} s`);
  return { told, asked, requests, results: steps.results };
}

describe('a backlog and the groups that catch up with it', () => {
  it('holds a group of ours, and measures how fast it reads', async () => {
    const { told, results } = await run(own, { perSecond: 1100 });
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
    const { requests, results } = await run(external, { perSecond: 1100, before: 300 });
    expect(requests).toMatchObject([
      { kind: 'stopConsumers', group: 'mine', groupId: 'g' },
      { kind: 'startConsumers', group: 'mine', groupId: 'g' },
    ]);
    expect(results[0]?.groups[0]).toMatchObject({ own: false, behind: 10_000, readEarly: 0, leftBehind: 0 });
  });

  it.each<[string, Consumer, string[], readEarly: number]>([
    [
      'asks nothing of a group without members and commits',
      { perSecond: 1100, members: 0 },
      ['startConsumers after 8 s'],
      0,
    ],
    [
      'asks, and waits a while, where only commits show a group',
      { perSecond: 1100, members: 0, before: 300 },
      ['stopUnseenConsumers after 0 s', 'startConsumers after 38 s'],
      0,
    ],
    [
      'does the same where members cannot be read',
      { perSecond: 1100, members: null },
      ['stopUnseenConsumers after 0 s', 'startConsumers after 38 s'],
      0,
    ],
    [
      'notices one that commits although it was to stop',
      { perSecond: 1100, members: 0, before: 300, goesOn: true },
      ['stopUnseenConsumers after 0 s', 'startConsumers after 35 s'],
      5500,
    ],
    [
      'notices one that had committed nothing before',
      { perSecond: 1100, members: 0, goesOn: true },
      ['startConsumers after 5 s'],
      5500,
    ],
  ])('%s', async (_, consumer, expected, readEarly) => {
    const { asked, results } = await run(external, consumer);
    expect(asked).toEqual(expected);
    expect(results[0]?.groups[0]).toMatchObject({ readEarly });
  });

  it('has no rate of a group that is not started again, whatever the offsets around it do', async () => {
    const { results } = await run(external, { perSecond: 1100, before: 300, staysAway: true });
    expect(results[0]?.groups[0]).toMatchObject({
      ...{ read: 0, startSeconds: null, seconds: null, drainPerSecond: null },
    });
  });

  it.each([
    [external, ['suspended mine', 'stopConsumers', 'resumed mine', 'startConsumers']],
    ['{name: mine, command: cat}', ['suspended mine', 'stop mine', 'resumed mine', 'start mine']],
  ])('tells the watch of a group when it is stopped and started: %s', async (group, expected) => {
    const { told } = await run(group, { perSecond: 1100, before: 300 });
    expect(told).toEqual(expected);
  });

  it('gives a group up that stands still', async () => {
    const { results } = await run(own, { perSecond: 0 });
    expect(results[0]?.groups[0]).toMatchObject({ seconds: null, drainPerSecond: null });
  });
});
