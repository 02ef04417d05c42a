import { z } from 'zod';
import type { Plan, VariantPlan } from '../scenario/plan.js';
import { finding, notCaughtUp, probeFinding } from './findings.js';
import {
  knownOnly,
  olderExpectation,
  olderRate,
  withConditions,
  withReasons,
  withScopes,
  withUseSeconds,
  withWholeRate,
} from './older.js';
import {
  backlog,
  brokerFigures,
  counts,
  type Immutable,
  latencies,
  latency,
  limitedBy,
  maybeNumber,
} from './values.js';
import { watchedGroup, watchedInterval } from './watchedGroups.js';

export type * from './consumerProcess.js';
export type * from './watchedGroups.js';

/**
 * The files of a run folder: the shapes that it is read with, and, inferred from them, the types of what is
 * in memory. What an older version of the program left out is completed while it is read (`older.ts`); what a
 * later one has added is dropped.
 */

/** The version of `summary.json` and `manifest.json` that this program writes and reads. */
export const schemaVersion = 1;

const version = z
  .number()
  .optional()
  .transform(() => schemaVersion);
const texts = z.array(z.string());
const time = z.iso.datetime();
const groupLatency = z.object({ endToEnd: latency });

const phase = z
  .object({
    name: z.string(),
    /** False for a warm-up. */
    measured: z.boolean(),
    startedAt: time,
    /** When its last message was sent. */
    endedAt: time,
    counts,
    rate: olderRate,
    latency: latencies,
    /** Null in runs from before it was recorded. */
    harness: z
      .object({ cpuCores: maybeNumber, rssBytesMax: z.number(), seconds: z.number().optional() })
      .nullable()
      .default(null),
    /** Null where there are none. */
    broker: brokerFigures.nullable().default(null),
  })
  .transform(withWholeRate)
  .transform(withUseSeconds);

const account = z.object({
  received: z.number(),
  lost: z.number(),
  duplicated: z.number(),
  reread: z.number(),
  outOfOrder: z.number(),
  receivedThoughFailed: z.number(),
  behind: z.number().optional(),
});

const group = z
  .object({
    group: z.string(),
    /** Name in the scenario. */
    name: z.string().optional(),
    ...account.shape,
    /** Of all measured phases; `latency.endToEnd` of the run merges all groups. Null in version 0.1.0. */
    latency: groupLatency.nullable().default(null),
    /** The same of each phase that it read messages of, whenever it read them. */
    phases: z.array(z.object({ name: z.string(), latency: groupLatency })).default([]),
    /**
     * What it received of the messages that are not measured: of the warm-up, and of the probes of a search
     * whose latencies are not the phase's. Left out where there were none.
     */
    unmeasured: account.partial().required({ received: true, lost: true }).optional(),
  })
  .transform(({ name, ...rest }) => ({ ...rest, name: name ?? rest.group }));

const probe = z.object({
  ratePerSecond: z.number(),
  /** `bracket`, `bisect`, `confirm`, `above`. */
  purpose: z.string(),
  /** Whether it repeated the probe before. */
  repeat: z.boolean(),
  /** It was judged from the search's `settleSeconds` after that. */
  startedAt: time,
  /** How long it was judged. */
  heldSeconds: z.number(),
  outcome: z.enum(['held', 'failed', 'harness']),
  /** Alerts of each visit, where visits are searched for. */
  alertsPerVisit: z.number().optional(),
  /** Whose limit it was; null where it held or was set aside, and in older runs. */
  limitedBy: limitedBy.nullable().default(null),
  /** What was measured of each group; empty in older runs. */
  groups: z
    .array(
      z.object({
        name: z.string(),
        lagMessages: maybeNumber,
        lagSeconds: maybeNumber,
        /** From the last alert (of each visit) until all was read or committed, the longest; null: never. */
        drainSeconds: maybeNumber,
        /** Median time between two commits; null for the run's own groups. */
        commitIntervalSeconds: maybeNumber,
      }),
    )
    .default([]),
  /** Why it did not hold; empty where it held, and in older runs, which have the sentences of `why` only. */
  findings: knownOnly(probeFinding),
  /** The messages that were judged; `lost` are those that some group had not read after the drain. */
  counts: z.object({
    scheduled: z.number(),
    sent: z.number(),
    unsent: z.number(),
    acked: z.number(),
    failed: z.number(),
    lost: maybeNumber,
  }),
  /**
   * Messages acknowledged while it was judged; `counts.acked` are those of the messages that were due then,
   * whenever they were acknowledged. Left out by version 0.1.0.
   */
  ackedWhileHeld: z.number().optional(),
  /** `ackedWhileHeld / heldSeconds`. */
  achievedPerSecond: z.number(),
  /** Maximum number of messages that a group had still to read while it was judged; null without readers. */
  lagMessages: maybeNumber,
  /** How each group kept up with the rate, or the broker without readers; empty in version 0.1.0. */
  backlogs: z.array(backlog).default([]),
  /** Latencies of the messages that were judged, microseconds. */
  latency: latencies,
  conditions: z.array(olderExpectation).transform(withConditions),
});

