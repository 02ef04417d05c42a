import { z } from 'zod';

/**
 * Findings about a run as data only. Their words are made in `outputs/findingWords.ts`; a new kind is a new
 * shape here, its place in {@link finding}, and its sentence there.
 */

/**
 * The cause of lateness: the harness itself, or the broker, because it pushed back (`pushedBack`) or
 * acknowledged nothing (`outage`); or of no weight, because it is small beside the response time
 * (`immaterial`), or the 99th percentile of so few messages is one of them (`fewMessages`).
 */
const lateness = z.enum(['harness', 'pushedBack', 'outage', 'immaterial', 'fewMessages']);

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

/** Messages of a phase failed with one error: librdkafka's number and name, such as 10 and `MSG_SIZE_TOO_LARGE`. */
const messagesFailed = z.object({
  kind: z.literal('messagesFailed'),
  phase: z.string(),
  error: z.object({ code: z.number(), name: z.string() }),
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
  idleCores: z.number(),
  loadAverage: z.number(),
  cpuWaitShare: z.number().nullable(),
  withoutBrokers: z.boolean(),
});

const harnessFinding = z.discriminatedUnion('kind', [
  lateHarness,
  clientQueueFull,
  unsentMessages,
  blockedEventLoop,
]);

export const finding = z.discriminatedUnion('kind', [
  harnessFinding,
  messagesFailed,
  outage,
  freshBroker,
  machineLoad,
]);

export type Finding = Readonly<z.infer<typeof finding>>;

/** The run is inconclusive because of those with `invalidates`. */
export type HarnessFinding = Readonly<z.infer<typeof harnessFinding>>;

export type LatenessReason = z.infer<typeof lateness>;

export type FindingOf<Kind extends Finding['kind']> = Extract<Finding, { readonly kind: Kind }>;
