import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  workerName,
  type Pool,
  type RunningWorker,
  type WorkerFailure,
} from '../../../src/coordinator/pool.js';
import type { FromFirst, ToFirst } from '../../../src/coordinator/shards/messages.js';
import { OtherShard } from '../../../src/coordinator/shards/otherShard.js';
import { ShardedPool } from '../../../src/coordinator/shards/shardedPool.js';
import { LatencyHistogram } from '../../../src/measure/latency.js';
import { LatencySet, MergedLatencies } from '../../../src/measure/latencySet.js';
import { RunControl } from '../../../src/workers/control.js';
import type { FromWorker, PreloadSource, ToWorker } from '../../../src/workers/protocol.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = { offsetNs: 5000, boundNs: 400e3 };
const health = {
  eventLoopDelayP99Us: 0,
  eventLoopUtilization: 0,
  queueFullSeconds: 0,
  awaitedSeconds: 0,
  rssBytes: 0,
  cpuCores: null,
};

/** Threads that do as the test says. */
interface FakeWorker {
  readonly task: Readonly<Record<string, unknown>>;
  readonly hear: (message: FromWorker) => void;
  readonly told: ToWorker[];
  readonly end: (failure?: WorkerFailure) => void;
}

function fakePool(workers: FakeWorker[]): Pool {
  return {
    machines: 1,
    leadNs: 0,
    shardOf: () => undefined,
    gather: () => Promise.resolve([]),
    facts: () => undefined,
    close: () => Promise.resolve(),
    start: (task, hear): RunningWorker => {
      const told: ToWorker[] = [];
      const ended = new Promise<WorkerFailure | undefined>((resolve) => {
        workers.push({ task, hear, told, end: resolve });
      });
      return { name: task.name, tell: (message) => told.push(message), ended, heardMs: () => 0 };
    },
  };
}

/** Files as a machine found them. */
const filesOf = (machine: number): PreloadSource => ({
  kind: 'files',
  files: [{ path: `of-machine-${machine}`, place: 'night.tar.gz' }],
  reading: {},
  firstUs: 0,
  alerts: 2,
  framed: [],
  ranks: Uint32Array.of(1, 0),
});

/** Shards that exchange JSON, as over Kafka, each with fake threads. */
function together(of: number, fingerprints: readonly string[] = [], silenceMs = 4000) {
  const workers = Array.from({ length: of }, (): FakeWorker[] => []);
  const dead = new Set<number>();
  const others: OtherShard[] = [];
  const control = new RunControl();
  const pool = new ShardedPool({
    shards: of,
    runKey: 'key',
    session: 7,
    fingerprint: 'same',
    host: 'host-0',
    topic: 'control',
    send: (message) => {
      const text = JSON.stringify(message);
      others.forEach((other, at) => {
        if (!dead.has(at + 1)) other.hear(JSON.parse(text) as FromFirst);
      });
    },
    clock: { offsetNs: 2000, boundNs: 300e3 },
    clockBoundNs: () => 300e3,
    joinMs: 5000,
    silenceMs,
    signal: new AbortController().signal,
    onInterrupted: () => undefined,
  }).with(fakePool(workers[0] ?? []), 1, control);
  const ended = Array.from({ length: of - 1 }, (_, at) => {
    const other = new OtherShard({
      me: { shard: at + 1, incarnation: 100 + at },
      of,
      fingerprint: fingerprints[at] ?? 'same',
      version: '0',
      host: `host-${at + 1}`,
      pool: fakePool(workers[at + 1] ?? []),
      control: new RunControl(),
      connection: { bootstrap: 'its-own' },
      source: filesOf(at + 1),
      clock,
      send: (message) => {
        if (!dead.has(at + 1)) pool.hear(JSON.parse(JSON.stringify(message)) as ToFirst);
      },
      joinMs: 5000,
      silenceMs,
      topic: 'control',
      signal: new AbortController().signal,
      onWelcome: () => undefined,
    });
    others.push(other);
    const run = other.run();
    return run.catch((thrown: unknown) => thrown as Error);
  });
  return { pool, workers, dead, ended, control };
}

