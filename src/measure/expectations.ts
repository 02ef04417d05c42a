import type { Backlog } from './backlog.js';
import type { BrokerFigureName, BrokerFigures } from './brokerFigures.js';
import type { ExpectationResult, ExpectationUnit } from './expectationResult.js';
import type { Rate } from './rates.js';
import type { Counts, Latencies } from './summary.js';

/** Something that must hold, as a scenario's `expect` says it. */
export interface Condition {
  /** What is looked at: `ack.p99`, `lost`, `achievedRate`. */
  readonly metric: string;
  /** The phase that it is about; undefined for the whole run. */
  readonly phase: string | undefined;
  /** How it is compared. */
  readonly operator: '<' | '<=' | '>' | '>=' | '==';
  /** What it is compared with. */
  readonly value: number;
  /** The unit of `value`: decides whether a rate is compared as such or as a fraction of the target. */
  readonly unit: ExpectationUnit;
  /** The condition as a person reads it. */
  readonly text: string;
}

/** What conditions are held against. */
export interface Measured {
  /** The counts. */
  readonly counts: Counts;
  /** The rates. */
  readonly rate: Rate;
  /** The latencies. */
  readonly latency: Latencies;
  /** The brokers' own figures, where they were had. */
  readonly broker?: BrokerFigures | null | undefined;
  /** The most messages that a group had still to read; null where nobody reads, undefined where it was not looked at. */
  readonly lagMessages?: number | null | undefined;
  /** How readers kept up with the rate of a probe. */
  readonly backlogs?: readonly Backlog[] | undefined;
  /** The rate that a search found; undefined where there was none. */
  readonly limit?: FoundRate | undefined;
}

/** A rate that a search found. */
export interface FoundRate {
  /** Messages per second. */
  readonly ratePerSecond: number;
  /** Whether the limit may be higher: the range of the search, or the harness, ended there. */
  readonly isLowerBound: boolean;
}

/**
 * Holds a condition against what was measured. A condition that saw no sample fails.
 *
 * @param condition - what must hold
 * @param measured - what was measured in the phase or the run that it is about; undefined for an unknown phase
 * @returns what was found
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
    // A limit that may be higher says nothing of what it stays below.
    const tells = limit !== undefined && (!limit.isLowerBound || operator === '>' || operator === '>=');
    return tells ? limit.ratePerSecond : null;
  }
  return counts[name as keyof Counts] ?? null;
}

/** A figure of the broker that has most to do: the largest, or of idle time the smallest. */
function busiest(brokers: BrokerFigures, name: BrokerFigureName): number | null {
  const values = Object.values(brokers).flatMap((figures) => figures[name] ?? []);
  if (values.length === 0) return null;
  return name.endsWith('Idle') ? Math.min(...values) : Math.max(...values);
}
