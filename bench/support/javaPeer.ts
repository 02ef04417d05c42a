import { join } from 'node:path';
import { cacheFolder, jarsFolder } from '../../src/broker/cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../../src/broker/distribution.js';
import { findJava } from '../../src/broker/java.js';
import type { PeerLoad } from './peers.js';
import { runProgram } from './program.js';

/**
 * `tuned` has batches and a buffer as large as the librdkafka contenders have them; `defaults` is the tool
 * without settings, with the heap of Kafka's own script.
 */
export type JavaSettings = 'tuned' | 'defaults';

/** Limit of Kafka's producer by default, with the record's frame. */
const defaultRequestBytes = 1_048_576;
const frameBytes = 1000;

/**
 * The properties of the Java producer as `name=value`.
 *
 * @param settings - `defaults`: only what it cannot do without
 */
export function javaProperties(
  { bootstrap, bytes, acks, compression = 'none' }: PeerLoad,
  settings: JavaSettings,
): string[] {
  const needed = [
    `bootstrap.servers=${bootstrap}`,
    `acks=${acks}`,
    ...(compression === 'none' ? [] : [`compression.type=${compression}`]),
    ...(bytes + frameBytes > defaultRequestBytes ? [`max.request.size=${bytes + frameBytes}`] : []),
  ];
  if (settings === 'defaults') return needed;
  return [...needed, 'linger.ms=5', `batch.size=${batchBytes}`, 'buffer.memory=268435456'];
}

/** As large as the batches of the librdkafka contenders get. */
const batchBytes = 1_000_000;

/** Messages per second of Kafka's own Java program, `ProducerPerformance`, as it reports them. */
export async function measureJava(load: PeerLoad, settings: JavaSettings): Promise<number> {
  const { topic, bytes, messages } = load;
  const distribution = readDistribution(defaultKafkaVersion);
  const { command } = await findJava(distribution.java);
  const jars = distribution.files.map((file) => join(jarsFolder(cacheFolder()), file.path)).join(':');
  const args = [settings === 'tuned' ? '-Xmx1g' : '-Xmx512m'];
  args.push('-cp', jars, 'org.apache.kafka.tools.ProducerPerformance', '--topic', topic);
  args.push('--num-records', String(messages), '--record-size', String(bytes), '--throughput', '-1');
  args.push('--producer-props', ...javaProperties(load, settings));
  const { stdout } = await runProgram(command, args);
  const rate = Number(/([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`ProducerPerformance told no rate: ${stdout.slice(-300)}`);
  return rate;
}

/**
 * A number of messages for the tool with its defaults, a fifth, at least 100: it is several times slower, and
 * a round should take about as long.
 *
 * @param messages - what the tuned tool sends
 */
export function defaultsMessages(messages: number): number {
  return Math.max(100, Math.round(messages / 5));
}
