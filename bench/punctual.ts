import { measureFlatOut } from './flatOut.js';
import { durationAt, type Bench } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import type { Measured } from './support/rounds.js';
import { runBenchScenario } from './support/scenario.js';

const topic = 'bench-punctual';
const unit = 'scheduleLag p99, µs';
const bound = 'bound by how soon the system wakes a thread, and by who else wants the cores';

/**
 * How far a constant rate falls behind its schedule, and what keeping it costs.
 *
 * @param alerts - `alerts` of a scenario
 */
export function punctualBench(name: string, alerts: string, perSecond: number): Bench {
  return {
    name,
    unit,
    better: 'less',
    bound,
    contenders: (broker, _note, size) =>
      Promise.resolve(
        size.workers.map((workers) => ({
          name: `${perSecond}/s (${workers} worker${workers === 1 ? '' : 's'})`,
          measure: () => measurePaced(broker, alerts, perSecond, workers, durationAt(20, size)),
        })),
      ),
  };
}

/** The same at half of the flat-out rate, which is measured right before in each round. */
export function halfRateBench(bytes: number): Bench {
  return {
    name: `punctual-half-of-${bytes}`,
    unit,
    better: 'less',
    bound,
    contenders: (broker, _note, size) => {
      const alerts = `payload: {bytes: ${bytes}, count: ${Math.max(1, Math.min(10_000, Math.floor(32e6 / bytes)))}}`;
      return Promise.resolve(
        size.workers.map((workers) => ({
          name: `half of flat out (${workers} worker${workers === 1 ? '' : 's'})`,
          measure: async () => {
            const load = { acks: '1', compression: 'none', alerts, workers } as const;
            const { figure } = await measureFlatOut(broker, topic, load, durationAt(3, size));
            return measurePaced(
              broker,
              alerts,
              Math.max(1, Math.floor(figure / 2)),
              workers,
              durationAt(10, size),
            );
          },
        })),
      );
    },
  };
}

/** What waiting costs: one message a second. */
export const idleBench: Bench = {
  name: 'idle',
  unit: 'cores',
  better: 'less',
  bound: 'all threads of the process count: producers, librdkafka, and the coordinator',
  contenders: (broker, _note, size) =>
    Promise.resolve(
      size.workers.map((workers) => ({
        name: `1/s (${workers} worker${workers === 1 ? '' : 's'})`,
        measure: async () => {
          const alerts = 'payload: {bytes: 1000, count: 1000}';
          const { figure, details } = await measurePaced(broker, alerts, 1, workers, durationAt(10, size));
          const { 'harness, cores': cores = NaN, ...others } = details;
          return { figure: cores, details: { 'scheduleLag p99, µs': figure, ...others } };
        },
      })),
    ),
};

async function measurePaced(
  { bootstrap, folder, admin }: BenchBroker,
  alerts: string,
  perSecond: number,
  workers: number,
  duration: string,
): Promise<Measured> {
  const text = `
name: punctual
kafka:
  bootstrap: ${bootstrap}
  client: {linger.ms: 5, batch.num.messages: 10000, acks: 1, enable.idempotence: false}
alerts: {${alerts}}
reservoir: {topic: bench-punctual-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: 4}
replay:
  workers: ${workers}
  warmup: 2s
  phases:
    - {name: paced, rate: ${perSecond}/s, duration: ${duration}}
limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;
  const { summary } = await runBenchScenario(text, folder);
  await admin.remove(topic);
  const { scheduleLag, ack } = summary.latency;
  const phase = summary.phases.find(({ name }) => name === 'paced');
  return {
    figure: scheduleLag.p99 ?? NaN,
    details: {
      'scheduleLag p50, µs': scheduleLag.p50 ?? NaN,
      'scheduleLag p99.9, µs': scheduleLag.p999 ?? NaN,
      'scheduleLag max, µs': scheduleLag.max ?? NaN,
      'ack p99, µs': ack.p99 ?? NaN,
      'achieved, /s': summary.rate.achievedPerSecond,
      unsent: summary.counts.unsent,
      'harness, cores': phase?.harness?.cpuCores ?? NaN,
    },
  };
}
