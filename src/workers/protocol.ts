import type { MessagePort } from 'node:worker_threads';
import type { SyntheticOptions } from '../alerts/synthetic/options.js';
import type { InputFile } from '../alerts/sources/alertReader.js';
import type { ReadingPlan } from '../alerts/sources/reading.js';
import type { Disorder } from '../alerts/timeOrder.js';
import type { ErrorCode } from '../errors.js';
import type { ClientProperties, ConnectionOptions } from '../kafka/settings.js';
import type { TimeRange } from '../kafka/topicReader.js';
import type { Watermarks } from '../kafka/topics.js';
import type { AckGap } from '../measure/ackGaps.js';
import type { ReadSample } from '../measure/backlog.js';
import type { LatencyInterval } from '../measure/latencySet.js';
import type { ProducerAccount, ReceiverAccount } from '../measure/ledger.js';
import type { ReadPosition } from '../measure/unread.js';
import type { Pacing, ProbePacing } from '../schedule/pacing.js';
import type { ReservoirShare } from './reservoirReader.js';
import type { WorkerHealth } from '../results/runFolder.js';

/** Common to all tasks of the pool. */
export interface TaskBase {
  /** In messages and results: `replay 1`. */
  readonly name: string;
  /** The way to the coordinator and back. */
  readonly port: MessagePort;
  /** The memory of the run's control flags. */
  readonly control: SharedArrayBuffer;
  readonly connection: ConnectionOptions;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
}

/** Tasks that write or read due times. */
export interface OnCommonClock {
  /** The clock that all machines have in common − this machine's monotonic clock; 0 on one machine. */
  readonly commonClockNs: number;
}

/** Where the alerts of a preload come from. */
/** A schema of framed alerts, and the id that they have without a registry. */
export interface FramedSchema {
  readonly text: string;
  readonly ownId: number;
}

/** Schema ids of a registry by the text of the schema. */
export type SchemaIds = readonly (readonly [string, number])[];

export type PreloadSource =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Since MJD 0, of its first alert. */
      readonly firstUs: number;
      readonly alerts: number;
    }
  /** Files of any kind, which are read anew. */
  | {
      readonly kind: 'files';
      readonly files: readonly InputFile[];
      readonly reading: ReadingPlan;
      /** Since MJD 0, of the first alert that is sent. */
      readonly firstUs: number;
      readonly alerts: number;
      /**
       * The place among those that are sent, of each alert in the order in which they are found; undefined
       * where that is the same.
       */
      readonly ranks: Uint32Array | undefined;
      readonly framed: readonly FramedSchema[];
    }
  /** Alerts that were sorted into a temporary file. */
  | {
      readonly kind: 'sorted';
      readonly path: string;
      readonly reading: ReadingPlan;
      readonly schemaTexts: readonly string[];
      readonly framed: readonly FramedSchema[];
      readonly firstUs: number;
      readonly alerts: number;
    }
  /** Messages as they were recorded, into the partitions that they had. */
  | {
      readonly kind: 'recording';
      readonly path: string;
      /** Of the topic that was recorded; as many as the reservoir has. */
      readonly partitions: number;
      /** The earliest timestamp, since 1970. */
      readonly firstMs: number;
      readonly alerts: number;
    }
  /** Messages of a topic, into the partitions that they have. */
  | {
      readonly kind: 'topic';
      readonly connection: ConnectionOptions;
      readonly topic: string;
      /** First and next offset of each partition. */
      readonly watermarks: readonly Watermarks[];
      readonly range: TimeRange;
      /** Messages of each partition. */
      readonly counts: readonly number[];
      /** The earliest timestamp, since 1970. */
      readonly firstMs: number;
      readonly alerts: number;
    }
  | {
      readonly kind: 'synthetic';
      readonly options: Partial<SyntheticOptions>;
      readonly alerts: number;
    }
  | {
      readonly kind: 'payload';
      /** Size of every message's value. */
      readonly bytes: number;
      /** Of its random bytes. */
      readonly seed: number;
      /** Number of different values. */
      readonly alerts: number;
    };