const searchResult = z.object({
  /**
   * `found`: the limit lies within the bracket. `at-least`: the upper end of the range held. `below`: the
   * lower end of the range failed. `harness`: the load generator was the limit. `unstable`: the limit moved
   * so often that no number is right. `unfinished`: it was interrupted, or the number of probes was used up.
   */
  kind: z.enum(['found', 'at-least', 'below', 'harness', 'unstable', 'unfinished']),
  /**
   * The highest rate that held, confirmed where `kind` is `found` or `at-least`; null where there is none.
   */
  ratePerSecond: maybeNumber,
  /** As a multiple of Rubin's average. */
  timesRubin: maybeNumber,
  /** Bytes of values at that rate. */
  bytesPerSecond: maybeNumber,
  /**
   * The highest rate that held and the lowest that failed; for an unstable limit, the rates between which it
   * was seen to move.
   */
  bracket: z.object({ heldPerSecond: maybeNumber, failedPerSecond: maybeNumber }),
  /**
   * Of `of` consecutive probes at the rate, `held` held. `holdsAtLeast` is the share of such probes that hold
   * at least, with 95 % confidence (Clopper and Pearson 1934, for n of n: 0.05^(1/n)).
   */
  confidence: z.object({ held: z.number(), of: z.number(), holdsAtLeast: maybeNumber }),
  /** The rate at which the load generator was the limit; null for any other end. */
  harnessPerSecond: maybeNumber,
  /** Whose limit was found; null where none was, and in older runs. */
  limitedBy: limitedBy.nullable().default(null),
  /** Alerts of each visit at that rate, where visits are searched for. */
  alertsPerVisit: z.number().optional(),
  /** Why the search ended before it was through: a group that did not catch up. */
  stopped: notCaughtUp.optional(),
  /**
   * Where the limit was found to have moved: after how many probes, at which rate, and whether it is lower or
   * higher.
   */
  contradictions: z.array(
    z.object({ probes: z.number(), ratePerSecond: z.number(), now: z.enum(['lower', 'higher']) }),
  ),
});

const search = z.object({
  phase: z.string(),
  /** `response.p99 < 100ms`. */
  conditions: texts,
  /** How long it had to hold. */
  holdSeconds: z.number(),
  /** How long each rate was sent before it was judged. */
  settleSeconds: z.number(),
  /** Where visits are searched for; left out for rates. */
  visits: z
    .object({ cadenceSeconds: z.number(), burstSeconds: z.number(), detectors: z.number() })
    .optional(),
  /** Watched groups, and how often they commit: a lag within that time is not held against them. */
  commitIntervals: z.array(z.object({ group: z.string(), seconds: z.number() })).default([]),
  /** What the scenario says for `holdSeconds`, where it was too short for how often a group commits. */
  askedHoldSeconds: z.number().optional(),
  /** How close the ends of the bracket had to be: 0.02 is 2 %. */
  precision: z.number(),
  result: searchResult,
  /**
   * Probes, by their number from 1, that the phase's own counts and latencies are of: those that confirmed
   * the rate, else those that held at it, else the last one. Empty in version 0.1.0.
   */
  figuresOf: z.array(z.number()).default([]),
  /** In order. */
  probes: z.array(probe),
});

