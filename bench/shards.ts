import { setTimeout as pause } from 'node:timers/promises';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import {
  ControlChannel,
  controlPartitionCount,
  controlTopicConfig,
} from '../src/coordinator/shards/channel.js';
import type { ToFirst } from '../src/coordinator/shards/messages.js';
import { ShardedPool } from '../src/coordinator/shards/shardedPool.js';
import { openTopicAdmin } from '../src/kafka/topics.js';
import { MergedLatencies } from '../src/measure/latencySet.js';
import { costLoads, shardCost } from './shardCost.js';

const timeoutMs = 60_000;
const seconds = 10;

/**
 * Where the coordination reaches its limit: the first shard leads many others, whose control messages another
 * process plays on a real broker. `node dist/bench/shards.js HOST:PORT [shards ...]`
 */
async function measure(bootstrap: string, shards: number): Promise<void> {
  const topic = `rubin-alert-sim-control-bench-${shards}-${process.pid}`;
  const connection = { bootstrap };
  const admin = await openTopicAdmin(connection, timeoutMs);
  await admin.create({
    name: topic,
    partitions: controlPartitionCount,
    replication: 1,
    config: controlTopicConfig,
  });
  await pause(2000);
  const channel = await ControlChannel.open(connection, admin, topic, 'first', 'first', timeoutMs);
  const pool = new ShardedPool({
    shards,
    runKey: 'bench',
    session: 1,
    fingerprint: 'bench',
    host: 'bench',
    topic,
    send: (message) => {
      channel.send(message);
    },
    clock: { offsetNs: 0, boundNs: 0 },
    clockBoundNs: () => 0,
    joinMs: timeoutMs,
    silenceMs: timeoutMs,
    signal: new AbortController().signal,
    onInterrupted: () => undefined,
  });
  let received = 0;
  let bytes = 0;
  channel.listen((message) => {
    received += 1;
    pool.hear(message as ToFirst);
  });
  const startMs = performance.now();
  const player = fork(join(import.meta.dirname, 'support', 'shardPlayer.js'), [
    bootstrap,
    topic,
    String(shards),
    String(seconds),
  ]);
  const absent = await pool.gather();
  if (absent.length > 0) throw new Error(`${absent.length} shards did not come`);
  const gatheredMs = performance.now() - startMs;
  const merged = new MergedLatencies();
  const interval = new MergedLatencies();
  let mergeMs = 0;
  let alerts = 0;
  const before = process.cpuUsage();
  const loadMs = performance.now();
  const receivedBefore = received;
  const workers = Array.from({ length: shards - 1 }, (_, index) =>
    pool.start({ kind: 'replay', name: `shard ${index + 1} replay ${index + 1}` } as never, (message) => {
      if (message.type !== 'producer') return;
      const mergeStartMs = performance.now();
      // Like the collector: added to the whole run and to the interval.
      merged.add(message.latencies, () => 'all');
      interval.add(message.latencies, () => 'all');
      mergeMs += performance.now() - mergeStartMs;
      alerts += message.counts.acked;
      bytes += message.latencies.reduce((sum, { counts }) => sum + JSON.stringify(counts).length, 0);
    }),
  );
  await Promise.all(workers.map(({ ended }) => ended));
  const tookSeconds = (performance.now() - loadMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const expected = (shards - 1) * 1000 * seconds;
  const found = merged.of('all', 'ack').histogram.totalCount;
  if (alerts !== expected || found !== expected)
    throw new Error(`${found} of ${expected} values were merged`);
  console.log(
    JSON.stringify({
      shards,
      gatherSeconds: Number((gatheredMs / 1000).toFixed(2)),
      tookSeconds: Number(tookSeconds.toFixed(2)),
      playedSeconds: seconds,
      messagesPerSecond: Math.round((received - receivedBefore) / tookSeconds),
      histogramBytesPerShardSecond: Math.round(bytes / ((shards - 1) * seconds)),
      mergeMsPerSecond: Math.round(mergeMs / seconds),
      mergeUsPerShard: Math.round((1000 * mergeMs) / ((shards - 1) * seconds)),
      cpuShare: Number(((user + system) / 1e6 / tookSeconds).toFixed(2)),
    }),
  );
  player.kill();
  await pool.dismiss(null, '', 1);
  await channel.close();
  await admin.remove(topic);
  await admin.close();
}

/**
 * What the coordination costs one machine: `node dist/bench/shards.js cost [PAIRS] [LOAD ...]`, on a broker
 * of its own.
 *
 * @param words - number of pairs, and the loads; default all
 */
async function cost([pairs = '5', ...names]: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !costLoads.some((load) => load === name));
  if (!(Number(pairs) >= 1) || unknown.length > 0)
    throw new Error(`usage: cost [PAIRS] [LOAD ...], of the loads ${costLoads.join(', ')}`);
  for (const load of costLoads) {
    if (names.length > 0 && !names.includes(load)) continue;
    const { pairs: found, ...ratios } = await shardCost(load, Number(pairs));
    console.log(JSON.stringify({ pairs: found.length, ...ratios }));
  }
}

const [, , word = '127.0.0.1:9092', ...others] = process.argv;
if (word === 'cost') await cost(others);
else {
  for (const shards of others.length > 0 ? others.map(Number) : [10, 100, 300, 1000])
    await measure(word, shards);
}
process.exit(0);
