import type { Measured } from '../measure/checkCondition.js';
import type { BrokerMetricName } from '../results/values.js';
import { type LatencyName, latencyNames } from '../scenario/metricNames.js';
import { brokerMeansOf, timeMean } from '../results/averages.js';
import type { IntervalRecord, RunSummary, WatchedGroup } from '../results/runFolder.js';

/** What is compared between two variants. */
export interface Metric {
  /** As expectations write it: `ack.p99`. */
  readonly key: string;
  /** For people. */
  readonly title: string;
  /** A share is from 0 to 1. */
  readonly unit: 'microseconds' | 'perSecond' | 'bytesPerSecond' | 'cores' | 'share';
  /** Compared only on request: it describes the harness rather than what is compared. */
  readonly onRequest?: true;
  readonly better: 'lower' | 'higher';
  /** Ratios for what is always above zero; differences for shares, which are zero most of the time. */
  readonly scale: 'ratio' | 'difference';
  /** Smaller differences are ignored. Relative for ratios. */
  readonly resolution: number;
}

/** The values of one run by metric; null where it has none, such as `endToEnd` without consumers. */
export type MetricValues = Readonly<Record<string, number | null>>;

const percentiles = [
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const;

const latencyTitles: Readonly<Record<LatencyName, string>> = {
  scheduleLag: 'schedule lag',
  ack: 'ack',
  response: 'response',
  endToEnd: 'end to end',
};

/** In the order in which they are printed. */
export const metrics: readonly Metric[] = [
  ...latencyNames.flatMap((latency) =>
    percentiles.map(([key, title]): Metric => ({
      key: `${latency}.${key}`,
      title: `${latencyTitles[latency]} ${title}`,
      unit: 'microseconds',
      better: 'lower',
      scale: 'ratio',
      // Histograms keep three significant digits.
      resolution: 1e-3,
      ...(latency === 'scheduleLag' ? { onRequest: true as const } : {}),
    })),
  ),
  // Of several watched groups, the slowest one.
  ...(
    [
      ['watchedLag.p99', 'age of what watched groups have not committed, p99'],
      ['commitLatency.p99', 'commit latency p99'],
    ] as const
  ).map(([key, title]): Metric => ({
    ...{ key, title, unit: 'microseconds', better: 'lower', scale: 'ratio', resolution: 1e-3 },
  })),
  {
    key: 'achievedRate',
    title: 'throughput',
    unit: 'perSecond',
    better: 'higher',
    scale: 'ratio',
    resolution: 1e-3,
  },
  {
    key: 'networkIn',
    title: 'network to the broker',
    unit: 'bytesPerSecond',
    better: 'lower',
    scale: 'ratio',
    resolution: 1e-3,
  },
  { key: 'clientCpu', title: 'client CPU', unit: 'cores', better: 'lower', scale: 'ratio', resolution: 1e-3 },
  { key: 'brokerCpu', title: 'broker CPU', unit: 'cores', better: 'lower', scale: 'ratio', resolution: 1e-3 },
  { key: 'lost', title: 'lost', unit: 'share', better: 'lower', scale: 'difference', resolution: 0 },
  { key: 'failed', title: 'failed', unit: 'share', better: 'lower', scale: 'difference', resolution: 0 },
];

/** The default metrics that decide whether an experiment may stop early: what a user feels, and how much. */
export const decidingMetrics: readonly string[] = ['response.p50', 'response.p99', 'achievedRate'];

/**
 * A value for each metric; losses are those of the whole run, because consumers know no phases.
 *
 * @param intervals - of the run, for the broker's metrics; none where they were not kept
 * @param phase - undefined for all measured ones together
 */
export function valuesOf(
  summary: RunSummary,
  intervals: readonly IntervalRecord[],
  phase: string | undefined,
): MetricValues {
  const part: Measured | undefined =
    phase === undefined ? summary : summary.phases.find(({ name }) => name === phase);
  const measured = summary.phases.filter((one) => one.measured).map(({ name }) => name);
  const values: Record<string, number | null> = {};
  for (const latency of latencyNames) {
    for (const [key] of percentiles) {
      const value = part?.latency[latency][key] ?? null;
      // A latency below the instrument's finest step counts as that step, because its logarithm is taken.
      values[`${latency}.${key}`] = value === null ? null : Math.max(value, 1);
    }
  }
  Object.assign(values, watchedValues(summary, phase));
  const achieved = part?.rate.achievedPerSecond ?? 0;
  values.achievedRate = achieved > 0 ? achieved : null;
  const phases = phase === undefined ? measured : [phase];
  const ofBrokers = (figure: BrokerMetricName): number | null => brokersTogether(intervals, phases, figure);
  values.brokerCpu = ofBrokers('cpuCores');
  values.networkIn = ofBrokers('bytesInPerSecond');
  values.clientCpu = clientCpu(summary, phases);
  const { lost, acked, failed, sent } = summary.counts;
  values.lost = lost === null || acked === 0 ? null : lost / acked;
  values.failed = sent === 0 ? null : failed / sent;
  return values;
}

/** Of the slowest watched group; null where none was watched. */
function watchedValues({ watchedGroups }: RunSummary, phase: string | undefined): MetricValues {
  const parts = watchedGroups.flatMap((group): readonly Pick<WatchedGroup, 'lag' | 'commitLatency'>[] =>
    phase === undefined ? [group] : group.phases.filter(({ name }) => name === phase),
  );
  const largest = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(1, ...known);
  };
  return {
    'watchedLag.p99': largest(
      parts.map(({ lag }) => (lag.seconds.p99 === null ? null : lag.seconds.p99 * 1e6)),
    ),
    'commitLatency.p99': largest(parts.map(({ commitLatency }) => commitLatency.p99)),
  };
}

/** A metric of all brokers together, averaged over the measured time; null where none has it. */
function brokersTogether(
  intervals: readonly IntervalRecord[],
  phases: readonly string[],
  figure: BrokerMetricName,
): number | null {
  const means = Object.values(brokerMeansOf(intervals, phases) ?? {});
  const total = means.reduce((sum, { [figure]: value = 0 }) => sum + value, 0);
  return total > 0 ? total : null;
}

/** CPU of the harness's process; null in runs from before it was recorded. */
function clientCpu(summary: RunSummary, phases: readonly string[]): number | null {
  const used = summary.phases.flatMap(({ name, harness }) => {
    const { cpuCores: value = null, seconds = 0 } = harness ?? {};
    return phases.includes(name) && value !== null ? [{ seconds, value }] : [];
  });
  const mean = timeMean(used) ?? 0;
  return mean > 0 ? mean : null;
}
