import { durationAt, secondsAt, type Bench } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import { runInOwnProcess } from './support/ownProcess.js';
import { growthPerStep, mediansOfMinutes, type MemorySample } from './support/residentMemory.js';
import { medianOf } from './support/rounds.js';

const topic = 'bench-memory';

/**
 * Resident memory of `rubin-alert-sim run` in a process of its own: 2 workers, 500/s of 141 kB, for one minute
 * and for three.
 */
export const memoryBench: Bench = {
  name: 'memory',
  unit: 'MB resident, last third',
  better: 'less',
  bound:
    "each producer keeps up to 32 MB of alerts (replay.prefetch) and librdkafka's queue; the rest is Node's",
  contenders: (broker, _note, size) =>
    Promise.resolve(
      [1, 3].map((times) => ({
        name: `2 workers, 500/s of 141 kB, ${times === 1 ? '1 minute' : `${times} minutes`}`,
        measure: async () => {
          const samples = await memoryOfRun(broker, {
            perSecond: 500,
            bytes: 141_000,
            duration: durationAt(60 * times, size),
            members: 0,
          });
          const megabytes = samples.map((sample) => sample.megabytes);
          const third = Math.max(1, Math.floor(megabytes.length / 3));
          const last = medianOf(megabytes.slice(-third));
          const first = medianOf(megabytes.slice(0, third));
          return {
            figure: last,
            details: {
              'first third, MB': first,
              'last third − first, MB': last - first,
              'largest, MB': Math.max(...megabytes),
            },
          };
        },
      })),
    ),
};

/**
 * Ten minutes of 2,000/s of 10 kB, with a reader, so that the ledger and all four latencies are included:
 * does it grow?
 */
export const longMemoryBench: Bench = {
  name: 'memory-10-minutes',
  unit: 'MB resident, last minute',
  better: 'less',
  bound: 'flat where the growth a minute is next to nothing beside what is resident',
  contenders: (broker, note, size) => {
    if (size.scale < 1) note(`with --quick, a minute is ${secondsAt(60, size)} s`);
    return Promise.resolve([
      {
        name: '2 workers and a reader, 2,000/s of 10 kB, 10 minutes',
        measure: async () => {
          const samples = await memoryOfRun(broker, {
            perSecond: 2000,
            bytes: 10_000,
            duration: durationAt(600, size),
            members: 1,
          });
          const minutes = mediansOfMinutes(samples, secondsAt(60, size));
          // In the first minute, memory is still being allocated.
          const steady = minutes.slice(1);
          const details = steady.map((megabytes, index): [string, number] => [
            `minute ${index + 2}, MB`,
            megabytes,
          ]);
          return {
            figure: steady.at(-1) ?? NaN,
            details: {
              ...Object.fromEntries(details),
              'growth a minute from the 2nd on, MB': growthPerStep(steady),
              'largest of all seconds, MB': Math.max(...samples.map(({ megabytes }) => megabytes)),
            },
          };
        },
      },
    ]);
  },
};

/** A constant rate whose memory is measured. */
interface SteadyLoad {
  readonly perSecond: number;
  readonly bytes: number;
  readonly duration: string;
  /** Consumers, all of one group. */
  readonly members: number;
}

async function memoryOfRun(
  { bootstrap, folder, admin }: BenchBroker,
  load: SteadyLoad,
): Promise<MemorySample[]> {
  const { intervals } = await runInOwnProcess(scenario(bootstrap, load), folder);
  await admin.remove(topic);
  return intervals
    .filter(({ phase }) => phase === 'steady')
    .map(({ startSeconds, harness }) => ({
      atSeconds: startSeconds,
      megabytes: (harness?.rssBytes ?? NaN) / 1e6,
    }));
}

/** The broker keeps a minute of the stream, so that ten minutes do not fill its disk. */
function scenario(bootstrap: string, { perSecond, bytes, duration, members }: SteadyLoad): string {
  return `
name: memory
kafka:
  bootstrap: ${bootstrap}
  client: {linger.ms: 5, acks: 1, enable.idempotence: false}
alerts: {payload: {bytes: ${bytes}, count: 1000}}
reservoir: {topic: bench-memory-reservoir, partitions: 2, workers: 1}
stream: {topic: ${topic}, partitions: 4, config: {retention.ms: 60000, segment.bytes: 67108864}}
replay:
  workers: 2
  phases:
    - {name: steady, rate: ${perSecond}/s, duration: ${duration}}
${members === 0 ? '' : `consumers: {groups: 1, members: ${members}}\n`}limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;
}
