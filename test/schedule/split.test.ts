import { MessageChannel } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleOf } from '../../src/schedule/schedule.js';
import { indexesOf, partitionShares, type Share } from '../../src/schedule/split.js';
import { preloadMessages } from '../../src/workers/preloadSource.js';
import type { PreloadTask } from '../../src/workers/protocol.js';
import { alertsOfShare, type ReservoirShare } from '../../src/workers/reservoirReader.js';

const workers = fc.integer({ min: 1, max: 7 });
const machines = fc.integer({ min: 1, max: 5 });

function lanesOf(workersEach: number, machineCount: number): Share[] {
  const producers: Share[] = [];
  for (let shard = 0; shard < machineCount; shard += 1) {
    for (let worker = 0; worker < workersEach; worker += 1) {
      producers.push({ index: shard * workersEach + worker, of: machineCount * workersEach });
    }
  }
  return producers;
}

/** The indexes that a producer sends. */
function indexesIn(producer: Share, count: number): number[] {
  return Array.from({ length: indexesOf(producer, count) }, (_, turn) => producer.index + turn * producer.of);
}

describe('indexesOf', () => {
  it.each([
    ['shares evenly what divides', 12, 4, [3, 3, 3, 3]],
    ['gives the first producers one more of what does not', 14, 4, [4, 4, 3, 3]],
    ['leaves producers without an index where there are too few', 2, 4, [1, 1, 0, 0]],
    ['shares nothing', 0, 3, [0, 0, 0]],
  ])('%s', (_, count, of, expected) => {
    expect(expected.map((_none, index) => indexesOf({ index, of }, count))).toEqual(expected);
  });

  it('has no end where the schedule has none', () => {
    expect(indexesOf({ index: 3, of: 4 }, Infinity)).toBe(Infinity);
  });

  it('makes each message of a schedule due in exactly one producer, in the order of time', () => {
    fc.assert(
      fc.property(workers, machines, fc.integer({ min: 1, max: 300 }), (each, shards, rate) => {
        const schedule = scheduleOf({ kind: 'constant', ratePerSecond: rate, durationNs: 1e9 });
        const dues = lanesOf(each, shards).map((producer) =>
          indexesIn(producer, schedule.count).map(schedule.dueNs),
        );
        for (const producer of dues) expect([...producer].sort((a, b) => a - b)).toEqual(producer);
        const whole = Array.from({ length: schedule.count }, (_, index) => schedule.dueNs(index));
        expect(dues.flat().sort((a, b) => a - b)).toEqual(whole);
      }),
    );
  });
});

describe('partitionShares', () => {
  it.each([
    ['whole partitions to each of two producers', 4, 2, ['0:1/0 2:1/0', '1:1/0 3:1/0']],
    ['one more to the first of three producers', 4, 3, ['0:1/0 3:1/0', '1:1/0', '2:1/0']],
    ['turns with the one partition of the original', 1, 3, ['0:3/0', '0:3/1', '0:3/2']],
    ['turns with as many partitions as are too few', 2, 5, ['0:3/0', '1:2/0', '0:3/1', '1:2/1', '0:3/2']],
  ])('gives %s', (_, partitions, producers, expected) => {
    const texts = partitionShares(partitions, producers).map((shares) =>
      shares.map(({ partition, every, at }) => `${partition}:${every}/${at}`).join(' '),
    );
    expect(texts).toEqual(expected);
  });

  it('gives every offset of every partition to exactly one producer of one machine', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ low: fc.nat({ max: 30 }), length: fc.nat({ max: 40 }) }), {
          minLength: 1,
          maxLength: 12,
        }),
        workers,
        machines,
        (ranges, each, shards) => {
          const all = partitionShares(ranges.length, each * shards);
          const owners = lanesOf(each, shards).map(({ index }) => all[index] ?? []);
          ranges.forEach(({ low, length }, partition) => {
            for (let offset = low; offset < low + length; offset += 1) {
              const takers = owners.filter((shares) =>
                shares.some((share) => share.partition === partition && offset % share.every === share.at),
              );
              expect(takers).toHaveLength(1);
            }
          });
        },
      ),
    );
  });

  it('gives each producer something, and a partition to a producer at most once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (partitions, producers) => {
          const shares = partitionShares(partitions, producers);
          expect(shares).toHaveLength(producers);
          for (const own of shares) {
            expect(own.length).toBeGreaterThan(0);
            expect(new Set(own.map(({ partition }) => partition)).size).toBe(own.length);
          }
        },
      ),
    );
  });
});

describe('alertsOfShare', () => {
  const shares: fc.Arbitrary<ReservoirShare> = fc
    .record({
      low: fc.nat({ max: 60 }),
      length: fc.nat({ max: 60 }),
      every: fc.integer({ min: 1, max: 9 }),
      pick: fc.nat(),
    })
    .map(({ low, length, every, pick }) => ({
      partition: 0,
      every,
      at: pick % every,
      low,
      high: low + length,
    }));

  it('counts the offsets that are taken, as one who goes through all of them', () => {
    fc.assert(
      fc.property(shares, (share) => {
        let counted = 0;
        for (let offset = share.low; offset < share.high; offset += 1) {
          if (offset % share.every === share.at) counted += 1;
        }
        expect(alertsOfShare(share)).toBe(counted);
      }),
    );
  });

  it('has none in a partition whose end lies before its beginning', () => {
    expect(alertsOfShare({ partition: 0, every: 1, at: 0, low: 9, high: 3 })).toBe(0);
  });
});

describe('preloadMessages', () => {
  it('writes each value once, and each partition by one worker in the order of the alerts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 9 }),
        workers,
        async (alerts, partitions, of) => {
          const writers = new Map<number, Set<number>>();
          const written = new Map<number, number[]>();
          for (let index = 0; index < of; index += 1) {
            for await (const message of preloadMessages(preloadTask(alerts, partitions, { index, of }))) {
              const { partition } = message;
              writers.set(partition, (writers.get(partition) ?? new Set()).add(index));
              written.set(partition, [...(written.get(partition) ?? []), message.index]);
            }
          }
          for (const by of writers.values()) expect(by.size).toBe(1);
          for (const order of written.values()) expect([...order].sort((a, b) => a - b)).toEqual(order);
          const all = [...written.values()].flat().sort((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: alerts }, (_, index) => index));
        },
      ),
    );
  });
});

const { port1: unusedPort } = new MessageChannel();

function preloadTask(alerts: number, partitions: number, share: Share): PreloadTask {
  return {
    kind: 'preload',
    name: 'preload',
    port: unusedPort,
    control: new SharedArrayBuffer(4),
    connection: { bootstrap: 'localhost:9' },
    timeoutMs: 1000,
    topic: 'reservoir',
    partitions,
    share,
    source: { kind: 'payload', bytes: 4, seed: 1, alerts },
    fingerprint: 'none',
    schemaId: 1,
    notePlaces: false,
  };
}