/** Fills some partitions of a reservoir. */
export interface PreloadTask extends TaskBase {
  readonly kind: 'preload';
  readonly topic: string;
  readonly partitions: number;
  /** It fills the partitions p with p mod of = index. */
  readonly share: { readonly index: number; readonly of: number };
  readonly source: PreloadSource;
  /** Identifies these alerts; noted on each of them, unless it is undefined. */
  readonly fingerprint: string | undefined;
  /** Of the wire format, for all alerts; undefined: each alert's own. */
  readonly schemaId: number | undefined;
  /** Of alerts whose own id is not that of a registry. */
  readonly schemaIds?: SchemaIds | undefined;
  /** Whether each alert gets a note where its ids and times lie, for phases that rewrite them. */
  readonly notePlaces: boolean;
}

export interface PreloadProgress {
  /** Acknowledged by the broker. */
  readonly alerts: number;
  /** Of the values that were handed over, frames included. */
  readonly bytes: number;
  /** Since it began to read. */
  readonly seconds: number;
  /** Undefined where all of its alerts are in order of time. */
  readonly disorder: Disorder | undefined;
}

/** One stretch of the load, as a producer gets it. */
export interface LoadPhase {
  readonly name: string;
  readonly pacing: Pacing;
}

/** What is special about what a replay reads, where it is not a plain reservoir. */
export interface ReplaySource {
  /** Undefined for the stream's own cluster. */
  readonly connection: ConnectionOptions | undefined;
  /** Of a topic that is no reservoir: the timestamp, since 1970, that is the beginning. */
  readonly firstMs: number | undefined;
  /** Messages of other times are left out. */
  readonly range?: TimeRange | undefined;
  /** Whether messages are sent into the partitions that they come from. */
  readonly keepsPartitions: boolean;
}

/** Alerts that are made while they are sent, each of them once, instead of being read from a reservoir. */
export type AheadAlerts =
  | {
      readonly kind: 'synthetic';
      readonly options: Partial<SyntheticOptions>;
      /** Of the wire format. */
      readonly schemaId: number;
    }
  /** Files of any kind, in their order, pass after pass, with new ids, and the times and numbers of their visits. */
  | {
      readonly kind: 'files';
      readonly files: readonly InputFile[];
      readonly reading: ReadingPlan;
      /** Of the wire format, for all alerts; undefined: each alert's own. */
      readonly schemaId: number | undefined;
      readonly schemaIds: SchemaIds;
      readonly visits: {
        readonly alerts: number;
        readonly cadenceSeconds: number;
        /** When the visit with the number 0 is, MJD in TAI. */
        readonly startMjd: number;
      };
    };

/** How a producer gets alerts that are made while they are sent. */
export interface AheadPlan {
  readonly alerts: AheadAlerts;
  /** Of the first one that is sent. */
  readonly firstIndex: number;
  /** That make them, for each producer. */
  readonly threads: number;
  /** What is made ahead, for each producer. */
  readonly bufferBytes: number;
  /** How long to wait before the first phase until half of that is made. */
  readonly fillMs: number;
  /** How late an alert may be sent; one that would be later is left out. Infinity: every one is sent. */
  readonly mostLateNs: number;
}

/** Replays its share of a reservoir into the stream. */
export interface ReplayTask extends TaskBase, OnCommonClock {
  readonly kind: 'replay';
  readonly reservoirTopic: string;
  readonly source?: ReplaySource | undefined;
  /** Instead of the reservoir. */
  readonly ahead?: AheadPlan | undefined;
  /** This producer's share of it. */
  readonly shares: readonly ReservoirShare[];
  readonly streamTopic: string;
  readonly streamPartitions: number;
  /** Of the producer. */
  readonly properties: ClientProperties;
  /** The warm-up included. */
  readonly phases: readonly LoadPhase[];
  /** Among all machines. */
  readonly producer: { readonly index: number; readonly of: number };
  /** For the stamp; undefined where stamps are not read. */
  readonly run: number | undefined;
  /** From the first to the last alert of the whole reservoir: how far a further pass is shifted. */
  readonly spanUs: number;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer adds it. */
  readonly producerTimestamp: boolean;
  /** Limit of the alerts that are kept in memory. */
  readonly memoryBytes: number;
  /** Whether each alert is flushed before the next one is sent, as Rubin's own producer does. */
  readonly flushEach: boolean;
  /** Whether the last phase may be ordered again. */
  readonly repeats: boolean;
  /** Whether the first message that fails ends the load. */
  readonly endsAtFailure: boolean;
  /** Whether it reports which offsets were due when, for groups that are watched by what they commit. */
  readonly notesDue: boolean;
  /** Whether a broker that answers nothing is waited for, for as long as it takes. */
  readonly waitsForBroker: boolean;
}

