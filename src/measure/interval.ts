import type { BrokerFigures } from './brokerFigures.js';
import type { LatencyBuckets } from './buckets.js';
import type { LatencySummary } from './latency.js';
import type { LatencyName } from './latencySet.js';

/** A line of `intervals.ndjson`: about a second of the run. */
export interface IntervalRecord {
  /** The end of the interval, ISO 8601. */
  readonly time: string;
  /** Its start, seconds after the run's start. */
  readonly startSeconds: number;
  /** Its length, seconds. */
  readonly seconds: number;
  /** The phase; null while consumers catch up. */
  readonly phase: string | null;
  /** Messages per second that were due; null flat out, or where nothing is due. */
  readonly targetPerSecond: number | null;
  /** Messages per second that were acknowledged. */
  readonly achievedPerSecond: number;
  /** Bytes of values per second that were handed over. */
  readonly bytesPerSecond: number;
  /** Counts of the interval. */
  readonly counts: {
    readonly sent: number;
    readonly acked: number;
    readonly failed: number;
    readonly received: number;
  };
  /** Messages handed over and not answered, at the interval's end. */
  readonly inFlight: number;
  /** The interval's latencies, microseconds; those without a value are left out. */
  readonly latency: Readonly<Partial<Record<LatencyName, LatencySummary>>>;
  /** The interval's latencies in log-spaced buckets, for a heat map; runs of older versions have none. */
  readonly buckets?: Readonly<Partial<Record<LatencyName, LatencyBuckets>>>;
  /** `endToEnd` of each group and of each phase whose messages it read; left out by version 0.1.0. */
  readonly read?: readonly GroupInterval[] | undefined;
  /** Messages that each group has still to read. */
  readonly lag: Readonly<Record<string, number>>;
  /** What the harness's process used. */
  readonly harness: HarnessUse;
  /** How each worker was. */
  readonly workers: Readonly<Record<string, WorkerHealth>>;
  /** The brokers' own figures; null where they were not had. */
  readonly broker: BrokerFigures | null;
}

/** What a group read in an interval of one phase's messages: after the phase, too. */
export interface GroupInterval {
  /** The group's id. */
  readonly group: string;
  /** The phase that sent the messages. */
  readonly phase: string;
  /** From due to read, microseconds. */
  readonly endToEnd: LatencySummary;
}

/** What the harness's whole process used, librdkafka's threads included. */
export interface HarnessUse {
  /** CPU time a second: 1 is one core. */
  readonly cpuCores: number;
  /** Resident memory at the interval's end, bytes. */
  readonly rssBytes: number;
}

/** What a worker's thread did since it last told. */
export interface WorkerHealth {
  /** 99th percentile of the event loop's delay, microseconds. */
  readonly eventLoopDelayP99Us: number;
  /** Share of the time in which the event loop was busy, 0 to 1; waiting asleep for a due time counts as busy. */
  readonly eventLoopUtilization: number;
  /** CPU time of the thread a second, without librdkafka's own threads: 1 is one core; null where the system does not tell. */
  readonly cpuCores: number | null;
  /** Seconds in which librdkafka's queue was full and an alert had to wait for room. */
  readonly queueFullSeconds: number;
  /** Resident memory of the whole process, bytes. */
  readonly rssBytes: number;
}
