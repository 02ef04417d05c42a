import { z } from 'zod';
import { backlog, expectation, type Immutable, type Verdict } from './values.js';

/**
 * Findings about a run as data only. Their words are made in `report/words.ts`; a new kind is a new shape
 * here, its place in {@link finding} and in {@link effectOf}, and its sentence there.
 */

/**
 * The cause of lateness: the harness itself, or the broker, because it pushed back (`pushedBack`) or
 * acknowledged nothing (`outage`); or of no weight, because it is small beside the response time
 * (`immaterial`), the 99th percentile of so few messages is one of them (`fewMessages`), or nothing that the
 * scenario asks for depends on it (`irrelevant`).
 */
const lateness = z.enum(['harness', 'pushedBack', 'outage', 'immaterial', 'fewMessages', 'irrelevant']);

/** `late` messages were handed over later than the limit allows. */
const lateHarness = z.object({
  kind: z.literal('lateHarness'),
  phase: z.string(),
  invalidates: z.boolean(),
  because: lateness,
  lagP99Us: z.number(),
  limitUs: z.number(),
  responseP99Us: z.number().nullable(),
  late: z.number(),
  messages: z.number(),
});

/** librdkafka's queue was full for a share of the phase: the broker did not keep up. */
const clientQueueFull = z.object({
  kind: z.literal('clientQueueFull'),
  phase: z.string(),
  invalidates: z.literal(false),
  share: z.number(),
});

/** For a share of the phase an alert was due, and not made or read yet. */
const alertsAwaited = z.object({
  kind: z.literal('alertsAwaited'),
  phase: z.string(),
  invalidates: z.literal(false),
  share: z.number(),
});

/** Messages were due and not sent, and the broker was not the reason. */
const unsentMessages = z.object({
  kind: z.literal('unsentMessages'),
  phase: z.string(),
  invalidates: z.literal(true),
  unsent: z.number(),
  scheduled: z.number(),
});

/** A worker's event loop was blocked for longer than the limit allows. */
const blockedEventLoop = z.object({
  kind: z.literal('blockedEventLoop'),
  phase: z.string(),
  invalidates: z.boolean(),
  worker: z.string(),
  delayP99Us: z.number(),
  limitUs: z.number(),
});

/** librdkafka's number and name, such as 10 and `MSG_SIZE_TOO_LARGE`. */
const kafkaError = z.object({ code: z.number(), name: z.string() });

/** Messages of a phase failed with one error. */
const messagesFailed = z.object({
  kind: z.literal('messagesFailed'),
  phase: z.string(),
  error: kafkaError,
  count: z.number(),
});

/**
 * The broker acknowledged nothing in some partitions for more than a second, though messages were in flight.
 * It lasts from the last acknowledgement, or from when the first message that waited was handed over, to the
 * next one, or to the end of the phase. `recoveredAfterMs` is from then on until messages were acknowledged
 * as fast as before; null where that was not seen.
 */
const outage = z.object({
  kind: z.literal('outage'),
  phase: z.string(),
  startedAt: z.string(),
  lengthMs: z.number(),
  recoveredAfterMs: z.number().nullable(),
  partitions: z.object({ silent: z.number(), of: z.number() }),
});

/** A broker started so shortly before the first measured phase that its JVM was not warm. */
const freshBroker = z.object({ kind: z.literal('freshBroker'), broker: z.string(), ageSeconds: z.number() });

/**
 * Other programs kept this machine busy during a phase: cores that they used and that were idle, on average;
 * the highest load average of a minute; the share of time in which some program waited for a core, null where
 * the system does not report it. `withoutBrokers` is false where brokers may run here whose processes are
 * unknown: they count as others then.
 */
const machineLoad = z.object({
  kind: z.literal('machineLoad'),
  phase: z.string(),
  cores: z.number(),
  otherCores: z.number(),
  /** Of programs that the run started as consumers; left out without any. */
  consumerCores: z.number().optional(),
  idleCores: z.number(),
  loadAverage: z.number(),
  cpuWaitShare: z.number().nullable(),
  withoutBrokers: z.boolean(),
});

/** A worker did not end well, and ended the load. */
const workerFailed = z.object({
  kind: z.literal('workerFailed'),
  worker: z.string(),
  /** The machine of a run on several. */
  shard: z.number().nullable(),
  /** The code of its error. */
  code: z.string(),
  /** Its error. */
  message: z.string(),
});

/** The run took longer than its scenario allows, and was ended. */
const runTooLong = z.object({ kind: z.literal('runTooLong'), limitSeconds: z.number() });