/** How groups read what they had missed. */
const catchUp = z.object({
  phase: z.string(),
  /** What had been sent while they did not read. */
  backlog: z.object({ phases: texts, messages: z.number(), bytes: z.number() }),
  /** What was sent meanwhile; null: nothing. */
  whilePerSecond: maybeNumber,
  groups: z.array(
    z.object({
      /** In the scenario. */
      name: z.string(),
      /** Whether its members are workers of the run; others are known by their commits. */
      own: z.boolean(),
      /** Messages when it was started again. */
      behind: z.number(),
      /** Read, or committed, while its backlog was made: it had not stopped. */
      readEarly: z.number().default(0),
      read: z.number(),
      /** From then until it had read, or committed, its first message; null: never. */
      startSeconds: maybeNumber,
      /** From then until it had caught up; null: it did not. */
      seconds: maybeNumber,
      /** From the first message on. */
      drainPerSecond: maybeNumber,
      drainBytesPerSecond: maybeNumber,
      /** Messages that it had still to read when it was given up, or the run ended. */
      leftBehind: z.number(),
    }),
  ),
  /** What the load was like before the backlog and while groups caught up; null without such a phase. */
  compared: z
    .object({
      /** The phase before. */
      phase: z.string(),
      ack: z.object({ before: latency, during: latency }),
      response: z.object({ before: latency, during: latency }),
      /** Groups that had nothing to catch up. */
      groups: z.array(
        z.object({ name: z.string(), endToEnd: z.object({ before: latency, during: latency }) }),
      ),
    })
    .nullable(),
});

const outputReport = z.object({
  /** `influx`. */
  output: z.string(),
  /** Points or lines that arrived. */
  delivered: z.number(),
  /** Points or lines that did not; they are in the run folder. */
  undelivered: z.number(),
  /** What went wrong first, and how to fix it; null when nothing did. */
  fault: z.string().nullable(),
});

const shards = z.object({
  runKey: z.string(),
  shards: z.array(
    z.object({
      /** From 0. */
      shard: z.number(),
      /** Null for one that never came. */
      host: z.string().nullable(),
      /** How far its clock may be off from the broker's at most; null for one that never came. */
      clockBoundUs: maybeNumber,
      /** Problems, a sentence each. */
      notes: texts,
    }),
  ),
  /** How far a time from one machine to another may be off. */
  clockBoundUs: z.number(),
});

/** What was measured of a run: `summary.json` without its sentences. */
const result = z.object({
  /** Raised when a key changes its meaning. */
  schemaVersion: version,
  run: z.object({
    id: z.string(),
    scenario: z.string(),
    variant: z.string().nullable(),
    startedAt: time,
    endedAt: time,
  }),
  verdict: z.enum(['passed', 'failed', 'invalid', 'interrupted']),
  /** Of all measured phases. */
  counts,
  /** Over all measured phases. */
  rate: olderRate,
  /** Of all measured phases. */
  latency: latencies,
  /** Over all measured phases; null where there are none. */
  broker: brokerFigures.nullable().default(null),
  /** All phases, the warm-up too. */
  phases: z.array(phase),
  /** What each group received of the messages that `counts` is about. */
  groups: z.array(group),
  /** Groups that are not ours, by what they commit; empty in version 0.1.0. */
  watchedGroups: z.array(watchedGroup).default([]),
  expectations: z.array(olderExpectation),
  /** Empty where there was none. */
  searches: z.array(search).default([]),
  /** Empty where there was none. */
  catchUps: z.array(catchUp).default([]),
  findings: knownOnly(finding),
  /** What came of the outputs besides the run folder. */
  outputs: z.array(outputReport).default([]),
  /** The machines of a run on several; left out on one machine. */
  shards: shards.optional(),
});

