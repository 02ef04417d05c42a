import { runScenario, type RunOutcome } from '../src/coordinator/runScenario.js';
import { runShard } from '../src/coordinator/shards/runShard.js';
import { startBenchBroker, type BenchBroker } from './support/broker.js';
import { settled, spreadOf, type Spread } from './support/rounds.js';
import { benchRunOptions, measuredPhase } from './support/scenario.js';

/** What is sent, once as a plain run and once as a run of one shard. */
const loads = {
  'flat-out-100B': { rate: 'max', duration: '8s' },
  'paced-4000-of-100B': { rate: '4000/s', duration: '10s' },
} as const;

export type CostLoad = keyof typeof loads;

export const costLoads = Object.keys(loads) as readonly CostLoad[];

interface Figures {
  readonly ratePerSecond: number;
  /** Of the whole process, from the run's beginning to its end, including the coordination. */
  readonly cpuSeconds: number;
  /** The same per message. */
  readonly cpuUsPerMessage: number;
  /** CPU time per message during the measured phase: the cost of its throughput. */
  readonly loadCpuUsPerMessage: number;
}

/** What the coordination of several machines costs a single one. */
export interface ShardCost {
  readonly load: CostLoad;
  readonly pairs: readonly { readonly plain: Figures; readonly shard: Figures }[];
  /** Rate of the shard divided by that of the plain run of the same pair. */
  readonly rateRatio: Spread;
  /** The same of the CPU time per message during the measured phase. */
  readonly loadCpuRatio: Spread;
  /** The same of the CPU time per message, preparation and end included. */
  readonly cpuRatio: Spread;
  /** CPU seconds of the shard's whole process less those of the plain run. */
  readonly moreCpuSeconds: Spread;
}

/**
 * Measures a plain run and a run of one shard in pairs. Which of the two begins changes from pair to pair, so
 * that drift and left-overs affect both alike. A further pair before them is not counted.
 *
 * @param pairs - number of counted pairs
 */
export async function shardCost(load: CostLoad, pairs: number): Promise<ShardCost> {
  const broker = await startBenchBroker();
  const found: { plain: Figures; shard: Figures }[] = [];
  try {
    for (let pair = 0; pair <= pairs; pair += 1) {
      const first = pair % 2 === 0 ? 'plain' : 'shard';
      const one = await measured(broker, load, first, pair);
      const other = await measured(broker, load, first === 'plain' ? 'shard' : 'plain', pair);
      const both = first === 'plain' ? { plain: one, shard: other } : { plain: other, shard: one };
      process.stderr.write(`  pair ${pair} of ${pairs}: ${JSON.stringify(both)}\n`);
      if (pair > 0) found.push(both);
    }
  } finally {
    await broker.stop();
  }
  const ratio = (of: keyof Figures): Spread =>
    spreadOf(found.map(({ plain, shard }) => shard[of] / plain[of]));
  return {
    load,
    pairs: found,
    rateRatio: ratio('ratePerSecond'),
    loadCpuRatio: ratio('loadCpuUsPerMessage'),
    cpuRatio: ratio('cpuUsPerMessage'),
    moreCpuSeconds: spreadOf(found.map(({ plain, shard }) => shard.cpuSeconds - plain.cpuSeconds)),
  };
}

async function measured(
  { bootstrap, folder, admin }: BenchBroker,
  load: CostLoad,
  way: 'plain' | 'shard',
  pair: number,
): Promise<Figures> {
  const topic = 'bench-shard-cost';
  const { rate: target, duration } = loads[load];
  const text = `
name: shard-cost
kafka: {bootstrap: "${bootstrap}", client: {linger.ms: 5, batch.num.messages: 10000, acks: 1, enable.idempotence: false}}
alerts: {payload: {bytes: 100, count: 10000}}
reservoir: {topic: bench-shard-cost-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: 4}
replay:
  workers: 1
  warmup: 2s
  phases: [{name: load, rate: ${target}, duration: ${duration}}]
`;
  const run = benchRunOptions(text, folder);
  await settled();
  const before = process.cpuUsage();
  const outcome =
    way === 'plain'
      ? await runScenario(run)
      : await outcomeOfShard({ run, share: { index: 0, of: 1 }, runKey: `bench-${process.pid}-${pair}` });
  const { user, system } = process.cpuUsage(before);
  await admin.remove(topic);
  const { summary, phase } = measuredPhase(outcome);
  const acked = summary.phases.reduce((sum, { counts }) => sum + counts.acked, 0);
  const rate = phase.rate.achievedPerSecond;
  return {
    ratePerSecond: Math.round(rate),
    cpuSeconds: (user + system) / 1e6,
    cpuUsPerMessage: (user + system) / acked,
    loadCpuUsPerMessage: (1e6 * (phase.harness?.cpuCores ?? NaN)) / rate,
  };
}

async function outcomeOfShard(shardRun: Parameters<typeof runShard>[0]): Promise<RunOutcome> {
  const ended = await runShard(shardRun);
  if (ended.kind !== 'first') throw new Error('the only shard is the first one');
  return ended.outcome;
}