/** So many of the measured messages failed; `errors` by librdkafka's codes, where they are known. */
const deliveryFailed = z.object({
  kind: z.literal('deliveryFailed'),
  count: z.number(),
  errors: z.array(z.object({ error: kafkaError, count: z.number() })),
});

/** What became of these messages is unknown: the worker that had them died. */
const messagesUnknown = z.object({
  kind: z.literal('messagesUnknown'),
  unknown: z.number(),
  scheduled: z.number(),
});

/**
 * A group did not read acknowledged messages, `unmeasured` of them outside of what is measured. `behind` is
 * how many messages of the stream it had still to read: the lost ones among them were late, the others are
 * missing; null where that was not looked up. `drainSeconds` is how long it had after the load; null where
 * the run was interrupted.
 */
const messagesUnread = z.object({
  kind: z.literal('messagesUnread'),
  group: z.string(),
  lost: z.number(),
  unmeasured: z.number(),
  behind: z.number().nullable(),
  drainSeconds: z.number().nullable(),
});

/** A worker died before it reported what it had read. */
const readingUnknown = z.object({ kind: z.literal('readingUnknown') });

const nothingAcknowledged = z.object({ kind: z.literal('nothingAcknowledged') });

/** A search found no rate: the harness was the limit, or the broker never held one for certain. */
const searchFailed = z.object({
  kind: z.literal('searchFailed'),
  phase: z.string(),
  outcome: z.enum(['harness', 'below', 'unstable', 'unfinished']),
});

/** A group had not caught up when a catch-up ended. */
const catchUpUnfinished = z.object({
  kind: z.literal('catchUpUnfinished'),
  phase: z.string(),
  group: z.string(),
  leftBehind: z.number(),
});

/** A group read, or committed, so many messages while its backlog was made: it had not stopped. */
const backlogRead = z.object({
  kind: z.literal('backlogRead'),
  phase: z.string(),
  group: z.string(),
  read: z.number(),
});

/** The stream's retention deleted messages of the run, which no group could read any more. */
const backlogDeleted = z.object({ kind: z.literal('backlogDeleted'), messages: z.number() });

const expectationFailed = z.object({ kind: z.literal('expectationFailed'), expectation });

/** A watched group could not be read even once. */
const groupUnseen = z.object({ kind: z.literal('groupUnseen'), group: z.string() });

/**
 * A watched group committed nothing at all, although there was something to commit; or `watch` saw nothing of it that
 * shows that it exists.
 */
const groupNeverCommitted = z.object({
  kind: z.literal('groupNeverCommitted'),
  group: z.string(),
  uncommitted: z.number(),
  /** Null where they could not be read. */
  membersMax: z.number().nullable(),
});

/**
 * A watched group had not committed everything when the drain was over. It fails a run, unless the scenario
 * has an expectation about the group. `drainSeconds` is null where the group was not waited for so long: the run
 * was interrupted, or none of its programs was left.
 */
const messagesUncommitted = z.object({
  kind: z.literal('messagesUncommitted'),
  fails: z.boolean(),
  group: z.string(),
  uncommitted: z.number(),
  committed: z.number(),
  drainSeconds: z.number().nullable(),
});

const strayPartitions = z.array(z.object({ partition: z.number(), messages: z.number() }));

/** A watched group's commits were beyond the end of partitions, so nothing is known of what it read there. */
const offsetsBeyondEnd = z.object({
  kind: z.literal('offsetsBeyondEnd'),
  group: z.string(),
  partitions: strayPartitions,
});

/** A watched group's commits went back in some partitions, by so many messages in all. */
const offsetsMovedBack = z.object({
  kind: z.literal('offsetsMovedBack'),
  group: z.string(),
  partitions: strayPartitions,
});

/** The lag of a watched group grew through a phase; both lags are those at its end. */
const lagGrew = z.object({
  kind: z.literal('lagGrew'),
  phase: z.string(),
  backlog,
  lagMessages: z.number(),
  lagSeconds: z.number().nullable(),
});

/**
 * Partitions of a watched group that are far behind the others. `waitSeconds` is the mean time from when an
 * alert came in until it was committed, and of the others the median.
 */
const slowPartitions = z.object({
  kind: z.literal('slowPartitions'),
  group: z.string(),
  groupId: z.string(),
  /** Partitions with messages. */
  of: z.number(),
  partitions: z.array(
    z.object({
      partition: z.number(),
      waitSeconds: z.number(),
      maxLag: z.number(),
      maxLagSeconds: z.number().nullable(),
    }),
  ),
  others: z.object({ waitSeconds: z.number(), maxLag: z.number() }),
});

