import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BrokerRecord } from '../../src/broker/brokerRecord.js';
import { freePorts } from '../../src/broker/ports.js';
import { startBroker } from '../../src/broker/startBroker.js';
import { stopBroker } from '../../src/broker/stop.js';
import { runCommand } from './support/commandLine.js';
import { quickJvm } from './support/quickJvm.js';
import { startScenario } from './support/scenarios.js';
import { withAdmin } from './support/topicContents.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

let folder: string;
let stateFolder: string;
let cluster: BrokerRecord;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leader-moves-'));
  stateFolder = join(folder, 'broker');
  const [port = 0] = await freePorts(1);
  const { record } = await startBroker({
    stateFolder,
    brokers: 3,
    listeners: [{ port }],
    jmxPort: 'none',
    heap: '300m',
    jvmOptions: await quickJvm(),
    // A dead broker loses its partitions when its session ends.
    serverProperties: { 'broker.session.timeout.ms': '3000', 'broker.heartbeat.interval.ms': '500' },
  });
  cluster = record;
  // One of its partitions has no leader as soon as the third broker is dead.
  const lonely = { name: 'lonely', partitions: 3, replication: 1, config: {} };
  await withAdmin(cluster, (admin) => admin.create(lonely));
});
afterAll(async () => {
  await stopBroker({ stateFolder, graceMs: 2000 });
  await rm(folder, { recursive: true, force: true });
});

describe('a leader that dies while its partitions are written to', () => {
  it('hands them over: the run goes on, nothing is lost, and the response time shows it', async () => {
    const seconds = 10;
    const run = await startScenario(
      folder,
      'leader',
      `
kafka: { bootstrap: '${cluster.bootstrap}', client: { acks: all, enable.idempotence: true } }
alerts: { payload: { bytes: 1000, count: 1000 } }
reservoir: { topic: leader-reservoir, partitions: 2, replication: 3, workers: 1 }
stream: { topic: leader-stream, partitions: 6, replication: 3, config: { min.insync.replicas: 2 } }
replay:
  workers: 2
  phases:
    - { name: steady, rate: 500/s, duration: ${seconds}s }
consumers: { groups: 1, members: 2 }
expect: { lost: 0, failed: 0, achievedRate: any }
limits: { drain: 60s, selfCheck: { scheduleLagP99: 10s, eventLoopDelayP99: 10s } }
`,
    );
    await run.prints(/s steady, /);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const victim = cluster.nodes.at(-1);
    if (victim === undefined) throw new Error('there is no third broker');
    process.kill(victim.pid, 'SIGKILL');
    const { code, stderr, summary } = await run.finished;
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const sent = 500 * seconds;
    expect(summary.counts).toMatchObject({
      scheduled: sent,
      sent,
      acked: sent,
      failed: 0,
      lost: 0,
      duplicated: 0,
    });
    expect(summary.groups).toMatchObject([{ received: sent, lost: 0 }]);
    // The third of the partitions that the dead broker led had no leader until its session had ended.
    expect(summary.latency.response.p99).toBeGreaterThan(1_000_000);
    const marks = await withAdmin(cluster, (admin) => admin.watermarks('leader-stream'));
    expect(marks.reduce((sum, { low, high }) => sum + high - low, 0)).toBe(sent);
  });
});

describe('a topic of which a partition has no leader', () => {
  it('is there all the same, and its offsets are asked for until it is sure that nobody knows them', async () => {
    expect(await withAdmin(cluster, (admin) => admin.partitionsOf('lonely'))).toBe(3);
    const args = ['-B', cluster.bootstrap, '--src-topic=lonely', '--dst-topic=never'];
    const { code, stderr } = await runCommand(['play-stream', ...args]);
    expect(stderr).toMatch(
      /^rubin-alert-sim: partition \d of the topic lonely has had no leader for 10 s: see whether all brokers are up\n$/,
    );
    expect(code).toBe(3);
  });
});