/** `summary.json`: the result with its sentences, which `report/words.ts` makes from its data. */
export const summaryShape = result
  .extend({
    /** A sentence for each finding that the verdict is made of; empty when the run passed. */
    reasons: texts,
    /** What the load generator found about itself. */
    selfCheck: z.array(z.object({ invalidates: z.boolean(), text: z.string() })),
    searches: z
      .array(
        search.extend({
          result: searchResult.extend({ text: z.string() }),
          probes: z.array(probe.extend({ why: texts })),
        }),
      )
      .default([]),
    shards: shards.extend({ clockNote: z.string() }).optional(),
  })
  .transform(withWholeRate)
  .transform(withScopes)
  .transform(withReasons);

export type RunSummary = Immutable<z.output<typeof summaryShape>>;

type Texts = 'reasons' | 'selfCheck' | 'searches' | 'shards';

/** What was measured of a run, as data only. */
export type RunResult = Omit<RunSummary, Texts> & {
  readonly searches: readonly SearchResult[];
  readonly shards?: ShardsResult | undefined;
};

export type PhaseSummary = RunSummary['phases'][number];
export type GroupSummary = RunSummary['groups'][number];
export type SearchSummary = RunSummary['searches'][number];
export type ProbeSummary = SearchSummary['probes'][number];
export type SearchResult = Immutable<z.output<typeof search>>;
export type ProbeResult = SearchResult['probes'][number];
export type CatchUp = Immutable<z.output<typeof catchUp>>;
export type FoundLimit = SearchResult['result'];
export type ShardsResult = Immutable<z.output<typeof shards>>;
export type ShardsSummary = NonNullable<RunSummary['shards']>;
export type OutputReport = RunSummary['outputs'][number];
export type GroupLatency = NonNullable<GroupSummary['latency']>;

/** The part of an experiment that a run is. */
export interface ExperimentNote {
  readonly id: string;
  /** Changes of its variant. */
  readonly variant: VariantPlan;
  /** From 0: runs of one block are compared with each other. */
  readonly block: number;
  /** From 0. */
  readonly position: number;
  /** The first variant once more at the end, which shows drift and is not a repeat. */
  readonly control: boolean;
}

/** A plan as `manifest.json` keeps it: a later or an older program may know other keys. */
export type RecordedPlan = Partial<Plan> & Pick<Plan, 'name'>;

const settings = z.record(z.string(), z.string().nullable());

/** `manifest.json` of a run folder: settings and machine of the run. No secrets. */
export const manifestShape = z.object({
  /** Raised when a key changes its meaning. */
  schemaVersion: version,
  id: z.string(),
  /** Identifies this run's messages. */
  run: z.number(),
  startedAt: time,
  /** Undefined until the run has ended. */
  endedAt: time.optional(),
  /** As resolved, without secrets. */
  scenario: z.custom<RecordedPlan>(
    (plan) => typeof (plan as Partial<Plan> | null | undefined)?.name === 'string',
    'Invalid input: expected a scenario with a name',
  ),
  /** Undefined for a run of its own. */
  experiment: z.custom<ExperimentNote>((note) => typeof note === 'object').optional(),
  versions: z.object({
    rubinAlertSim: z.string(),
    node: z.string(),
    librdkafka: z.string(),
    /** The commit of this program's clone; null where it is not a clone. */
    commit: z.string().nullable(),
  }),
  /** The load generator's machine. */
  host: z.record(z.string(), z.unknown()),
  /** Settings as the cluster reports them, if they differ from its defaults. */
  cluster: z.object({
    /** Of the stream's topic. */
    stream: settings,
    /** Of the reservoir's topic. */
    reservoir: settings,
    /** By broker id. */
    brokers: z.record(z.string(), settings),
    /** What could not be read back, and why. */
    unread: texts,
  }),
  /**
   * Always true: acknowledgements come in batches, with librdkafka's own latency. Earlier versions had
   * another way.
   */
  batchedAcknowledgements: z.boolean().optional(),
  /**
   * Source of the brokers' metrics; null where there were none, undefined in runs from before they were read.
   */
  brokerFigures: z
    .object({
      how: z.string(),
      /** `host:port`. */
      addresses: texts,
      intervalSeconds: z.number(),
    })
    .nullable()
    .optional(),
});