/** A watched group had no members for some of the seconds of the load. */
const groupWithoutMembers = z.object({
  kind: z.literal('groupWithoutMembers'),
  group: z.string(),
  withoutMembers: z.number(),
  seconds: z.number(),
});

const groupRebalanced = z.object({
  kind: z.literal('groupRebalanced'),
  group: z.string(),
  rebalances: z.number(),
});

/**
 * A watched group committed nothing for a time, although messages waited, and then went on. `usualSeconds` is the
 * median time between two of its commits; null below two.
 */
const groupStoodStill = z.object({
  kind: z.literal('groupStoodStill'),
  group: z.string(),
  times: z.number(),
  longestSeconds: z.number(),
  usualSeconds: z.number().nullable(),
});

const groupFinding = z.discriminatedUnion('kind', [
  groupUnseen,
  groupNeverCommitted,
  messagesUncommitted,
  offsetsBeyondEnd,
  offsetsMovedBack,
  lagGrew,
  slowPartitions,
  groupStoodStill,
  groupWithoutMembers,
  groupRebalanced,
]);

/** How a program that the run started as a consumer ended. */
const consumerExit = {
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  /** Of its output. */
  lastLines: z.array(z.string()),
  /** Its output, in the run folder. */
  log: z.string(),
};

/**
 * A program that the run started did not become a member of its group: nothing was sent. `member` is the one
 * that ended before; null where the time for that was over.
 */
const consumerNotReady = z.object({
  kind: z.literal('consumerNotReady'),
  group: z.string(),
  /** Members that the group had, of those that were waited for; null where it is not known. */
  members: z.number().nullable(),
  of: z.number(),
  seconds: z.number(),
  member: z.number().nullable(),
  ...consumerExit,
});

/**
 * A program that the run started ended before it was asked to, `times` in all: the first time is described.
 * It fails the run, unless it ended well or was started again.
 */
const consumerEnded = z.object({
  kind: z.literal('consumerEnded'),
  fails: z.boolean(),
  group: z.string(),
  member: z.number(),
  times: z.number(),
  restarts: z.number(),
  at: z.string(),
  uptimeSeconds: z.number(),
  /** Messages of the run that its group had committed then; null where it is not known. */
  committed: z.number().nullable(),
  ...consumerExit,
});

/** The memory of a program that the run started grew all the time, and did not level off. */
const consumerMemoryGrew = z.object({
  kind: z.literal('consumerMemoryGrew'),
  group: z.string(),
  member: z.number(),
  fromBytes: z.number(),
  toBytes: z.number(),
  seconds: z.number(),
  /** Null where that was too short for an hour. */
  bytesPerHour: z.number().nullable(),
});

/** A program that the run started did not end when it was asked to, and was killed. */
const consumerKilled = z.object({
  kind: z.literal('consumerKilled'),
  group: z.string(),
  member: z.number(),
});

const consumerFinding = z.discriminatedUnion('kind', [
  consumerNotReady,
  consumerEnded,
  consumerMemoryGrew,
  consumerKilled,
]);

/** A reason that a run of an older version kept as a sentence only; see `older.ts`. */
const olderReason = z.object({
  kind: z.literal('olderReason'),
  text: z.string(),
  /** Whether the run measured the broker all the same. */
  measured: z.boolean(),
});

const harnessFinding = z.discriminatedUnion('kind', [
  lateHarness,
  clientQueueFull,
  alertsAwaited,
  unsentMessages,
  blockedEventLoop,
]);

export const finding = z.discriminatedUnion('kind', [
  workerFailed,
  runTooLong,
  deliveryFailed,
  messagesUnknown,
  messagesUnread,
  readingUnknown,
  nothingAcknowledged,
  messagesFailed,
  outage,
  harnessFinding,
  freshBroker,
  machineLoad,
  groupFinding,
  consumerFinding,
  searchFailed,
  catchUpUnfinished,
  backlogRead,
  backlogDeleted,
  expectationFailed,
  olderReason,
]);

export type Finding = Immutable<z.output<typeof finding>>;

/** The run is inconclusive because of those with `invalidates`. */
export type HarnessFinding = Immutable<z.output<typeof harnessFinding>>;

/** About a consumer group that is not ours. */
export type GroupFinding = Immutable<z.output<typeof groupFinding>>;

