import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultKafkaVersion } from '../../src/broker/distribution.js';
import { freePorts } from '../../src/broker/ports.js';
import { startBroker } from '../../src/broker/startBroker.js';
import { stopBroker } from '../../src/broker/stop.js';
import type { ConnectionOptions } from '../../src/kafka/settings.js';
import { openTopicAdmin, type TopicAdmin } from '../../src/kafka/topics.js';

/** A broker of the benchmark's own: a real Kafka on free ports, with its data in a temporary folder. */
export interface BenchBroker {
  /** `127.0.0.1:port`. */
  readonly bootstrap: string;
  readonly pid: number;
  readonly connection: ConnectionOptions;
  readonly admin: TopicAdmin;
  /** For files of the benchmark; removed with the broker. */
  readonly folder: string;
  /** Replaces the topic if it exists. */
  readonly freshTopic: (name: string, partitions: number) => Promise<void>;
  /** Adds something to be stopped before it: another server that a benchmark started. */
  readonly stopWith: (stop: () => Promise<void>) => void;
  /** Stops it and removes what it wrote. */
  readonly stop: () => Promise<void>;
}

const timeoutMs = 60_000;

/** Starts a broker for a benchmark. */
export async function startBenchBroker(): Promise<BenchBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'rubin-alert-sim-bench-'));
  const stateFolder = join(folder, 'broker');
  const [port = 0] = await freePorts(1);
  const { record } = await startBroker({
    version: defaultKafkaVersion,
    stateFolder,
    listeners: [{ port }],
    jmxPort: 'none',
    // A topic that is removed is gone at once, not after a minute: what was not written to the disk yet never
    // is.
    serverProperties: { 'log.segment.delete.delay.ms': '0' },
  });
  const bootstrap = `127.0.0.1:${port}`;
  const connection = { bootstrap };
  const others: (() => Promise<void>)[] = [];
  const admin = await openTopicAdmin(connection, timeoutMs);
  return {
    bootstrap,
    pid: record.pid,
    connection,
    admin,
    folder,
    freshTopic: async (name, partitions) => {
      if ((await admin.partitionsOf(name)) !== undefined) await admin.remove(name);
      await admin.create({ name, partitions, replication: 1, config: {} });
    },
    stopWith: (stop) => {
      others.push(stop);
    },
    stop: async () => {
      await Promise.allSettled(others.map((stop) => stop()));
      await admin.close();
      await stopBroker({ stateFolder });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
