import type { BrokerFigures } from './brokerFigures.js';
import type { LatencyBuckets } from './buckets.js';
import type { LatencySummary } from './latency.js';
import type { LatencyName } from './latencySet.js';

/** A line of `intervals.ndjson`: about a second of the run. */
export interface IntervalRecord {
  /** End of the interval, ISO 8601. */
  readonly time: string;
  /** After the run's start. */
  readonly startSeconds: number;
  readonly seconds: number;
  /** Null while consumers catch up. */
  readonly phase: string | null;
  /** Messages due; null flat out, or where nothing is due. */
  readonly targetPerSecond: number | null;
  /** Messages acknowledged. */
  readonly achievedPerSecond: number;
  /** Values handed over. */
  readonly bytesPerSecond: number;
  readonly counts: {
    readonly sent: number;
    readonly acked: number;
    readonly failed: number;
    readonly received: number;
  };
  /** Messages without an answer at the interval's end. */
  readonly inFlight: number;
  /** Microseconds; those without a value are left out. */
  readonly latency: Readonly<Partial<Record<LatencyName, LatencySummary>>>;
  /** Log-spaced buckets for a heat map; runs of older versions have none. */
  readonly buckets?: Readonly<Partial<Record<LatencyName, LatencyBuckets>>>;
  /** `endToEnd` of each group and of each phase whose messages it read; left out by version 0.1.0. */
  readonly read?: readonly GroupInterval[] | undefined;
  /** Messages that each group has still to read. */
  readonly lag: Readonly<Record<string, number>>;
  readonly harness: HarnessUse;
  readonly workers: Readonly<Record<string, WorkerHealth>>;
  /** Null where there are none. */
  readonly broker: BrokerFigures | null;
}

/** What a group read in an interval of one phase's messages, even after the phase. */
export interface GroupInterval {
  readonly group: string;
  /** The phase that sent the messages. */
  readonly phase: string;
  /** From due to read, microseconds. */
  readonly endToEnd: LatencySummary;
}

/** Use of the whole process, librdkafka's threads included. */
export interface HarnessUse {
  /** CPU seconds per second: 1 is one core. */
  readonly cpuCores: number;
  /** At the interval's end. */
  readonly rssBytes: number;
}

/** A worker's thread since its last report. */
export interface WorkerHealth {
  readonly eventLoopDelayP99Us: number;
  /** 0 to 1; waiting asleep for a due time counts as busy. */
  readonly eventLoopUtilization: number;
  /**
   * CPU seconds of the thread per second, without librdkafka's own threads: 1 is one core; null where the
   * system does not report it.
   */
  readonly cpuCores: number | null;
  /** Time in which librdkafka's queue was full and an alert had to wait. */
  readonly queueFullSeconds: number;
  /** Of the whole process. */
  readonly rssBytes: number;
}
