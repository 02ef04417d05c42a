import type { ExpectationUnit } from './plan.js';
import {
  coresQuantity,
  latencyQuantity,
  percentageQuantity,
  type Quantity,
  rateQuantity,
  throughputQuantity,
} from './quantities.js';

/** In microseconds; docs/performance.md explains what each of them measures. */
export const latencyNames = ['scheduleLag', 'ack', 'response', 'endToEnd'] as const;

export type LatencyName = (typeof latencyNames)[number];

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

/** Metrics of expectations, and the units that their values may have. */
export const metrics: ReadonlyMap<string, readonly ExpectationUnit[]> = new Map<
  string,
  readonly ExpectationUnit[]
>([
  ...latencyNames.flatMap((latency) =>
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
  // Of catch-ups, the slowest group: from its start until it had caught up, and its rate.
  ['catchUp.seconds', ['microseconds']],
  ['catchUp.drainRate', ['perSecond']],
  // Of a search phase: the rate that it found.
  ['rate', ['perSecond']],
]);

/** Metrics of one watched group: in `expect` its name goes before them. */
export const groupMetrics: ReadonlyMap<string, readonly ExpectationUnit[]> = new Map<
  string,
  readonly ExpectationUnit[]
>([
  // The maximum: the age of the oldest uncommitted alert, or how many are uncommitted.
  ['lag', ['microseconds', 'count']],
  ['drain.max', ['microseconds']],
  ['committedWithin60s', ['fraction']],
  ...statistics.map((statistic): [string, readonly ExpectationUnit[]] => [
    `commitLatency.${statistic}`,
    ['microseconds'],
  ]),
]);

/** Metrics of a scenario's `expect`. */
export const expectMetrics: typeof metrics = new Map([...metrics, ...groupMetrics]);

/** Metrics of a search's conditions. */
export const conditionMetrics: ReadonlyMap<string, readonly ExpectationUnit[]> = new Map<
  string,
  readonly ExpectationUnit[]
>([
  ...[...metrics].filter(
    ([name]) =>
      (name.includes('.') && !/^(broker|catchUp)\./.test(name)) ||
      name === 'failed' ||
      name === 'lost' ||
      name === 'achievedRate',
  ),
  // A time is how long a group needs for what it has still to read, at the rate that is tried.
  ['lag', ['microseconds', 'count']],
]);

/** The conditions that a rate beyond the limit breaks sooner or later; the others hold at any rate. */
export const limitingMetric =
  /^((ack|response|endToEnd|commitLatency)\..+|achievedRate|lag|drain\.max|committedWithin60s)$/;

interface GroupCondition {
  readonly units: readonly ExpectationUnit[];
  /** The groups that have it. */
  readonly of: 'all' | 'own' | 'watched';
}

/** Metrics of one group in a search's conditions, after its name. */
export const groupConditionMetrics: ReadonlyMap<string, GroupCondition> = new Map<string, GroupCondition>([
  ...[...groupMetrics].map(([name, units]): [string, GroupCondition] => [
    name,
    { units, of: name === 'lag' || name === 'drain.max' ? 'all' : 'watched' },
  ]),
  ...statistics.map((statistic): [string, GroupCondition] => [
    `endToEnd.${statistic}`,
    { units: ['microseconds'], of: 'own' },
  ]),
]);

/** The metrics without samples where there are no readers. */
export const readersMetrics: ReadonlySet<string> = new Set([
  ...statistics.map((statistic) => `endToEnd.${statistic}`),
  'consumed',
  'lost',
  'duplicated',
  'outOfOrder',
  'lag',
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
 * The metric, not looked up yet, and phase of a key of `expect`. `p99.9` is taken for `p999`.
 *
 * @param key - `ack.p99`, or `steady.ack.p99` for one phase
 */
export function metricKey(
  key: string,
  known: ReadonlyMap<string, unknown> = metrics,
): { metric: string; phase: string | undefined } {
  const plain = key.replace(/\.p99\.9$/, '.p999');
  if (known.has(plain)) return { metric: plain, phase: undefined };
  const dot = plain.indexOf('.');
  const rest = plain.slice(dot + 1);
  return dot > 0 && known.has(rest)
    ? { metric: rest, phase: plain.slice(0, dot) }
    : { metric: plain, phase: undefined };
}