async function after<Result>(ms: number, result: Promise<Result>): Promise<Result> {
  await vi.advanceTimersByTimeAsync(ms);
  return result;
}

function startProducers(pool: Pool, of: number, hear: (message: FromWorker) => void): RunningWorker[] {
  return Array.from({ length: of }, (_, index) =>
    pool.start(
      {
        kind: 'replay',
        name: workerName(pool.shardOf('replay', index), `replay ${index + 1}`),
        shard: pool.shardOf('replay', index),
        connection: { bootstrap: 'a-secret' },
      } as never,
      hear,
    ),
  );
}

describe('shards that talk', () => {
  it('merge to the histogram of all samples, whoever recorded them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 30 }), {
          minLength: 2,
          maxLength: 5,
        }),
        async (samples) => {
          const { pool, workers, ended } = together(samples.length);
          expect(await after(1000, pool.gather())).toEqual([]);
          const merged = new MergedLatencies();
          const producers = startProducers(pool, samples.length, (message) => {
            if (message.type === 'producer') merged.add(message.latencies, () => 'all');
          });
          await vi.advanceTimersByTimeAsync(100);
          const all = new LatencyHistogram();
          samples.forEach((values, shard) => {
            const set = new LatencySet();
            for (const value of values) {
              set.record(0, 'ack', value);
              all.record(value);
            }
            const counts = { sent: 0, acked: 0, failed: 0, bytes: 0, failures: [] };
            const latencies = set.takeInterval();
            workers[shard]?.[0]?.hear({
              type: 'producer',
              phase: 0,
              untilNs: 0,
              counts,
              gaps: [],
              inFlight: 0,
              latencies,
              health,
            });
            workers[shard]?.[0]?.end();
          });
          const failures = await after(500, Promise.all(producers.map((producer) => producer.ended)));
          expect(failures).toEqual(samples.map(() => undefined));
          expect(merged.of('all', 'ack').encode()).toBe(all.encode());
          await after(500, pool.dismiss(null, 'done', 1000));
          expect(await Promise.all(ended)).toEqual(samples.slice(1).map(() => 'done'));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('preload from files as each of them found them', async () => {
    const { pool, workers } = together(2);
    await after(1000, pool.gather());
    const running = [0, 1].map((shard) => {
      const task = { kind: 'preload', name: `preload ${shard}`, shard, source: filesOf(0) };
      return pool.start(task as never, () => undefined);
    });
    await vi.advanceTimersByTimeAsync(200);
    expect(workers.map(([worker]) => worker?.task.source)).toEqual([filesOf(0), filesOf(1)]);
    for (const [worker] of workers) worker?.end();
    await after(500, Promise.all(running.map(({ ended }) => ended)));
    await after(500, pool.dismiss(null, 'done', 1000));
  });

  it('hand tasks over without credentials, and instants on the clock of each', async () => {
    const { pool, workers, control } = together(3);
    await after(1000, pool.gather());
    const done: FromWorker[] = [];
    const producers = startProducers(pool, 3, (message) => done.push(message));
    for (const producer of producers) producer.tell({ type: 'phase', phase: 0, startNs: 1e6 });
    await vi.advanceTimersByTimeAsync(200);
    expect(workers.map(([worker]) => worker?.task.connection)).toEqual([
      { bootstrap: 'a-secret' },
      { bootstrap: 'its-own' },
      { bootstrap: 'its-own' },
    ]);
    // The clock of the others is 3,000 ns behind the first one's by the broker's: an instant has a smaller number there.
    expect(workers.map(([worker]) => worker?.told)).toEqual(
      [1e6, 1e6 - 3000, 1e6 - 3000].map((startNs) => [{ type: 'phase', phase: 0, startNs }]),
    );
    expect(workers[1]?.[0]?.task.commonClockNs).toBe(3000);
    workers[2]?.[0]?.hear({ type: 'phaseDone', phase: 0, scheduled: 5, endNs: 2e6 });
    await vi.advanceTimersByTimeAsync(200);
    expect(done).toEqual([{ type: 'phaseDone', phase: 0, scheduled: 5, endNs: 2e6 + 3000 }]);
    control.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(pool.facts().clockBoundUs).toBe(800);
    await after(500, pool.dismiss(null, '', 1000));
  });

  it('name one that dies, by the failure of all of its workers; the others hear how it ended', async () => {
    const { pool, dead, ended } = together(3);
    await after(1000, pool.gather());
    const producers = startProducers(pool, 3, () => undefined);
    await vi.advanceTimersByTimeAsync(200);
    dead.add(2);
    const failure = await after(5000, producers[2]?.ended ?? Promise.resolve(undefined));
    expect(failure).toMatchObject({ name: 'shard 2 replay 3', code: 'SERVICE_UNAVAILABLE' });
    expect(failure?.message).toMatch(
      /^shard 2 \(host-2, process \d+\) was unresponsive for 4\.\d s: it died/,
    );
    expect(pool.facts().shards[2]?.notes).toEqual([failure?.message]);
    await after(500, pool.dismiss('SERVICE_UNAVAILABLE', 'shard 2 died', 1000));
    expect(await ended[0]).toMatchObject({ code: 'SERVICE_UNAVAILABLE', message: 'shard 2 died' });
    // It lives after all, but hears nothing: it does not wait forever either.
    expect(await after(5000, ended[1] ?? Promise.resolve(''))).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('tell a worker that hangs from a machine that is silent', async () => {
    const { pool, workers, dead } = together(3, [], 60_000);
    await after(1000, pool.gather());
    const producers = startProducers(pool, 3, () => undefined);
    await vi.advanceTimersByTimeAsync(200);
    const silentMs = (): number[] => producers.map(({ heardMs }) => performance.now() - heardMs());
    // Shard 2's producer reports each second, that of shard 1 nothing; both machines show that they live.
    for (let second = 0; second < 20; second += 1) {
      workers[2]?.[0]?.hear({ type: 'preparing' });
      await vi.advanceTimersByTimeAsync(1000);
    }
    const [, hung = 0, lively = 0] = silentMs();
    expect(hung).toBeGreaterThan(18_000);
    expect(hung).toBeLessThan(21_000);
    expect(lively).toBeLessThan(2500);
    // Now shard 2 is cut off for a while, and its worker with it: that is not the worker's silence.
    dead.add(2);
    await vi.advanceTimersByTimeAsync(20_000);
    dead.delete(2);
    await vi.advanceTimersByTimeAsync(1100);
    expect(silentMs()[2]).toBeLessThan(lively + 3000);
    expect(silentMs()[1]).toBeGreaterThan(hung + 20_000);
    const { name = '', shard } = producers[1] ?? {};
    const failure: WorkerFailure = { name, shard, code: 'INTERNAL', message: 'it hangs' };
    expect(pool.facts([failure]).shards.map(({ notes }) => notes)).toMatchObject([
      [],
      ['it hangs'],
      [expect.stringMatching(/was unresponsive for 2\d\.\d s and came back/)],
    ]);
    await after(500, pool.dismiss(null, '', 1000));
  });

  it('refuse one with another scenario, and begin nothing', async () => {
    const { pool, ended } = together(3, ['same', 'another']);
    const failures = await after(1000, pool.gather());
    expect(failures).toMatchObject([{ code: 'BAD_USAGE' }]);
    expect(failures[0]?.message).toMatch(/^shard 2 \(host-2.* has another scenario/);
    expect(await ended[1]).toMatchObject({ code: 'BAD_USAGE' });
    await after(500, pool.dismiss('BAD_USAGE', 'refused', 1000));
  });
});