/** Reads the stream as a member of a group. */
export interface ConsumeTask extends TaskBase, OnCommonClock {
  readonly kind: 'consume';
  /** The stream. */
  readonly topic: string;
  readonly group: string;
  /** Of the consumer. */
  readonly properties: ClientProperties;
  /** The run whose stamps count. */
  readonly run: number;
  /** Undefined for no limit. */
  readonly maxPerSecond: number | undefined;
  /** How long after the load's start it joins. */
  readonly startAfterNs: number;
  /** The run's first offset of each partition of the stream. */
  readonly starts: readonly number[];
}

export type WorkerTask = PreloadTask | ReplayTask | ConsumeTask;

/**
 * One rate of a search: its phase number is given for it alone, and is that of the stretch that is judged.
 */
export interface ProbeOrder {
  /** Over both stretches. */
  readonly pacing: ProbePacing;
  /** How long both of them are. */
  readonly lengthNs: number;
  /** How long after the start it is judged. */
  readonly settleNs: number;
  /** The number for all that is not judged: what is due before, and what is reported before and after. */
  readonly besidePhase: number;
}

/** From the coordinator to a worker. */
export type ToWorker =
  /** Begin a phase at an instant of the machine's monotonic clock; with a probe, one rate of a search. */
  | {
      readonly type: 'phase';
      readonly phase: number;
      readonly startNs: number;
      readonly probe?: ProbeOrder | undefined;
    }
  /** To a consumer: read nothing until it is told to; then report ten times a second until the next phase. */
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** There is no further phase: disconnect and return. */
  | { readonly type: 'end' };

/** Counts of a producer since its last report. */
export interface SentCounts {
  /** Handed to librdkafka. */
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
  /** Of the values that were handed over. */
  readonly bytes: number;
  /** Left out, because they would have been sent too late. */
  readonly missed?: number;
  /** By librdkafka's error code, in the order in which the errors came. */
  readonly failures: readonly FailedMessages[];
}

/** Number of messages that failed with one error of librdkafka's. */
export type FailedMessages = readonly [code: number, count: number];

/** From a worker to the coordinator. */
export type FromWorker =
  /** Connected, and ready for the first phase. */
  | {
      readonly type: 'ready';
      readonly alertsInMemory: number;
      readonly alertsOfShare: number;
    }
  /** Not ready yet: sent after each step, and each second of a long one, to distinguish it from a hang. */
  | { readonly type: 'preparing' }
  | ({ readonly type: 'preloaded' } & PreloadProgress)
  /** A producer's report: about each second, and at the end of a phase. */
  | {
      readonly type: 'producer';
      readonly phase: number;
      /** End of the reported time, on the monotonic clock. */
      readonly untilNs: number;
      readonly counts: SentCounts;
      /** Stretches without acknowledgements, on the monotonic clock, found since the last report. */
      readonly gaps: readonly AckGap[];
      readonly inFlight: number;
      readonly latencies: LatencyInterval;
      readonly health: WorkerHealth;
      /**
       * When messages were due: partition, offset, and microseconds before the end of the reported time, in turn;
       * undefined where no one asked.
       */
      readonly duePoints?: readonly number[] | undefined;
      /** Of the alerts that it sends by their recorded times, as far as they were read. */
      readonly disorder?: Disorder | undefined;
    }
  /** A producer has ended a phase and has every answer to it. */
  | {
      readonly type: 'phaseDone';
      readonly phase: number;
      readonly scheduled: number;
      readonly endNs: number;
      /** Some answers are missing, because the broker gives none any more: no further phase may begin. */
      readonly gaveUp?: true;
    }
  /** What a member read since its last report. */
  | {
      readonly type: 'consumer';
      readonly group: string;
      readonly received: number;
      readonly bytes: number;
      readonly lag: number;
      readonly assignedPartitions: number;
      readonly latencies: LatencyInterval;
      readonly health: WorkerHealth;
      /** While a rate of a search is sent: what it read and when, for the probe of this number. */
      readonly reads?: { readonly phase: number; readonly samples: readonly ReadSample[] } | undefined;
    }
  /** The accounts for the ledger, at the end. */
  | { readonly type: 'sentAccount'; readonly account: ProducerAccount }
  | {
      readonly type: 'receivedAccount';
      readonly group: string;
      readonly account: ReceiverAccount;
      /** Its position in the partitions that it has read of. */
      readonly positions: readonly ReadPosition[];
    }
  /** The worker gives up, for this reason. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