export type Manifest = Immutable<Omit<z.output<typeof manifestShape>, 'scenario' | 'experiment'>> & {
  readonly scenario: RecordedPlan;
  readonly experiment?: ExperimentNote | undefined;
};

/** Where the brokers' own metrics of a run came from. */
export type BrokerMetricSource = NonNullable<Manifest['brokerFigures']>;

/** A line of `intervals.ndjson`: about a second of the run. */
export const intervalShape = z.object({
  /** End of the interval. */
  time,
  /** After the run's start. */
  startSeconds: z.number(),
  seconds: z.number(),
  /** Null while consumers catch up. */
  phase: z.string().nullable(),
  /** Messages due; null flat out, or where nothing is due. */
  targetPerSecond: maybeNumber,
  /** Messages acknowledged. */
  achievedPerSecond: z.number(),
  /** Values handed over. */
  bytesPerSecond: z.number(),
  counts: z.object({ sent: z.number(), acked: z.number(), failed: z.number(), received: z.number() }),
  /** Messages without an answer at the interval's end. */
  inFlight: z.number(),
  /** Microseconds; those without a value are left out. */
  latency: latencies.partial(),
  /**
   * Number of values in log-spaced buckets, by their upper bound in microseconds, for a heat map; runs of
   * older versions have none.
   */
  buckets: z
    .object({
      scheduleLag: z.record(z.string(), z.number()),
      ack: z.record(z.string(), z.number()),
      response: z.record(z.string(), z.number()),
      endToEnd: z.record(z.string(), z.number()),
    })
    .partial()
    .default({}),
  /**
   * `endToEnd` of each group and of each phase whose messages it read, even after the phase; empty in version
   * 0.1.0.
   */
  read: z
    .array(
      z.object({
        group: z.string(),
        /** The phase that sent the messages. */
        phase: z.string(),
        /** From due to read, microseconds. */
        endToEnd: latency,
      }),
    )
    .default([]),
  /** Messages that each group has still to read. */
  lag: z.record(z.string(), z.number()),
  /** Groups that are not ours, by their names in the scenario; empty in version 0.1.0. */
  watched: z.record(z.string(), watchedInterval).default({}),
  /** Use of the whole process, librdkafka's threads included; null in runs from before it was recorded. */
  harness: z
    .object({
      /** CPU seconds per second: 1 is one core. */
      cpuCores: z.number(),
      /** At the interval's end. */
      rssBytes: z.number(),
    })
    .nullable()
    .default(null),
  /** Each worker's thread since its last report. */
  workers: z.record(
    z.string(),
    z.object({
      eventLoopDelayP99Us: z.number(),
      /** 0 to 1; waiting asleep for a due time counts as busy. */
      eventLoopUtilization: z.number(),
      /**
       * CPU seconds of the thread per second, without librdkafka's own threads: 1 is one core; null where the
       * system does not report it, and in runs from before it was recorded.
       */
      cpuCores: maybeNumber.default(null),
      /** Time in which librdkafka's queue was full and an alert had to wait. */
      queueFullSeconds: z.number(),
      /** Time in which an alert was due, and not made or read yet; not in runs from before it was recorded. */
      awaitedSeconds: z.number().default(0),
      /** Of the whole process. */
      rssBytes: z.number(),
    }),
  ),
  /** Null where there are none. */
  broker: brokerFigures.nullable().default(null),
});

export type IntervalRecord = Immutable<z.output<typeof intervalShape>>;
export type GroupInterval = IntervalRecord['read'][number];
export type HarnessUse = NonNullable<IntervalRecord['harness']>;
export type WorkerHealth = IntervalRecord['workers'][string];

/** The name under which the latencies of a search's probe are kept, in memory and in `latency.hlog`. */
export function probeName(phase: string, number: number): string {
  return `${phase} probe ${number}`;
}
