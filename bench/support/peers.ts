import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, jarsFolder } from '../../src/broker/cacheFolder.js';
import { defaultKafkaVersion, readDistribution } from '../../src/broker/distribution.js';
import { findJava } from '../../src/broker/java.js';
import { installationFolder } from '../../src/version.js';

const run = promisify(execFile);

/** What a producing peer is asked to do. */
export interface PeerLoad {
  /** The broker. */
  readonly bootstrap: string;
  /** The topic; it exists. */
  readonly topic: string;
  /** Size of a message, bytes. */
  readonly bytes: number;
  /** How many messages. */
  readonly messages: number;
  /** Acknowledgements: 1 or all. */
  readonly acks: '1' | 'all';
}

/**
 * librdkafka's own C program, compiled from the sources that come with the Kafka client.
 *
 * @returns the program, or undefined where it cannot be compiled: then it is left out, and the table says so
 */
export async function rdkafkaPerformance(): Promise<string | undefined> {
  const client = join(installationFolder, 'node_modules', 'node-rdkafka');
  const sources = join(client, 'deps', 'librdkafka');
  const library = join(client, 'build', 'deps', 'librdkafka.so.1');
  // The sources are configured only where the client was compiled, not where it came from the cache.
  if (!existsSync(join(sources, 'config.h')) || !existsSync(library)) return undefined;
  const folder = join(cacheFolder(), 'bench');
  const program = join(folder, 'rdkafka_performance');
  await mkdir(folder, { recursive: true });
  try {
    const source = join(sources, 'examples', 'rdkafka_performance.c');
    const link = [library, `-Wl,-rpath,${join(client, 'build', 'deps')}`, '-lpthread', '-lrt', '-lm'];
    await run('cc', ['-O2', '-w', `-I${join(sources, 'src')}`, '-o', program, source, ...link]);
    return program;
  } catch {
    return undefined;
  }
}

/**
 * Messages per second of librdkafka's C program.
 *
 * @param program - see {@link rdkafkaPerformance}
 * @param load - what it sends
 * @returns messages per second, until the last one was acknowledged
 */
export async function measureC(program: string, load: PeerLoad): Promise<number> {
  const { bootstrap, topic, bytes, messages, acks } = load;
  const args = ['-P', '-t', topic, '-s', String(bytes), '-c', String(messages), '-b', bootstrap];
  args.push('-a', acks === 'all' ? '-1' : '1');
  for (const setting of clientSettings) args.push('-X', setting);
  const { stdout, stderr } = await run(program, args, { maxBuffer: 1 << 26 });
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('messages produced'));
  const rate = Number(/in \d+ms: (\d+) msgs\/s/.exec(lines.at(-1) ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`rdkafka_performance told no rate: ${lines.at(-1) ?? stderr}`);
  return rate;
}

/** The same for both librdkafka contenders. */
const clientSettings = ['linger.ms=5', 'batch.num.messages=10000', 'queue.buffering.max.messages=500000'];

/**
 * Messages per second of Kafka's own Java program, `ProducerPerformance`.
 *
 * @param load - what it sends
 * @returns messages per second, as it tells them
 */
export async function measureJava(load: PeerLoad): Promise<number> {
  const { bootstrap, topic, bytes, messages, acks } = load;
  const distribution = readDistribution(defaultKafkaVersion);
  const { command } = await findJava(distribution.java);
  const jars = distribution.files.map((file) => join(jarsFolder(cacheFolder()), file.path)).join(':');
  const { stdout } = await run(
    command,
    [
      ...['-Xmx1g', '-cp', jars, 'org.apache.kafka.tools.ProducerPerformance', '--topic', topic],
      ...[
        '--num-records',
        String(messages),
        '--record-size',
        String(bytes),
        '--throughput',
        '-1',
        '--producer-props',
      ],
      ...[`bootstrap.servers=${bootstrap}`, `acks=${acks}`, 'linger.ms=5', 'batch.size=1000000'],
      ...['buffer.memory=268435456', 'max.request.size=10000000'],
    ],
    { maxBuffer: 1 << 26 },
  );
  const rate = Number(/([\d.]+) records\/sec/.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`ProducerPerformance told no rate: ${stdout.slice(-300)}`);
  return rate;
}
