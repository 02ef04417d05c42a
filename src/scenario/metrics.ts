import type { ExpectationUnit } from './plan.js';
import {
  coresQuantity,
  latencyQuantity,
  percentageQuantity,
  type Quantity,
  rateQuantity,
  throughputQuantity,
} from './quantities.js';

const latencies = ['scheduleLag', 'ack', 'response', 'endToEnd'] as const;
const statistics = ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const;
const counts = [
  'scheduled',
  'sent',
  'unsent',
  'acked',
  'failed',
  'consumed',
  'lost',
  'duplicated',
  'outOfOrder',
] as const;

/** What an expectation may be about, and the units that its value may have. */
export const metrics: ReadonlyMap<string, readonly ExpectationUnit[]> = new Map<
  string,
  readonly ExpectationUnit[]
>([
  ...latencies.flatMap((latency) =>
    statistics.map((statistic): [string, readonly ExpectationUnit[]] => [
      `${latency}.${statistic}`,
      ['microseconds'],
    ]),
  ),
  ...counts.map((count): [string, readonly ExpectationUnit[]] => [count, ['count']]),
  // A percentage is of the target rate.
  ['achievedRate', ['fraction', 'perSecond']],
  ['throughput', ['bytesPerSecond']],
  // Of several brokers the busiest one counts.
  ['broker.cpuCores', ['cores']],
  ['broker.handlerIdle', ['fraction']],
  ['broker.networkIdle', ['fraction']],
]);

/** The metrics that have no samples where nobody reads. */
export const readersMetrics: ReadonlySet<string> = new Set([
  ...statistics.map((statistic) => `endToEnd.${statistic}`),
  'consumed',
  'lost',
  'duplicated',
  'outOfOrder',
]);

/** How a value of each unit is written; counts are bare numbers. */
export const quantityOfUnit: Readonly<Record<Exclude<ExpectationUnit, 'count'>, Quantity>> = {
  microseconds: latencyQuantity,
  fraction: percentageQuantity,
  perSecond: rateQuantity,
  bytesPerSecond: throughputQuantity,
  cores: coresQuantity,
};

/**
 * The metric and phase that a key of `expect` names.
 *
 * @param key - `ack.p99`, or `steady.ack.p99` for one phase
 * @returns both; the metric is not looked up yet. `p99.9` is taken for `p999`
 */
export function metricKey(key: string): { metric: string; phase: string | undefined } {
  const plain = key.replace(/\.p99\.9$/, '.p999');
  if (metrics.has(plain)) return { metric: plain, phase: undefined };
  const dot = plain.indexOf('.');
  const rest = plain.slice(dot + 1);
  return dot > 0 && metrics.has(rest)
    ? { metric: rest, phase: plain.slice(0, dot) }
    : { metric: plain, phase: undefined };
}
