import { join } from 'node:path';
import { runScenario } from '../src/coordinator/runScenario.js';
import { createLogger } from '../src/outputs/log.js';
import { parseScenario } from '../src/scenario/parseScenario.js';
import type { Bench } from './support/bench.js';
import { measureC, measureJava, rdkafkaPerformance } from './support/peers.js';
import type { Contender } from './support/rounds.js';

/**
 * Messages of one size as fast as they go, with 1 worker and every latency recorded, beside peers.
 *
 * @param bytes - size of a message
 * @param messages - how many each peer sends; ours sends for as long as that takes about
 * @returns the benchmark
 */
export function flatOutBench(bytes: number, messages: number): Bench {
  return {
    name: `flat-out-${bytes}`,
    unit: 'msg/s',
    contenders: async ({ bootstrap, folder, freshTopic, admin }, note) => {
      const topic = 'bench-flat-out';
      const ours: Contender = {
        name: 'rubin-alert-sim run (1 worker)',
        measure: async () => {
          const result = parseScenario(scenarioText(bootstrap, bytes, topic), {
            fileName: 'bench',
            environment: {},
          });
          if (!result.ok) throw new Error(JSON.stringify(result.faults));
          const { summary } = await runScenario({
            plan: result.plan,
            runsFolder: join(folder, 'runs'),
            timeoutMs: 60_000,
            signal: new AbortController().signal,
            log: createLogger(process.stderr, 'warning'),
            progress: () => ({ update: () => undefined, stop: () => undefined }),
            outputs: [],
          });
          note(`ours: ack p50 ${summary.latency.ack.p50 ?? 0} µs, p99 ${summary.latency.ack.p99 ?? 0} µs`);
          await admin.remove(topic);
          return summary.rate.achievedPerSecond;
        },
      };
      const load = { bootstrap, topic, bytes, messages, acks: '1' as const };
      const peer = (name: string, measure: () => Promise<number>): Contender => ({
        name,
        measure: async () => {
          await freshTopic(topic, 4);
          const rate = await measure();
          await admin.remove(topic);
          return rate;
        },
      });
      const c = await rdkafkaPerformance();
      if (c === undefined)
        note('rdkafka_performance (C) is left out: the Kafka client was not compiled in this clone');
      return [
        ours,
        ...(c === undefined ? [] : [peer('rdkafka_performance (C)', () => measureC(c, load))]),
        peer('ProducerPerformance (Java)', () => measureJava(load)),
      ];
    },
  };
}

function scenarioText(bootstrap: string, bytes: number, topic: string): string {
  return `
name: flat-out
kafka:
  bootstrap: ${bootstrap}
  client: {linger.ms: 5, batch.num.messages: 10000, acks: 1}
alerts: {payload: {bytes: ${bytes}, count: ${Math.min(10_000, Math.floor(32e6 / bytes))}}}
reservoir: {topic: bench-flat-out-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: 4}
replay:
  workers: 1
  warmup: 2s
  phases:
    - {name: flat-out, rate: max, duration: 5s}
`;
}
