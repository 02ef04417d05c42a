import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../src/broker/cacheFolder.js';
import { clientVersion } from '../../src/kafka/library.js';
import { installationFolder } from '../../src/version.js';
import type { ProducerAnswer, ProducerLoad, ProducerTask, TimedLoad } from '../peers/producerLoad.js';
import { runProgram } from './program.js';

export type Compression = 'none' | 'lz4' | 'zstd';

/** A load for a producing peer. */
export interface PeerLoad {
  readonly bootstrap: string;
  /** It exists. */
  readonly topic: string;
  /** Size of a message. */
  readonly bytes: number;
  readonly messages: number;
  readonly acks: '1' | 'all';
  /** Default `none`. */
  readonly compression?: Compression;
}

/**
 * librdkafka's own C program, compiled from the sources that come with the Kafka client; undefined where it
 * cannot be compiled: then it is left out, and the table says so.
 */
export async function rdkafkaPerformance(): Promise<string | undefined> {
  const sources = join(installationFolder, 'node_modules', 'node-rdkafka', 'deps', 'librdkafka');
  const folder = join(cacheFolder(), 'bench', `librdkafka-${clientVersion()}-patched`);
  const program = join(folder, 'rdkafka_performance');
  if (existsSync(program)) return program;
  await mkdir(folder, { recursive: true });
  try {
    // The client contains librdkafka, where another program cannot use it: this one gets its own from the
    // same sources.
    const copy = join(folder, 'sources');
    await cp(sources, copy, { recursive: true });
    await runProgram('bash', ['./configure', '--disable-curl'], { cwd: copy });
    await runProgram('make', ['-j', String(availableParallelism()), '-C', 'src', 'librdkafka.so.1'], {
      cwd: copy,
    });
    const source = join(copy, 'examples', 'rdkafka_performance.c');
    const library = join(copy, 'src', 'librdkafka.so.1');
    const link = [library, `-Wl,-rpath,${join(copy, 'src')}`, '-lpthread', '-lrt', '-lm'];
    await runProgram('cc', ['-O2', '-w', `-I${join(copy, 'src')}`, '-o', program, source, ...link]);
    return program;
  } catch {
    return undefined;
  }
}

/**
 * Messages per second of librdkafka's C program, until the last one was acknowledged.
 *
 * @param program - see {@link rdkafkaPerformance}
 */
export async function measureC(program: string, load: PeerLoad): Promise<number> {
  const { bootstrap, topic, bytes, messages, acks, compression = 'none' } = load;
  const args = ['-P', '-t', topic, '-s', String(bytes), '-c', String(messages), '-b', bootstrap];
  args.push('-a', acks === 'all' ? '-1' : '1');
  args.push('-z', compression);
  for (const setting of clientSettings) args.push('-X', setting);
  const { stdout, stderr } = await runProgram(program, args);
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('messages produced'));
  const rate = Number(/in \d+ms: (\d+) msgs\/s/.exec(lines.at(-1) ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`rdkafka_performance told no rate: ${lines.at(-1) ?? stderr}`);
  return rate;
}

/** The same for all librdkafka contenders; ours sets the size of its queue itself. */
export const producerProperties = { 'linger.ms': 5, 'batch.num.messages': 10_000 } as const;

const clientSettings = [
  ...Object.entries(producerProperties).map(([name, value]) => `${name}=${value}`),
  'queue.buffering.max.messages=500000',
  'queue.buffering.max.kbytes=131072',
];

/**
 * The same for both librdkafka contenders that read: what the C program asks for, and ours where C says
 * nothing.
 */
export const consumerProperties = {
  'queued.min.messages': 1_000_000,
  'queued.max.messages.kbytes': 65_536,
  'fetch.wait.max.ms': 100,
} as const;

/**
 * Messages per second of librdkafka's C program as a consumer, as it reports them.
 *
 * @param program - see {@link rdkafkaPerformance}
 * @param messages - how many it reads, from the beginning
 * @param group - the group that it joins; undefined for the simple consumer of all partitions
 */
export async function consumeC(
  program: string,
  bootstrap: string,
  topic: string,
  partitions: number,
  messages: number,
  group: string | undefined,
): Promise<number> {
  const args = group === undefined ? ['-C', '-o', 'beginning'] : ['-G', group];
  if (group === undefined)
    for (let partition = 0; partition < partitions; partition += 1) args.push('-p', String(partition));
  args.push('-t', topic, '-c', String(messages), '-b', bootstrap);
  for (const [name, value] of Object.entries(consumerProperties)) args.push('-X', `${name}=${value}`);
  const { stdout, stderr } = await runProgram(program, args);
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('consumed in'));
  const rate = Number(/in \d+ms: (\d+) msgs\/s/.exec(lines.at(-1) ?? '')?.[1]);
  if (!(rate > 0)) throw new Error(`rdkafka_performance told no rate: ${lines.at(-1) ?? stderr}`);
  return rate;
}

/**
 * Messages per second of a producing program of our own in a process of its own, until the last one was
 * acknowledged.
 *
 * @param program - under bench/peers
 */
export async function measureProgram(
  program: 'rdkafkaProducer' | 'pureJsProducer',
  load: ProducerLoad,
): Promise<number> {
  const { acked, seconds } = await answerOf(program, load);
  if (acked !== load.messages) throw new Error(`${acked} of ${load.messages} were acknowledged`);
  return acked / seconds;
}

/**
 * Messages per second of a producer's flat-out loop that records nothing, until the last one was acknowledged;
 * see peers/rowsProducer.ts.
 */
export async function measureRows(load: TimedLoad): Promise<number> {
  const { acked, seconds } = await answerOf('rowsProducer', load);
  return acked / seconds;
}

async function answerOf(program: string, load: ProducerTask): Promise<ProducerAnswer> {
  const file = join(installationFolder, 'dist', 'bench', 'peers', `${program}.js`);
  const { stdout } = await runProgram(process.execPath, [file, JSON.stringify(load)]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ProducerAnswer;
}

/** Why `@platformatic/kafka` cannot be measured here, a sentence; undefined where it can. */
export function pureJsMissing(): string | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 22))
    return `@platformatic/kafka is left out: it needs Node 22.22 or newer, and this is ${process.versions.node}`;
  try {
    createRequire(import.meta.url).resolve('@platformatic/kafka');
    return undefined;
  } catch {
    return '@platformatic/kafka is left out: npm install --no-save @platformatic/kafka puts it beside the others';
  }
}
