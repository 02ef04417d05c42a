import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerConfig } from '../../src/broker/brokerConfig.js';
import type { BrokerRecord } from '../../src/broker/brokerRecord.js';
import { freePorts } from '../../src/broker/ports.js';
import { probeBroker } from '../../src/broker/probe.js';
import { identify } from '../../src/broker/processIdentity.js';
import { startBroker } from '../../src/broker/startBroker.js';
import { findJmxSources } from '../../src/broker/metrics/sources.js';
import { brokerStatus } from '../../src/broker/status.js';
import { stopBroker } from '../../src/broker/stop.js';
import { checkReplicasOf } from '../../src/coordinator/replicaRules.js';
import { decideTopic, prepareTopic } from '../../src/coordinator/topicRules.js';
import { openMessageSender } from '../../src/workers/messageSender.js';
import { quickJvm } from './support/quickJvm.js';
import { topicContents, withAdmin } from './support/topicContents.js';

let stateFolder: string;
let parent: string;
let port: number;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cluster test '));
  stateFolder = join(parent, 'state');
  [port = 0] = await freePorts(1);
});

afterEach(async () => {
  await stopBroker({ stateFolder, graceMs: 2000 });
  await rm(parent, { recursive: true });
});

const jvmOptions = await quickJvm();

const config = (more: BrokerConfig = {}): BrokerConfig => ({
  stateFolder,
  listeners: [{ port }],
  jmxPort: 'none',
  heap: '300m',
  jvmOptions,
  // After a crash the controller waits for the old process's session to end.
  serverProperties: { 'broker.session.timeout.ms': '6000', 'broker.heartbeat.interval.ms': '1000' },
  ...more,
});

/** A loaded machine may need minutes for three JVMs; an idle one ten seconds. */
const patient = { timeout: 240_000 };

/**
 * Topics get the cluster's own replication; one that acks=all could never be acknowledged for is rejected
 * before it is created.
 */
async function withReplicas({ bootstrap }: BrokerRecord): Promise<void> {
  const connection = { bootstrap };
  await withAdmin(connection, async (admin) => {
    const decide = (name: string, replication: number, acks: string) =>
      decideTopic(
        { admin, connection: { bootstrap, properties: { acks } }, timeoutMs: 10_000 },
        { request: { name, partitions: 2, replication, config: {} }, overwrite: 'ours', remedy: '' },
      );
    await prepareTopic(admin, await decide('own-replication', -1, 'all'));
    expect(await admin.shapeOf('own-replication')).toEqual({ partitions: 2, replicas: 3 });
    expect((await decide('own-replication', -1, 'all')).kind).toBe('empty');
    expect((await decide('own-replication', 2, 'all')).kind).toBe('recreate');
    await expect(decide('too-few', 1, 'all')).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(/replication 1 .*too-few.*min\.insync\.replicas 2/) as unknown,
    });
    await expect(decide('too-many', 4, 'all')).rejects.toMatchObject({ code: 'BAD_USAGE' });
    expect((await decide('too-few', 1, '1')).kind).toBe('create');
    await admin.create({ name: 'one-replica', partitions: 1, replication: 1, config: {} });
    await expect(checkReplicasOf(admin, 'one-replica')).rejects.toThrow(/min\.insync\.replicas 2/);
    expect(await admin.partitionsOf('too-few')).toBeUndefined();
  });
}