/** About a program that the run started as a consumer. */
export type ConsumerFinding = Immutable<z.output<typeof consumerFinding>>;

export type LatenessReason = z.output<typeof lateness>;

export type FindingOf<Kind extends Finding['kind']> = Extract<Finding, { readonly kind: Kind }>;

/** A group had not read everything when it was no longer waited for. */
export const notCaughtUp = z.object({
  kind: z.literal('notCaughtUp'),
  /** How long it was waited for. */
  drainSeconds: z.number(),
  /** In the scenario; these three are left out by version 0.1.0. */
  group: z.string().optional(),
  /** Messages that it had still to read. */
  behind: z.number().optional(),
  readPerSecond: z.number().optional(),
});

/** Why a probe of a search did not hold. */
export const probeFinding = z.discriminatedUnion('kind', [
  deliveryFailed,
  z.object({ kind: z.literal('messagesUnsent'), count: z.number() }),
  expectationFailed,
  z.object({ kind: z.literal('backlogGrew'), backlog }),
  notCaughtUp,
  harnessFinding,
]);

export type ProbeFinding = Immutable<z.output<typeof probeFinding>>;

/**
 * What a finding does to the verdict: `fails` whoever was the limit; `invalidates`, unless it failed;
 * `misses`, unless it is invalid; or nothing.
 */
export function effectOf(finding: Finding): 'fails' | 'invalidates' | 'misses' | 'none' {
  switch (finding.kind) {
    case 'workerFailed':
    case 'runTooLong':
    case 'deliveryFailed':
    case 'messagesUnknown':
    case 'messagesUnread':
    case 'readingUnknown':
    case 'nothingAcknowledged':
    case 'groupUnseen':
    case 'groupNeverCommitted':
    case 'offsetsBeyondEnd':
    case 'consumerNotReady':
    case 'olderReason':
      return 'fails';
    case 'messagesUncommitted':
    case 'consumerEnded':
      return finding.fails ? 'fails' : 'none';
    case 'searchFailed':
      return finding.outcome === 'harness' ? 'invalidates' : 'misses';
    case 'expectationFailed':
    case 'catchUpUnfinished':
      return 'misses';
    case 'backlogRead':
    case 'backlogDeleted':
      return 'fails';
    case 'lateHarness':
    case 'clientQueueFull':
    case 'alertsAwaited':
    case 'unsentMessages':
    case 'blockedEventLoop':
      return finding.invalidates ? 'invalidates' : 'none';
    case 'messagesFailed':
    case 'outage':
    case 'freshBroker':
    case 'machineLoad':
    case 'offsetsMovedBack':
    case 'lagGrew':
    case 'slowPartitions':
    case 'groupStoodStill':
    case 'groupWithoutMembers':
    case 'groupRebalanced':
    case 'consumerMemoryGrew':
    case 'consumerKilled':
      return 'none';
  }
}

/** The findings that a verdict is made of, in order: `reasons` has a sentence for each. */
export function reasonsOf(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((one) => effectOf(one) !== 'none');
}

/** The findings of the load generator about itself, whether they decide or not. */
export function selfCheckOf(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    (one) => 'invalidates' in one || (one.kind === 'searchFailed' && one.outcome === 'harness'),
  );
}

/**
 * The verdict: an interrupted run stays one whatever it measured; a worker that did not end well, failed or
 * lost messages, and nothing acknowledged at all are failures whoever was the limit; where the load generator
 * was the limit the run is invalid, whether its expectations held or not.
 */
export function verdictOf(interrupted: boolean, findings: readonly Finding[]): Verdict {
  if (interrupted) return 'interrupted';
  const effects = findings.map(effectOf);
  if (effects.includes('fails')) return 'failed';
  if (effects.includes('invalidates')) return 'invalid';
  return effects.includes('misses') ? 'failed' : 'passed';
}

/**
 * Whether a run counts as a measurement of the broker. One that the load generator limited, that was cut
 * short or whose workers died measured something else. One that failed its expectations or lost messages did
 * measure the broker.
 */
export function isMeasurement(verdict: Verdict, findings: readonly Finding[]): boolean {
  if (verdict !== 'failed') return verdict === 'passed';
  return reasonsOf(findings).every(
    (one) =>
      one.kind === 'deliveryFailed' ||
      one.kind === 'messagesUnread' ||
      one.kind === 'messagesUncommitted' ||
      one.kind === 'groupNeverCommitted' ||
      one.kind === 'expectationFailed' ||
      (one.kind === 'olderReason' && one.measured),
  );
}
