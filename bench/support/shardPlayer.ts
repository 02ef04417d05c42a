import { setTimeout as pause } from 'node:timers/promises';
import { hostname } from 'node:os';
import { ControlChannel } from '../../src/coordinator/shards/channel.js';
import type { FromFirst, ToFirst } from '../../src/coordinator/shards/messages.js';
import { openTopicAdmin } from '../../src/kafka/topics.js';
import { LatencySet } from '../../src/measure/latencySet.js';

const timeoutMs = 60_000;

/** Plays the control messages of many shards by itself: hello, a second's histograms each second, the end. */
async function play(bootstrap: string, topic: string, shards: number, seconds: number): Promise<void> {
  const connection = { bootstrap };
  const admin = await openTopicAdmin(connection, timeoutMs);
  const channel = await ControlChannel.open(connection, admin, topic, 'other', 'player', timeoutMs);
  const members = Array.from({ length: shards - 1 }, (_, index) => ({
    shard: index + 1,
    incarnation: index + 1,
  }));
  const send = (message: ToFirst): void => {
    channel.send(message);
  };
  const workers = new Map<number, number>();
  const started = new Promise<void>((resolve) => {
    channel.listen((received) => {
      const message = received as FromFirst;
      if (message.type !== 'start') return;
      for (const { worker, shard } of message.workers) workers.set(shard, worker);
      if (workers.size === members.length) resolve();
    });
  });
  for (const member of members) {
    send({
      type: 'hello',
      ...member,
      of: shards,
      fingerprint: 'bench',
      version: 'bench',
      host: hostname(),
      pid: process.pid,
      clock: { offsetNs: 0, boundNs: 0 },
    });
  }
  await started;
  // One shard's second: 1,000 alerts, three latencies, spread as real ones are. All shards send similar ones.
  const set = new LatencySet();
  for (let alert = 0; alert < 1000; alert += 1) {
    set.record(0, 'scheduleLag', 20 + 400 * Math.random() ** 4);
    set.record(0, 'ack', 1500 + 20_000 * Math.random() ** 6);
    set.record(0, 'response', 1600 + 20_000 * Math.random() ** 6);
  }
  const latencies = set.takeInterval();
  const health = {
    eventLoopDelayP99Us: 100,
    eventLoopUtilization: 0.3,
    queueFullSeconds: 0,
    awaitedSeconds: 0,
    cpuCores: 0.3,
    rssBytes: 2e8,
  };
  const startMs = performance.now();
  for (let second = 0; second < seconds; second += 1) {
    for (const member of members) {
      const told = {
        type: 'producer',
        phase: 0,
        untilNs: 1e9 * (second + 1),
        counts: { sent: 1000, acked: 1000, failed: 0, failures: [], bytes: 8.2e7 },
        gaps: [],
        inFlight: 0,
        latencies,
        health,
      } as const;
      send({ type: 'news', ...member, news: [{ worker: workers.get(member.shard) ?? 0, told }] });
      // Spread over the second, because the clocks of real shards differ.
      const dueMs = startMs + second * 1000 + (800 * member.shard) / shards;
      if (performance.now() < dueMs) await pause(dueMs - performance.now());
    }
    const restMs = startMs + (second + 1) * 1000 - performance.now();
    if (restMs > 0) await pause(restMs);
  }
  for (const member of members) {
    send({ type: 'news', ...member, news: [{ worker: workers.get(member.shard) ?? 0, ended: null }] });
    send({ type: 'bye', ...member });
  }
  await channel.flush(timeoutMs);
  await channel.close();
  await admin.close();
}

const [, , bootstrap = '', topic = '', shards = '', seconds = ''] = process.argv;
await play(bootstrap, topic, Number(shards), Number(seconds));
process.exit(0);
