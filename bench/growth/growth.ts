import { durationAt, type Bench } from '../support/bench.js';
import type { BenchBroker } from '../support/broker.js';
import { coresBetween, CpuSampler } from '../support/cpuSampler.js';
import { runInOwnProcess, type OwnProcessRun } from '../support/ownProcess.js';
import { medianOf, type Measured } from '../support/rounds.js';
import { alertCount, type GrowthLoad } from './load.js';
import type { GrowthAxis } from './points.js';

const topic = 'bench-growth';
const phaseName = 'steady';

/** The names of a load's costs in results; the model reads them again. */
export const growthDetails = {
  harness: 'harness, cores',
  broker: 'broker, cores',
  memory: 'resident, MB',
  achieved: 'achieved / target',
} as const;

/**
 * How the cost of a message grows along an axis: each contender is a load, and "ours / this" is the cost of
 * the first load divided by that of this one.
 */
export function growthBench({ name, points }: GrowthAxis): Bench {
  return {
    name,
    unit: 'µs of processor time a message',
    better: 'less',
    bound:
      "the harness's whole process counts, all threads, while it sends; ours / this: the first load's cost",
    contenders: (broker, _note, size) =>
      Promise.resolve(
        points.map(({ name: point, load, seconds }) => ({
          name: point,
          measure: () => measureLoad(broker, load, durationAt(seconds, size)),
        })),
      ),
  };
}

async function measureLoad(broker: BenchBroker, load: GrowthLoad, duration: string): Promise<Measured> {
  const sampler = new CpuSampler(broker.pid);
  let run: OwnProcessRun;
  try {
    run = await runInOwnProcess(scenarioText(broker.bootstrap, load, duration), broker.folder);
  } finally {
    sampler.stop();
  }
  await broker.admin.remove(topic);
  const { summary, phase, intervals, folderBytes } = run;
  const steady = intervals.filter((interval) => interval.phase === phaseName);
  const cores = phase.harness?.cpuCores ?? NaN;
  const runSeconds = (Date.parse(summary.run.endedAt) - Date.parse(summary.run.startedAt)) / 1000;
  return {
    figure: (1e6 * cores) / phase.rate.achievedPerSecond,
    details: {
      [growthDetails.harness]: cores,
      [growthDetails.broker]: coresBetween(
        sampler.samples,
        Date.parse(phase.startedAt),
        Date.parse(phase.endedAt),
      ),
      [growthDetails.memory]: medianOf(steady.map(({ harness }) => (harness?.rssBytes ?? NaN) / 1e6)),
      [growthDetails.achieved]: phase.rate.achievedPerSecond / load.perSecond,
      'scheduleLag p99, µs': phase.latency.scheduleLag.p99 ?? NaN,
      'ack p99, µs': phase.latency.ack.p99 ?? NaN,
      'run folder, kB a second': folderBytes / 1000 / runSeconds,
    },
  };
}

/** The broker keeps a minute of the stream, so that a long run does not fill its disk. */
function scenarioText(bootstrap: string, load: GrowthLoad, duration: string): string {
  const { perSecond, bytes, workers, partitions, groups } = load;
  return `
name: growth
kafka:
  bootstrap: ${bootstrap}
  client: {linger.ms: 5, acks: 1, enable.idempotence: false}
alerts: {payload: {bytes: ${bytes}, count: ${alertCount(load)}}}
reservoir: {topic: bench-growth-reservoir, partitions: 2, workers: 1}
stream: {topic: ${topic}, partitions: ${partitions}, config: {retention.ms: 60000, segment.bytes: 67108864}}
replay:
  workers: ${workers}
  warmup: 2s
  phases:
    - {name: ${phaseName}, rate: ${perSecond}/s, duration: ${duration}}
${groups === 0 ? '' : `consumers: {groups: ${groups}, members: 1}\n`}limits: {selfCheck: {scheduleLagP99: 10s, eventLoopDelayP99: 10s}}
`;
}
