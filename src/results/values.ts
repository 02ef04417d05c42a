import { z } from 'zod';
import { expectationUnits, operators } from '../scenario/plan.js';

/** What the files of a run folder are made of: shapes for reading, and the types of what is in memory. */

/** Readonly, all the way down. */
export type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;

export const maybeNumber = z.number().nullable();

export const latency = z.object({
  count: z.number(),
  p50: maybeNumber,
  p90: maybeNumber,
  p95: maybeNumber,
  p99: maybeNumber,
  p999: maybeNumber,
  max: maybeNumber,
  mean: maybeNumber,
});

/** Microseconds; null where nothing was recorded. */
export type LatencySummary = Immutable<z.output<typeof latency>>;

export const latencies = z.object({
  scheduleLag: latency,
  ack: latency,
  response: latency,
  endToEnd: latency,
});

/** Microseconds. */
export type Latencies = Immutable<z.output<typeof latencies>>;

export const counts = z.object({
  /** Messages that were due. */
  scheduled: z.number(),
  /** Handed to librdkafka. */
  sent: z.number(),
  /** Due and not sent: the phase had ended. */
  unsent: z.number(),
  /**
   * Messages that were due for a worker that died without reporting what became of them: they may have been
   * delivered. Flat out it is what such a worker had in flight when it last reported. Runs from before it was
   * counted have none.
   */
  unknown: z.number().default(0),
  acked: z.number(),
  failed: z.number(),
  /**
   * Of the acknowledged messages, those that the slowest group has read; null without readers, or in a phase.
   */
  consumed: maybeNumber,
  /** Acknowledged messages that some group did not read; null without readers, or in a phase. */
  lost: maybeNumber,
  /** Messages that the broker holds twice; null as above. */
  duplicated: maybeNumber,
  /** Null as above. */
  outOfOrder: maybeNumber,
});

/** What became of the messages. scheduled = sent + unsent + unknown, sent = acked + failed. */
export type Counts = Immutable<z.output<typeof counts>>;

const plannedLoad = z.object({
  messages: z.number(),
  /** Above 0. */
  seconds: z.number(),
});

export type PlannedLoad = Immutable<z.output<typeof plannedLoad>>;

export const rate = z.object({
  /** The time of `achievedPerSecond` and `bytesPerSecond`. */
  seconds: z.number(),
  /** Values that were handed over. */
  bytes: z.number(),
  /** What the schedule asks for; null flat out, and over phases of which one is flat out. */
  planned: plannedLoad.nullable(),
  /** Messages due: `planned.messages / planned.seconds`; null as `planned` is. */
  targetPerSecond: maybeNumber,
  /** Messages acknowledged: `counts.acked / seconds`. */
  achievedPerSecond: z.number(),
  /** Handed over: `bytes / seconds`. */
  bytesPerSecond: z.number(),
  /**
   * The achieved rate as a share of the target, over the phases that have a target; null where none has one.
   */
  ofTarget: maybeNumber,
});

/** Each rate is a count divided by a time that is stored beside it. */
export type Rate = Immutable<z.output<typeof rate>>;

/**
 * Metrics of a broker for each second, where it can be asked; the unit is in the name. Rates, means and
 * shares are of the time between two reads, unless stated otherwise.
 */
export const brokerMetricNames = [
  /** The time between the two reads: as long as the interval on average; the weight of means over a phase. */
  'spanSeconds',
  /** CPU seconds of the broker's process per second: 1 is one core. */
  'cpuCores',
  'rssBytes',
  'heapUsedBytes',
  /** 0 to 1. */
  'gcShare',
  'messagesInPerSecond',
  /** Record batches as they are sent: compressed, with keys and headers. */
  'bytesInPerSecond',
  /** The same, to consumers. */
  'bytesOutPerSecond',
  'produceRequestsPerSecond',
  /** Of consumers. */
  'fetchRequestsPerSecond',
  /** From a produce request's arrival to its answer. */
  'produceTotalMeanMs',
  /** All percentiles are of Kafka's own sample since its start, in which the last five minutes weigh most. */
  'produceTotalP99Ms',
  /** From a consumer's fetch request's arrival to its answer; it waits for data on purpose. */
  'fetchTotalMeanMs',
  'fetchTotalP99Ms',
  'requestQueueSize',
  'responseQueueSize',
  /** 0 to 1, over the last 30 to 60 s. */
  'networkIdle',
  /** 0 to 1. */
  'handlerIdle',
  'logFlushP99Ms',
  'underReplicatedPartitions',
] as const;

