import type {
  Backlog,
  BrokerMetricName,
  BrokerMetrics,
  Counts,
  ExpectationResult,
  Latencies,
  Rate,
  Scope,
} from '../results/values.js';
import type { WatchedGroup } from '../results/watchedGroups.js';
import type { CatchUp } from '../results/runFolder.js';
import type { Expectation } from '../scenario/plan.js';
import type { GroupFigures } from './groupFigures.js';

/** A condition of a scenario's `expect`, or of a search. */
export type Condition = Expectation;

/** What conditions are checked against. */
export interface Measured {
  readonly counts: Counts;
  readonly rate: Rate;
  readonly latency: Latencies;
  /** Undefined or null where there are none. */
  readonly broker?: BrokerMetrics | null | undefined;
  /**
   * Maximum number of messages that a group had still to read; null without readers, undefined where it was
   * not measured.
   */
  readonly lagMessages?: number | null | undefined;
  /** Of a probe. */
  readonly groupFigures?: readonly GroupFigures[] | undefined;
  /** How readers kept up with the rate of a probe. */
  readonly backlogs?: readonly Backlog[] | undefined;
  /** How groups read what they had missed. */
  readonly catchUps?: readonly CatchUp[] | undefined;
  /** Undefined without a search. */
  readonly limit?: FoundRate | undefined;
}

export interface FoundRate {
  readonly ratePerSecond: number;
  /** Whether the limit may be higher: the range of the search, or the load generator, ended there. */
  readonly isLowerBound: boolean;
}

/**
 * Checks a condition against what was measured. A condition that saw no sample fails.
 *
 * @param measured - of the phase, the group or the run that it is about; undefined for an unknown one
 * @param scope - what it is about
 */
export function checkCondition(
  condition: Condition,
  measured: Measured | undefined,
  scope: Scope = { kind: 'run' },
): ExpectationResult {
  return judged(condition, measured === undefined ? null : metricOf(condition, measured), scope);
}

/** The same against a group that is watched by what it commits. */
export function checkWatched(
  condition: Condition,
  name: string,
  group: WatchedGroup | undefined,
): ExpectationResult {
  const actual = group === undefined ? null : watchedMetric(condition, group);
  return judged(condition, actual, { kind: 'group', name });
}

/** A condition with the value that it was checked against; null, without a sample, does not pass. */
export function judged(condition: Condition, actual: number | null, scope: Scope): ExpectationResult {
  const { text, metric, operator, value, unit } = condition;
  return {
    expect: text,
    ...{ metric, scope, operator, limit: value, unit, actual },
    passed: actual !== null && holds(actual, operator, value),
  };
}

/** Whether a value is on the right side of a limit. */
export function holds(actual: number, operator: Condition['operator'], value: number): boolean {
  switch (operator) {
    case '<':
      return actual < value;
    case '<=':
      return actual <= value;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '==':
      return actual === value;
  }
}

function metricOf(
  { metric, unit, operator }: Condition,
  { counts, rate, latency, broker, lagMessages, limit, catchUps }: Measured,
): number | null {
  const [name = '', statistic] = metric.split('.');
  if (name === 'catchUp') return slowestCatchUp(catchUps ?? [], statistic === 'seconds');
  if (name === 'broker') return busiest(broker ?? {}, statistic as BrokerMetricName);
  if (statistic !== undefined) {
    const summary = latency[name as keyof Latencies] as Latencies['ack'] | undefined;
    return summary?.[statistic as keyof Latencies['ack']] ?? null;
  }
  if (metric === 'achievedRate') return unit === 'fraction' ? rate.ofTarget : rate.achievedPerSecond;
  if (metric === 'throughput') return rate.bytesPerSecond;
  if (metric === 'lag') {
    if (lagMessages === undefined || lagMessages === null || unit === 'count') return lagMessages ?? null;
    return rate.targetPerSecond === null || rate.targetPerSecond === 0
      ? null
      : (lagMessages / rate.targetPerSecond) * 1e6;
  }
  if (metric === 'rate') {
    // A limit that may be higher doesn't show what it stays below.
    const tells = limit !== undefined && (!limit.isLowerBound || operator === '>' || operator === '>=');
    return tells ? limit.ratePerSecond : null;
  }
  return counts[name as keyof Counts] ?? null;
}

function watchedMetric({ metric, unit }: Condition, group: WatchedGroup): number | null {
  const { lag, visits, drainSeconds, commitLatency, committedWithin60s } = group;
  if (metric === 'committedWithin60s') return committedWithin60s;
  if (metric === 'lag' && unit === 'count') return lag.messages.max;
  if (metric === 'lag') return lag.seconds.max === null ? null : lag.seconds.max * 1e6;
  if (metric === 'drain.max') {
    const drains = [drainSeconds, ...visits.map((visit) => visit.drainSeconds)];
    // One that never drained is no sample, and above any limit.
    return drains.includes(null) ? null : Math.max(...drains.map(Number)) * 1e6;
  }
  const statistic = metric.replace(/^commitLatency\./, '') as keyof WatchedGroup['commitLatency'];
  return commitLatency[statistic];
}

/** Of the slowest group: how long it took, in microseconds, or its rate; null where one did not catch up. */
function slowestCatchUp(catchUps: readonly CatchUp[], isTime: boolean): number | null {
  const groups = catchUps.flatMap((one) => one.groups);
  const values = groups.map(({ seconds, drainPerSecond }) => (isTime ? seconds : drainPerSecond));
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.length < values.length) return null;
  return isTime ? Math.max(...known) * 1e6 : Math.min(...known);
}

/** A metric of the busiest broker: the largest, or of idle time the smallest. */
function busiest(brokers: BrokerMetrics, name: BrokerMetricName): number | null {
  const values = Object.values(brokers).flatMap((figures) => figures[name] ?? []);
  if (values.length === 0) return null;
  return name.endsWith('Idle') ? Math.min(...values) : Math.max(...values);
}
