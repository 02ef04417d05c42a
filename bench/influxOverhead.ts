import { join } from 'node:path';
import { runScenario } from '../src/coordinator/runScenario.js';
import { createLogger } from '../src/outputs/log.js';
import { defaultWaits, influxOutput } from '../src/outputs/influx/influxOutput.js';
import { connectInflux } from '../src/outputs/influx/influxServer.js';
import { defaultRules } from '../src/outputs/influx/liveDelivery.js';
import type { RunOutput } from '../src/outputs/runOutput.js';
import { parseScenario } from '../src/scenario/parseScenario.js';
import { findInfluxd1, startInflux1, type TestInflux } from '../test/integration/support/influx.js';
import type { Bench } from './support/bench.js';
import type { Contender } from './support/rounds.js';

const bytes = 1000;
const topic = 'bench-influx';

/**
 * What the InfluxDB output costs: messages of 1 kB as fast as they go, with a reader, so that all four latencies have
 * their histograms; with the output and without it, in turn. The server runs on the same machine, and its own work
 * counts, too. "ours / this" of the second row is the ratio that matters.
 */
export const influxBench: Bench = {
  name: 'influx-overhead',
  unit: 'msg/s',
  bound: 'the InfluxDB server works on the same cores',
  contenders: async ({ bootstrap, folder, admin }, note) => {
    const program = await findInfluxd1();
    if ('missing' in program) {
      note(`left out: ${program.missing}`);
      return [];
    }
    const runOnce = async (outputs: readonly RunOutput[]): Promise<number> => {
      const { summary } = await runScenario({
        plan: planOf(bootstrap),
        runsFolder: join(folder, 'runs'),
        timeoutMs: 60_000,
        signal: new AbortController().signal,
        log: createLogger(process.stderr, 'warning'),
        progress: () => ({ update: () => undefined, stop: () => undefined }),
        outputs,
      });
      await admin.remove(topic);
      const [report] = summary.outputs;
      if (report !== undefined && report.undelivered > 0)
        throw new Error(report.fault ?? 'points are missing');
      if (report !== undefined) note(`${report.delivered} points delivered`);
      return summary.rate.achievedPerSecond;
    };
    const withInflux = async ({ url, bucket }: TestInflux): Promise<number> => {
      const target = { url, bucket, org: undefined, token: undefined, user: undefined, password: undefined };
      const sink = connectInflux(target);
      const onFault = (fault: string): void => {
        note(fault);
      };
      return runOnce([influxOutput({ sink, rules: defaultRules, ...defaultWaits, onFault })]);
    };
    const on: Contender = {
      name: 'with InfluxDB',
      measure: async () => {
        const influx = await startInflux1();
        return withInflux(influx).finally(influx.stop);
      },
    };
    return [on, { name: 'without', measure: () => runOnce([]) }];
  },
};

function planOf(bootstrap: string): Parameters<typeof runScenario>[0]['plan'] {
  const text = `
name: influx-overhead
kafka: {bootstrap: "${bootstrap}", client: {linger.ms: 5, batch.num.messages: 10000, acks: 1, enable.idempotence: false}}
alerts: {payload: {bytes: ${bytes}, count: 10000}}
reservoir: {topic: bench-influx-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: 4}
replay:
  workers: 1
  warmup: 2s
  phases: [{name: flat-out, rate: max, duration: 8s}]
consumers: {groups: 1, members: 1}
`;
  const result = parseScenario(text, { fileName: 'bench', environment: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.plan;
}