export type BrokerMetricName = (typeof brokerMetricNames)[number];

type MetricsOfBroker = Partial<Record<BrokerMetricName, number>>;

// Metrics that a later program has added are not errors.
export const brokerFigures = z.record(
  z.string(),
  z.record(z.string(), z.number()).transform((figures): MetricsOfBroker => figures),
);

/** By broker id; not all metrics are always there. */
export type BrokerMetrics = Immutable<z.output<typeof brokerFigures>>;

/** Use of the whole process in a phase, all threads together. */
export interface PhaseUse {
  /** CPU seconds per second, the phase's mean: 1 is one core; null where no interval has ended. */
  readonly cpuCores: number | null;
  readonly rssBytesMax: number;
  /** The time that the mean is over: the intervals of the phase. */
  readonly seconds: number;
}

export const backlog = z.object({
  /** The consumer group; null for the broker's acknowledgements, where there are no readers. */
  group: z.string().nullable(),
  /** Messages per second that were due. */
  offeredPerSecond: z.number(),
  /** The slope of a straight line through what was read. */
  readPerSecond: z.number(),
  /** By more than its own ups and downs. */
  grows: z.boolean(),
  /**
   * Where only a part of the group falls back: a member (`consume slow/1`) or a partition (`partition 3`), and
   * by which share of what is due to it. Left out where the whole group does.
   */
  part: z.object({ name: z.string(), share: z.number() }).optional(),
});

/** How a reader kept up with a rate: all that is due and not yet read is its backlog. */
export type Backlog = Immutable<z.output<typeof backlog>>;

/** Whose limit a load was beyond. */
export const limitedBy = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('consumer'),
    /** In the scenario. */
    group: z.string(),
    /** Whether its members are workers of the run, on its machine. */
    own: z.boolean(),
    /** From due to acknowledged meanwhile; null without a sample. */
    responseP99Us: maybeNumber,
  }),
  z.object({
    kind: z.literal('broker'),
    /**
     * Messages failed, were acknowledged late, or a broker's threads were busy nearly all the time, so that
     * readers' requests waited.
     */
    why: z.enum(['failed', 'acksLate', 'busy']),
    responseP99Us: maybeNumber,
  }),
  z.object({ kind: z.literal('harness') }),
]);

export type LimitedBy = Immutable<z.output<typeof limitedBy>>;

/** What an expectation is about. */
const scope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run') }),
  z.object({ kind: z.literal('phase'), name: z.string() }),
  z.object({ kind: z.literal('group'), name: z.string() }),
]);

export type Scope = Immutable<z.output<typeof scope>>;

export const expectation = z.object({
  /** As in the scenario: `steady.ack.p99 < 50ms`. */
  expect: z.string(),
  /** `ack.p99`, `lost`, `achievedRate`. */
  metric: z.string(),
  scope,
  operator: z.enum(operators),
  /** In `unit`. */
  limit: z.number(),
  unit: z.enum(expectationUnits),
  /** In `unit`; null without a sample. */
  actual: maybeNumber,
  /** False without a sample. */
  passed: z.boolean(),
  /** True for one that the scenario does not name: a target is expected to be reached. */
  default: z.literal(true).optional(),
});

export type ExpectationResult = Immutable<z.output<typeof expectation>>;

export type Verdict = 'passed' | 'failed' | 'invalid' | 'interrupted';
