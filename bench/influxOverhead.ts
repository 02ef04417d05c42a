import { defaultWaits, influxOutput } from '../src/outputs/influx/influxOutput.js';
import { connectInflux } from '../src/outputs/influx/influxServer.js';
import type { RunOutput } from '../src/outputs/runOutput.js';
import { findInfluxd1, startInflux1, type TestInflux } from '../test/integration/support/influx.js';
import { secondsAt, type Bench, type BenchSize } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import { runBenchScenario } from './support/scenario.js';
import type { IntervalRecord } from '../src/results/runFolder.js';
import { defaultRules } from '../src/outputs/influx/delivery.js';

/**
 * Small: messages of 1 kB are bound by the disk, which hides what the output costs, and adds what the disk
 * costs.
 */
const bytes = 100;
const topic = 'bench-influx';
const phaseName = 'flat-out';

/**
 * Whether the output is on, block after block of so many intervals: a drift affects both alike. Every other
 * round has it the other way round, because a run may begin faster than it goes on.
 */
const pattern = [true, false, false, true];
const blockIntervals = 5;

/** Messages per second while the output was on, and while it was off. */
interface Rates {
  readonly on: number;
  readonly off: number;
}

/**
 * The cost of the InfluxDB output: messages of 100 B as fast as they go, with a reader, so that all four
 * latencies have their histograms. The output is on and off in turn within one run, five seconds each: from
 * run to run the same program differs by a quarter, which would hide the difference. The server runs on the
 * same machine all the while, as a user's does, and its own work counts, too. "ours / this" of the second row
 * is the ratio that matters.
 */
export const influxBench: Bench = {
  name: 'influx-overhead',
  unit: 'msg/s',
  bound: 'the InfluxDB server works on the same cores',
  contenders: async (broker, note, size) => {
    const program = await findInfluxd1();
    if ('missing' in program) {
      note(`left out: ${program.missing}`);
      return [];
    }
    const influx = await startInflux1();
    broker.stopWith(influx.stop);
    // The first contender of a round makes its run, which has the rates of both.
    const rounds: Rates[] = [];
    const figureOf = (of: keyof Rates): (() => Promise<number>) => {
      let round = 0;
      return async () => {
        const rates =
          rounds[round] ?? (rounds[round] = await measureRound(broker, influx, round % 2 === 1, size, note));
        round += 1;
        return rates[of];
      };
    };
    return [
      { name: 'with InfluxDB', measure: figureOf('on') },
      { name: 'without', measure: figureOf('off') },
    ];
  },
};

async function measureRound(
  { bootstrap, folder, admin }: BenchBroker,
  influx: TestInflux,
  inverted: boolean,
  size: BenchSize,
  note: (remark: string) => void,
): Promise<Rates> {
  const { url, bucket } = influx;
  const target = { url, bucket, org: undefined, token: undefined, user: undefined, password: undefined };
  const output = influxOutput({
    sink: connectInflux(target),
    rules: defaultRules,
    ...defaultWaits,
    onFault: note,
  });
  const records: IntervalRecord[] = [];
  const switched: RunOutput = {
    ...output,
    onInterval: (record) => {
      if (record.phase !== phaseName) return;
      records.push(record);
      if (isOn(records.length - 1) !== inverted) output.onInterval?.(record);
    },
  };
  const cpuBefore = influx.cpuSeconds();
  const { summary } = await runBenchScenario(textOf(bootstrap, size), folder, [switched]);
  await admin.remove(topic);
  const [report] = summary.outputs;
  if (report === undefined || report.undelivered > 0)
    throw new Error(report?.fault ?? 'no point was delivered');
  const cpu = influx.cpuSeconds() - cpuBefore;
  note(`${report.delivered} points delivered; InfluxDB worked for ${cpu.toFixed(2)} s`);
  const { on, off } = ratesOf(records);
  return inverted ? { on: off, off: on } : { on, off };
}

/**
 * The rates while the output was on and off, in a round that begins with it on. An interval's points are sent
 * in the interval after it; the first interval after each switch counts for neither. NaN for what no interval
 * showed.
 *
 * @param records - of the phase, in order
 */
export function ratesOf(records: readonly Pick<IntervalRecord, 'counts' | 'seconds'>[]): Rates {
  const sums = { on: { acked: 0, seconds: 0 }, off: { acked: 0, seconds: 0 } };
  records.forEach(({ counts, seconds }, index) => {
    if (index < 2 || isOn(index - 1) !== isOn(index - 2)) return;
    const sum = sums[isOn(index - 1) ? 'on' : 'off'];
    sum.acked += counts.acked;
    sum.seconds += seconds;
  });
  return { on: sums.on.acked / sums.on.seconds, off: sums.off.acked / sums.off.seconds };
}

function isOn(interval: number): boolean {
  return pattern[Math.floor(interval / blockIntervals) % pattern.length] ?? false;
}

function textOf(bootstrap: string, size: BenchSize): string {
  // Each state at least once, however small the measurement.
  const seconds = Math.max(3 * blockIntervals, secondsAt(8 * blockIntervals, size)) + 1;
  return `
name: influx-overhead
kafka: {bootstrap: "${bootstrap}", client: {linger.ms: 5, batch.num.messages: 10000, acks: 1, enable.idempotence: false}}
alerts: {payload: {bytes: ${bytes}, count: 10000}}
reservoir: {topic: bench-influx-reservoir, partitions: 1, workers: 1}
stream: {topic: ${topic}, partitions: 4}
replay:
  workers: 1
  warmup: 2s
  phases: [{name: ${phaseName}, rate: max, duration: ${seconds}s}]
consumers: {groups: 1, members: 1}
`;
}
