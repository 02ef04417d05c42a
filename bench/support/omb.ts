import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import rdkafka from 'node-rdkafka';
import { defaultKafkaVersion, readDistribution } from '../../src/broker/distribution.js';
import { findJava } from '../../src/broker/java.js';
import { AlertSimError } from '../../src/errors.js';
import type { BenchBroker } from './broker.js';
import type { PeerLoad } from './peers.js';
import { breakOff } from './program.js';

/**
 * It prints a line every 10 s: the first ones are its warm-up, the next are measured, and then it is stopped.
 */
const warmupPeriods = 1;
const topicPrefix = 'test-topic-';

/**
 * Checks whether a folder is a distribution of OpenMessaging Benchmark: its jars are in `lib`.
 *
 * @throws `BAD_USAGE`
 */
export function checkOmb(folder: string): void {
  const lib = join(folder, 'lib');
  if (!existsSync(lib) || !readdirSync(lib).some((file) => /benchmark-framework.*\.jar$/.test(file))) {
    throw new AlertSimError(
      'BAD_USAGE',
      `${folder} is no distribution of OpenMessaging Benchmark: lib/ lacks benchmark-framework's jar; ` +
        'unpack package/target/openmessaging-benchmark-…-bin.tar.gz, which mvn package makes in its sources',
    );
  }
}

/** The YAML of the driver: the Java client as the tuned `ProducerPerformance` has it. */
export function ombDriver({ bootstrap, acks, bytes }: PeerLoad): string {
  return `name: Kafka
driverClass: io.openmessaging.benchmark.driver.kafka.KafkaBenchmarkDriver
replicationFactor: 1
topicConfig: ""
commonConfig: |
  bootstrap.servers=${bootstrap}
producerConfig: |
  acks=${acks}
  linger.ms=5
  batch.size=1000000
  buffer.memory=268435456
  max.request.size=${Math.max(1_048_576, bytes + 1000)}
consumerConfig: ""
`;
}

/** The YAML of the workload: one producer, no consumer, random bytes, and a rate that nothing reaches. */
export function ombWorkload(bytes: number, partitions: number): string {
  return `name: flat-out
topics: 1
partitionsPerTopic: ${partitions}
messageSize: ${bytes}
useRandomizedPayloads: true
randomBytesRatio: 1.0
randomizedPayloadPoolSize: ${Math.max(1, Math.min(10_000, Math.floor(32e6 / bytes)))}
subscriptionsPerTopic: 0
consumerPerSubscription: 0
producersPerTopic: 1
producerRate: 100000000
consumerBacklogSizeGB: 0
warmupDurationMinutes: 0
testDurationMinutes: 5
`;
}

/**
 * The rate in a line of its log: acknowledged and failed messages per second; undefined for a line without.
 */
export function ombRate(line: string): { readonly perSecond: number; readonly failed: number } | undefined {
  const found = /Pub rate +([\d.,]+) msg\/s .*?Pub err +([\d.,]+) err\/s/.exec(line);
  if (found === null) return undefined;
  const number = (text = ''): number => Number(text.replaceAll(',', ''));
  return { perSecond: number(found[1]), failed: number(found[2]) };
}

/**
 * Messages per second of OpenMessaging Benchmark, as it reports them: the mean of the periods after the
 * first.
 *
 * @param load - the number of messages and the topic are its own
 * @param periods - number of measured periods of 10 s
 */
export async function measureOmb(
  folder: string,
  { folder: temporary, admin, bootstrap }: BenchBroker,
  load: PeerLoad,
  partitions: number,
  periods: number,
): Promise<number> {
  const driver = join(temporary, 'omb-driver.yaml');
  const workload = join(temporary, 'omb-workload.yaml');
  writeFileSync(driver, ombDriver(load));
  writeFileSync(workload, ombWorkload(load.bytes, partitions));
  const { command } = await findJava(readDistribution(defaultKafkaVersion).java);
  const words = ['-Xmx2g', '-Duser.language=en', '-cp', join(folder, 'lib', '*')];
  words.push('io.openmessaging.benchmark.Benchmark', '--drivers', driver, workload);
  const child = spawn(command, words, {
    cwd: temporary,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: breakOff.signal,
  });
  // Aborted: what it printed says enough, and the loop below ends.
  child.on('error', () => undefined);
  const ended = once(child, 'close');
  const last: string[] = [];
  const rates: number[] = [];
  try {
    child.stderr.on('data', (chunk: Buffer) => last.push(chunk.toString()));
    for await (const line of createInterface(child.stdout)) {
      last.push(line);
      const rate = ombRate(line);
      if (rate === undefined) continue;
      if (rate.failed > 0) throw new Error(`OpenMessaging Benchmark failed to send: ${line}`);
      rates.push(rate.perSecond);
      if (rates.length === warmupPeriods + periods) break;
    }
  } finally {
    child.kill();
    await ended;
    for (const topic of await topicsOf(bootstrap))
      if (topic.startsWith(topicPrefix)) await admin.remove(topic);
  }
  const measured = rates.slice(warmupPeriods);
  // It ends with 0 when it has failed, too.
  if (measured.length < periods)
    throw new Error(`OpenMessaging Benchmark told no rate: ${last.slice(-5).join('\n')}`);
  return measured.reduce((sum, rate) => sum + rate, 0) / measured.length;
}

/** All topics: it gives its own a random name. */
async function topicsOf(bootstrap: string): Promise<string[]> {
  const client = new rdkafka.Producer({ 'metadata.broker.list': bootstrap });
  try {
    return await new Promise((resolve, reject) => {
      client.connect({ allTopics: true, timeout: 10_000 }, (error, metadata) => {
        if ((error as object | null) !== null) reject(new Error(error.message));
        else resolve(metadata.topics.map(({ name }) => name));
      });
    });
  } finally {
    client.disconnect();
  }
}
