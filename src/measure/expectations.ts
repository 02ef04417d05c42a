import type { Backlog } from './backlog.js';
import type { BrokerFigureName, BrokerFigures } from './brokerFigures.js';
import type { ExpectationResult, ExpectationUnit } from './expectationResult.js';
import type { Rate } from '../results/averages.js';
import type { Counts, Latencies } from './summary.js';

/** A condition of a scenario's `expect`. */
export interface Condition {
  /** `ack.p99`, `lost`, `achievedRate`. */
  readonly metric: string;
  /** Undefined for the whole run. */
  readonly phase: string | undefined;
  readonly operator: '<' | '<=' | '>' | '>=' | '==';
  readonly value: number;
  /** Decides whether a rate is compared as such or as a fraction of the target. */
  readonly unit: ExpectationUnit;
  /** The condition as a person reads it. */
  readonly text: string;
}

/** What conditions are checked against. */
export interface Measured {
  readonly counts: Counts;
  readonly rate: Rate;
  readonly latency: Latencies;
  /** Undefined or null where there are none. */
  readonly broker?: BrokerFigures | null | undefined;
  /**
   * Maximum number of messages that a group had still to read; null without readers, undefined where it was
   * not measured.
   */
  readonly lagMessages?: number | null | undefined;
  /** How readers kept up with the rate of a probe. */
  readonly backlogs?: readonly Backlog[] | undefined;
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
 * @param measured - of the phase or the run that it is about; undefined for an unknown phase
 */
export function checkCondition(condition: Condition, measured: Measured | undefined): ExpectationResult {
  const actual = measured === undefined ? null : metricOf(condition, measured);
  return {
    expect: condition.text,
    unit: condition.unit,
    actual,
    passed: actual !== null && compare(actual, condition.operator, condition.value),
  };
}

function compare(actual: number, operator: Condition['operator'], value: number): boolean {
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
  { counts, rate, latency, broker, lagMessages, limit }: Measured,
): number | null {
  const [name = '', statistic] = metric.split('.');
  if (name === 'broker') return busiest(broker ?? {}, statistic as BrokerFigureName);
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

/** A metric of the busiest broker: the largest, or of idle time the smallest. */
function busiest(brokers: BrokerFigures, name: BrokerFigureName): number | null {
  const values = Object.values(brokers).flatMap((figures) => figures[name] ?? []);
  if (values.length === 0) return null;
  return name.endsWith('Idle') ? Math.min(...values) : Math.max(...values);
}