describe('three brokers', () => {
  it('keep on taking acks=all when one is killed, get it back, and leave nothing', patient, async () => {
    const [jmxPort = 0] = await freePorts(1, [port]);
    const { record } = await startBroker(config({ brokers: 3, jmxPort }));
    expect(record.nodes.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['broker 1', 'broker 2', 'broker 3']);
    expect(record.bootstrap.split(',')).toHaveLength(3);
    expect((await probeBroker(port)).brokerIds).toEqual([1, 2, 3]);
    expect(await brokerStatus(stateFolder)).toMatchObject({ kind: 'running', record: { pid: record.pid } });

    // Each of them has metrics, even where only one of them is named, and the folder is not the usual one.
    const address = `localhost:${record.nodes[2]?.ports[0] ?? 0}`;
    const { sources, faults } = await findJmxSources({
      jmx: 'auto',
      bootstrap: address,
      stateFolder: parent,
    });
    expect(faults).toEqual([]);
    expect(sources).toEqual(
      record.nodes.map(({ jmxPort, pid }) => ({ address: `127.0.0.1:${jmxPort}`, pid })),
    );

    const topic = { name: 'three', partitions: 3, replication: 3, config: { 'min.insync.replicas': '2' } };
    await withAdmin(record, (admin) => admin.create(topic));
    await produce(record, 30);

    await withReplicas(record);

    const [, victim] = record.nodes;
    if (victim === undefined) throw new Error('no second broker');
    process.kill(victim.pid, 'SIGKILL');
    await expect.poll(() => identify(victim.pid)).toBeUndefined();
    expect(await brokerStatus(stateFolder)).toMatchObject({
      kind: 'partly died',
      dead: [{ kind: 'broker', id: 2, pid: victim.pid }],
      logs: [join(stateFolder, 'broker-2', 'broker.log')],
    });
    await produce(record, 30);
    expect(await topicContents(record, 'three')).toHaveLength(60);

    const again = await startBroker(config({ brokers: 3 }));
    expect(again.startedNow).toBe(false);
    expect(again.record.nodes[1]?.pid).not.toBe(victim.pid);
    expect(again.record.nodes[0]?.pid).toBe(record.pid);
    expect((await probeBroker(port)).brokerIds).toEqual([1, 2, 3]);

    const { pids } = await stopBroker({ stateFolder, graceMs: 2000 });
    expect(pids).toEqual(again.record.nodes.map(({ pid }) => pid));
    expect(await readdir(parent)).toEqual([]);
    expect(await Promise.all(pids.map((pid) => identify(pid)))).toEqual([undefined, undefined, undefined]);
  });

  it('take everything back when their start is interrupted, half-way', patient, async () => {
    const interruption = new AbortController();
    const watch = setInterval(() => {
      if (existsSync(join(stateFolder, 'broker.json'))) interruption.abort();
    }, 10);
    const start = startBroker(config({ brokers: 3 }), { signal: interruption.signal });
    await expect(start).rejects.toMatchObject({ code: 'INTERRUPTED' });
    clearInterval(watch);
    expect(await readdir(parent)).toEqual([]);
  });

  it("repeat Kafka's words for a value that it refuses, and leave no process", patient, async () => {
    const start = startBroker(config({ brokers: 3, serverProperties: { 'num.io.threads': 'many' } }));
    await expect(start).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('num.io.threads') as unknown,
    });
    expect(await brokerStatus(stateFolder)).toMatchObject({ kind: 'stopped' });
  });
});

describe.each([
  ['3.9.1 with ZooKeeper', { version: '3.9.1', zookeeper: true }, ['zookeeper 1', 'broker 1']],
  ['3.9.1 with KRaft', { version: '3.9.1' }, ['broker 1']],
  ['4.4.0', { version: '4.4.0' }, ['broker 1']],
])('Kafka %s', (_what, more, nodes) => {
  it('serves clients, takes JVM options, and leaves nothing', patient, async () => {
    const { record } = await startBroker(config({ ...more, jvmOptions: ['-XX:+UseSerialGC', '-Xmx250m'] }));
    expect(record.version).toBe(more.version);
    expect(record.nodes.map(({ kind, id }) => `${kind} ${id}`)).toEqual(nodes);
    const commandLine = await readFile(join(record.nodes.at(-1)?.folder ?? '', 'jvm.args'), 'utf8');
    expect(commandLine).toMatch(/-Xmx300m[^]*-XX:\+UseSerialGC[^]*-Xmx250m/);
    expect(commandLine).not.toContain('UseG1GC');
    await withAdmin(record, (admin) =>
      admin.create({ name: 'three', partitions: 3, replication: 1, config: {} }),
    );
    await produce(record, 30);
    expect(await topicContents(record, 'three')).toHaveLength(30);

    const { pids } = await stopBroker({ stateFolder });
    expect(pids).toHaveLength(nodes.length);
    expect(await readdir(parent)).toEqual([]);
    expect(await Promise.all(pids.map((pid) => identify(pid)))).toEqual(pids.map(() => undefined));
  });
});

describe('a state folder with the data of another kind of cluster', () => {
  it('is not started in', patient, async () => {
    await startBroker(config());
    await stopBroker({ stateFolder, keepData: true });
    await expect(startBroker(config({ brokers: 3 }))).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(
        /holds the data of another kind of cluster \(kafka-data\).*broker down/,
      ) as unknown,
    });
    expect(await readdir(stateFolder)).toEqual(['kafka-data']);
  });
});

/** Sends messages with acks=all and expects each to be acknowledged. */
async function produce({ bootstrap }: Pick<BrokerRecord, 'bootstrap'>, count: number): Promise<void> {
  let acked = 0;
  const failures: number[] = [];
  const producer = await openMessageSender({
    connection: { bootstrap },
    properties: { acks: 'all', 'enable.idempotence': true },
    topic: 'three',
    onDelivery: ({ error }) => {
      if (error === 0) acked += 1;
      else failures.push(error);
    },
    timeoutMs: 60_000,
  });
  for (let sent = 0; sent < count; sent += 1) {
    while (!producer.trySend(sent % 3, { value: Buffer.from(String(sent)) })) await turn();
  }
  const endMs = performance.now() + 60_000;
  while (producer.inFlight > 0 && performance.now() < endMs) {
    producer.poll();
    await turn();
  }
  await producer.close();
  expect({ acked, failures }).toEqual({ acked: count, failures: [] });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
