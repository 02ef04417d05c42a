import type { Bench } from './support/bench.js';
import { durationAt, messagesAt, secondsAt } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import { defaultsMessages, measureJava } from './support/javaPeer.js';
import { measureOmb } from './support/omb.js';
import { runInOwnProcess } from './support/ownProcess.js';
import { payloadDigest, writeRandomPayloads } from './support/payloads.js';
import {
  measureC,
  measureProgram,
  measureRows,
  producerProperties,
  pureJsMissing,
  rdkafkaPerformance,
} from './support/peers.js';
import type { Contender, Measured } from './support/rounds.js';

const partitions = 4;
/** Warm-up of ours, with and without recording. */
export const warmupSeconds = 2;

/** A kind of flat-out load. */
export interface FlatOutLoad {
  readonly acks: '1' | 'all';
  readonly compression: 'none' | 'lz4' | 'zstd';
  /** `alerts` of a scenario. */
  readonly alerts: string;
  readonly workers: number;
}

/**
 * Messages of one size as fast as possible, every latency recorded, beside peers that record less or nothing.
 *
 * @param messages - how many each peer sends; ours sends for about the time that takes
 */
export function flatOutBench(bytes: number, messages: number, acks: '1' | 'all'): Bench {
  return {
    name: `flat-out-${bytes}${acks === 'all' ? '-acks-all' : ''}`,
    unit: 'msg/s',
    bound:
      bytes < 5000
        ? 'bound by the cores, which harness and broker share on one machine'
        : 'bound by memory copies, loopback and the disk behind the broker: see the limits of the machine',
    contenders: async (broker, note, size, { omb }) => {
      const { bootstrap, folder } = broker;
      const topic = 'bench-flat-out';
      const count = messagesAt(messages, size);
      const payload = `payload: {bytes: ${bytes}, count: ${Math.max(1, Math.min(10_000, Math.floor(32e6 / bytes)))}}`;
      const ours = size.workers.map((workers): Contender => ({
        name: `rubin-alert-sim run (${workers} worker${workers === 1 ? '' : 's'})`,
        measure: () =>
          measureFlatOut(
            broker,
            topic,
            { acks, compression: 'none', alerts: payload, workers },
            durationAt(5, size),
          ),
      }));
      const payloads = writeRandomPayloads(folder, bytes);
      note(
        `all processes of our own send the messages of ${payloadDigest(payloads)}, run sends random ones of that size`,
      );
      const load = { bootstrap, topic, bytes, messages: count, acks };
      const own = {
        bootstrap,
        topic,
        partitions,
        payloads,
        properties: { ...producerProperties, acks },
      };
      const peer = freshly(broker, topic);
      const c = await rdkafkaPerformance();
      if (c === undefined) note('rdkafka_performance (C) is left out: it could not be compiled');
      const missing = pureJsMissing();
      if (missing !== undefined) note(missing);
      return [
        ...ours,
        peer('our rows without recording (1 thread)', () =>
          measureRows({ ...own, warmupSeconds, seconds: secondsAt(5, size) }),
        ),
        ...(c === undefined ? [] : [peer('rdkafka_performance (C)', () => measureC(c, load))]),
        peer('ProducerPerformance (Java), its defaults', () =>
          measureJava({ ...load, messages: defaultsMessages(count) }, 'defaults'),
        ),
        peer('ProducerPerformance (Java), tuned', () => measureJava(load, 'tuned')),
        ...(omb === undefined
          ? []
          : [
              {
                name: 'OpenMessaging Benchmark, tuned as the Java tool',
                measure: () => measureOmb(omb, broker, load, partitions, size.scale < 1 ? 1 : 2),
              },
            ]),
        peer('node-rdkafka as it is, delivery reports', () =>
          measureProgram('rdkafkaProducer', { ...own, messages: count }),
        ),
        ...(missing === undefined
          ? [peer('@platformatic/kafka', () => measureProgram('pureJsProducer', { ...own, messages: count }))]
          : []),
      ];
    },
  };
}

/**
 * Runs one flat-out phase after a warm-up: the rate, with latencies in µs and the harness's use.
 *
 * @param topic - the stream; it is removed afterwards
 * @param duration - as a scenario writes it
 */
export async function measureFlatOut(
  broker: BenchBroker,
  topic: string,
  { acks, compression, alerts, workers }: FlatOutLoad,
  duration: string,
): Promise<Measured> {
  const text = `
name: flat-out
kafka:
  bootstrap: ${broker.bootstrap}
  client: {linger.ms: 5, batch.num.messages: 10000, acks: ${acks}, enable.idempotence: false, compression.type: ${compression}}
alerts: {${alerts}}
reservoir: {topic: bench-flat-out-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: ${partitions}}
replay:
  workers: ${workers}
  warmup: ${warmupSeconds}s
  phases:
    - {name: flat-out, rate: max, duration: ${duration}}
`;
  // Each peer has a process of its own, too: the memory of one that has run before is fragmented.
  const { summary, phase } = await runInOwnProcess(text, broker.folder);
  await broker.admin.remove(topic);
  const rate = phase.rate.achievedPerSecond;
  const { ack } = summary.latency;
  return {
    figure: rate,
    details: {
      'MB/s': (rate * summary.rate.bytesPerSecond) / summary.rate.achievedPerSecond / 1e6,
      'ack p50, µs': ack.p50 ?? NaN,
      'ack p99, µs': ack.p99 ?? NaN,
      'harness, cores': phase.harness?.cpuCores ?? NaN,
    },
  };
}

/** Makes contenders that get a fresh topic of 4 partitions for each round. */
export function freshly(
  broker: BenchBroker,
  topic: string,
): (name: string, measure: () => Promise<number>) => Contender {
  return (name, measure) => ({
    name,
    measure: async () => {
      await broker.freshTopic(topic, partitions);
      const rate = await measure();
      await broker.admin.remove(topic);
      return rate;
    },
  });
}
