import { defaultWaits, influxOutput } from '../src/outputs/influx/influxOutput.js';
import { connectInflux } from '../src/outputs/influx/influxServer.js';
import { defaultRules } from '../src/outputs/influx/liveDelivery.js';
import type { RunOutput } from '../src/outputs/runOutput.js';
import { findInfluxd1, startInflux1, type TestInflux } from '../test/integration/support/influx.js';
import type { Bench } from './support/bench.js';
import type { Measured } from './support/rounds.js';
import { runBenchScenario } from './support/scenario.js';

/** Small: messages of 1 kB are bound by the disk, which hides what the output costs, and adds what the disk costs. */
const bytes = 100;
const topic = 'bench-influx';

/**
 * What the InfluxDB output costs: messages of 100 B as fast as they go, with a reader, so that all four latencies have
 * their histograms; with the output and without it, in turn. The server runs on the same machine all the while, as a
 * user's does, and its own work counts, too. "ours / this" of the second row is the ratio that matters; where it is drowned in noise, the CPU of both
 * tells how much it can be.
 */
export const influxBench: Bench = {
  name: 'influx-overhead',
  unit: 'msg/s',
  bound: 'the InfluxDB server works on the same cores',
  contenders: async ({ bootstrap, folder, admin, stopWith }, note) => {
    const program = await findInfluxd1();
    if ('missing' in program) {
      note(`left out: ${program.missing}`);
      return [];
    }
    const runOnce = async (outputs: readonly RunOutput[]): Promise<Measured> => {
      const { summary, phase } = await runBenchScenario(textOf(bootstrap), folder, outputs);
      await admin.remove(topic);
      const [report] = summary.outputs;
      if (report !== undefined && report.undelivered > 0)
        throw new Error(report.fault ?? 'points are missing');
      if (report !== undefined) note(`${report.delivered} points delivered`);
      const cpuUs = (1e6 * (phase.harness.cpuCores ?? NaN)) / phase.rate.achievedPerSecond;
      return {
        figure: phase.rate.achievedPerSecond,
        details: { 'CPU of the harness, µs/message': cpuUs },
      };
    };
    const withInflux = async (influx: TestInflux): Promise<Measured> => {
      const { url, bucket } = influx;
      const target = { url, bucket, org: undefined, token: undefined, user: undefined, password: undefined };
      const sink = connectInflux(target);
      const onFault = (fault: string): void => {
        note(fault);
      };
      // The server's processor time while the measured phase went on, by the phase's length.
      let begun = { cpuSeconds: NaN, ms: NaN };
      let cores = NaN;
      const server: RunOutput = {
        onPhase: ({ phase, kind }) => {
          if (phase !== 'flat-out') return;
          const now = { cpuSeconds: influx.cpuSeconds(), ms: performance.now() };
          if (kind === 'start') begun = now;
          else cores = (1000 * (now.cpuSeconds - begun.cpuSeconds)) / (now.ms - begun.ms);
        },
      };
      const output = influxOutput({ sink, rules: defaultRules, ...defaultWaits, onFault });
      const { figure, details } = await runOnce([output, server]);
      return { figure, details: { ...details, 'InfluxDB, cores': cores } };
    };
    const influx = await startInflux1();
    stopWith(influx.stop);
    return [
      { name: 'with InfluxDB', measure: () => withInflux(influx) },
      { name: 'without', measure: () => runOnce([]) },
    ];
  },
};

function textOf(bootstrap: string): string {
  return `
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
}
