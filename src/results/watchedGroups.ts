import { z } from 'zod';
import { consumerProcess } from './consumerProcess.js';
import { type Immutable, latency, maybeNumber } from './values.js';

/** Shapes of what was seen of consumer groups that are not ours, by what they commit. */

/** Of the samples, one a second and more at some times, each for the time since the last one; null without one. */
const sampled = z.object({
  p50: maybeNumber,
  p90: maybeNumber,
  p99: maybeNumber,
  max: maybeNumber,
  mean: maybeNumber,
  /** Of the last sample. */
  last: maybeNumber,
});

const lag = z.object({
  /** Messages of the run that are in the topic and not committed. */
  messages: sampled,
  /** Seconds since the oldest of them was due. */
  seconds: sampled,
});

const phase = z.object({
  name: z.string(),
  lag,
  /** From due to committed, microseconds; within the interval between two commits it is an upper bound. */
  commitLatency: latency,
  /** Of the messages that were due in it, 0 to 1; null where none was. */
  committedWithin60s: maybeNumber,
});

const visit = z.object({
  phase: z.string(),
  /** From 1 in its phase. */
  visit: z.number(),
  /** Of its first alert. */
  dueAt: z.iso.datetime(),
  alerts: z.number(),
  /** Share of its alerts, 0 to 1; null without alerts. */
  committedWithin60s: maybeNumber,
  /** From its last alert's due time until all were committed; null: never. */
  drainSeconds: maybeNumber,
});

const partition = z.object({
  partition: z.number(),
  /** Messages of the run. */
  committed: z.number(),
  maxLag: z.number(),
  maxLagSeconds: maybeNumber,
  /** Over time. */
  meanLag: z.number(),
  /** How long its messages waited on average until they were committed; null without one. */
  meanWaitSeconds: maybeNumber.default(null),
  lastLag: z.number(),
});

/** What was seen of a group that is not ours. */
export const watchedGroup = z.object({
  /** In the scenario; in `watch` the group's id. */
  name: z.string(),
  /** The group's id. */
  group: z.string(),
  topic: z.string(),
  kind: z.enum(['external', 'command', 'watched']),
  /** Messages of the run that it committed. */
  committed: z.number(),
  /** Messages of the run that it did not, when it was last seen. */
  uncommitted: z.number(),
  /** Messages before the run that it had not committed at the start: they count in no figure. */
  olderAtStart: z.number().default(0),
  lag,
  commitLatency: latency,
  /** Share of the run's messages, 0 to 1; null without any, or where it cannot be decided yet. */
  committedWithin60s: maybeNumber.default(null),
  commits: z.object({
    /** Samples in which something new was committed. */
    count: z.number(),
    /** Messages of the run. */
    perSecond: z.number(),
    /** Between commits, as far as samples a second apart show; null below two commits. */
    intervalSeconds: z.object({ p50: z.number(), max: z.number() }).nullable(),
  }),
  /** Null where they could not be read. */
  members: z.object({ min: z.number(), max: z.number() }).nullable(),
  /** Changes of its members or their partitions that were seen; null as above. */
  rebalances: maybeNumber,
  /** From the last alert's due time until all were committed; null: never. */
  drainSeconds: maybeNumber,
  phases: z.array(phase).default([]),
  visits: z.array(visit).default([]),
  partitions: z.array(partition).default([]),
  /** What could not be read, for some time at least, and Kafka's own word for why. */
  unreadable: z
    .array(z.object({ what: z.enum(['commits', 'ends', 'members']), error: z.string() }))
    .default([]),
  /** The programs of a command; left out where the run started none. */
  process: consumerProcess.optional(),
});

export type WatchedGroup = Immutable<z.output<typeof watchedGroup>>;
export type WatchedPhase = WatchedGroup['phases'][number];
export type WatchedVisit = WatchedGroup['visits'][number];
export type WatchedPartition = WatchedGroup['partitions'][number];
export type SampledLag = WatchedGroup['lag'];
export type Sampled = SampledLag['messages'];

/** A second of a group that is not ours, in `intervals.ndjson`. */
export const watchedInterval = z.object({
  /** Offsets of all partitions together, from the run's first message. */
  committed: z.number(),
  end: z.number(),
  lagMessages: z.number(),
  lagSeconds: maybeNumber,
  /** Samples since the last interval in which something new was committed. */
  commits: z.number(),
  members: maybeNumber,
  /** `[partition, lag]` of those that have one. */
  partitions: z.array(z.tuple([z.number(), z.number()])),
  /** Of its topic. */
  partitionCount: z.number(),
});

export type WatchedInterval = Immutable<z.output<typeof watchedInterval>>;
