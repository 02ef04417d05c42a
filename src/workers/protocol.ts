import type { MessagePort } from 'node:worker_threads';
import type { SyntheticOptions } from '../alerts/synthetic/options.js';
import type { Disorder } from '../alerts/timeOrder.js';
import type { ErrorCode } from '../errors.js';
import type { ClientProperties, ConnectionOptions } from '../kafka/settings.js';
import type { AckGap } from '../measure/ackGaps.js';
import type { WorkerHealth } from '../measure/interval.js';
import type { ReadSample } from '../measure/backlog.js';
import type { EncodedInterval } from '../measure/latencySet.js';
import type { ProducerAccount, ReceiverAccount } from '../measure/ledger.js';
import type { ReadPosition } from '../measure/unread.js';
import type { ConstantPacing, Pacing } from '../schedule/pacing.js';
import type { ReservoirShare } from './reservoirReader.js';

/** What every task of the pool has: who it is, how to talk, and how to be stopped. */
export interface TaskBase {
  /** The worker's name in messages and results: `replay 1`. */
  readonly name: string;
  /** The way to the coordinator and back. */
  readonly port: MessagePort;
  /** The memory of the run's control flags. */
  readonly control: SharedArrayBuffer;
  /** How to reach the cluster. */
  readonly connection: ConnectionOptions;
  /** How long anything may go on without progress, milliseconds. */
  readonly timeoutMs: number;
}

/** What a task has that puts due times on messages, or reads them. */
export interface OnCommonClock {
  /** The clock that all machines have in common − this machine's monotonic clock, nanoseconds; 0 on one machine. */
  readonly commonClockNs: number;
}

/** Where the alerts of a preload come from. */
export type PreloadSource =
  | {
      /** Discriminates the union. */
      readonly kind: 'file';
      /** The container. */
      readonly path: string;
      /** Microseconds since MJD 0 of its first alert. */
      readonly firstUs: number;
      /** How many alerts it has. */
      readonly alerts: number;
    }
  | {
      /** Discriminates the union. */
      readonly kind: 'synthetic';
      /** What is generated. */
      readonly options: Partial<SyntheticOptions>;
      /** How many alerts that makes. */
      readonly alerts: number;
    }
  | {
      /** Discriminates the union. */
      readonly kind: 'payload';
      /** Size of every message's value, bytes. */
      readonly bytes: number;
      /** The seed of its random bytes. */
      readonly seed: number;
      /** How many different values are made. */
      readonly alerts: number;
    };

/** Fills some partitions of a reservoir. */
export interface PreloadTask extends TaskBase {
  /** Discriminates the union. */
  readonly kind: 'preload';
  /** The reservoir. */
  readonly topic: string;
  /** How many partitions it has. */
  readonly partitions: number;
  /** Which worker of how many this is: it fills the partitions p with p mod of = index. */
  readonly share: { readonly index: number; readonly of: number };
  /** The alerts. */
  readonly source: PreloadSource;
  /** Tells these alerts from others; it is noted on each of them, unless it is undefined. */
  readonly fingerprint: string | undefined;
  /** The schema id of the wire format. */
  readonly schemaId: number;
  /** Whether it is noted on each alert where its ids and times lie, for phases that rewrite them. */
  readonly notePlaces: boolean;
}

/** How far a preload worker is. */
export interface PreloadProgress {
  /** Alerts that the broker acknowledged. */
  readonly alerts: number;
  /** Bytes of the values that were handed over, frames included. */
  readonly bytes: number;
  /** Seconds since it began to read. */
  readonly seconds: number;
  /** Those of its alerts that are not in order of time; undefined where all are. */
  readonly disorder: Disorder | undefined;
}

/** One stretch of the load, as a lane is told of it. */
export interface LanePhase {
  /** Its name. */
  readonly name: string;
  /** Its rule. */
  readonly pacing: Pacing;
}

/** Replays its share of a reservoir into the stream. */
export interface ReplayTask extends TaskBase, OnCommonClock {
  /** Discriminates the union. */
  readonly kind: 'replay';
  /** The reservoir. */
  readonly reservoirTopic: string;
  /** This lane's share of it. */
  readonly shares: readonly ReservoirShare[];
  /** The stream. */
  readonly streamTopic: string;
  /** How many partitions the stream has. */
  readonly streamPartitions: number;
  /** librdkafka properties of the producer. */
  readonly properties: ClientProperties;
  /** All phases, the warm-up among them. */
  readonly phases: readonly LanePhase[];
  /** Which lane of how many this is, all machines together. */
  readonly lane: { readonly index: number; readonly of: number };
  /** The run, for the stamp; undefined where nobody reads stamps. */
  readonly run: number | undefined;
  /** Microseconds from the first to the last alert of the whole reservoir: how far a further pass is shifted. */
  readonly spanUs: number;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer gives it. */
  readonly producerTimestamp: boolean;
  /** How many bytes of alerts are kept in memory. */
  readonly memoryBytes: number;
  /** Whether each alert is flushed before the next one is sent, as Rubin's own producer does. */
  readonly flushEach: boolean;
}

/** Reads the stream as a member of a group. */
export interface ConsumeTask extends TaskBase, OnCommonClock {
  /** Discriminates the union. */
  readonly kind: 'consume';
  /** The stream. */
  readonly topic: string;
  /** The group's id. */
  readonly group: string;
  /** librdkafka properties of the consumer. */
  readonly properties: ClientProperties;
  /** The run whose stamps count. */
  readonly run: number;
  /** The most messages it reads in a second; undefined for no limit. */
  readonly maxPerSecond: number | undefined;
  /** How long after the load's start it joins, nanoseconds. */
  readonly startAfterNs: number;
  /** The first offset of each partition of the stream that is the run's. */
  readonly starts: readonly number[];
}

/** What a thread of the pool is asked to do. */
export type WorkerTask = PreloadTask | ReplayTask | ConsumeTask;

/** One rate of a search: its phase number is given for it alone, and stands for the stretch that is judged. */
export interface ProbeOrder {
  /** The rate, over both stretches. */
  readonly pacing: ConstantPacing;
  /** How long after the start it is judged, nanoseconds. */
  readonly settleNs: number;
  /** The number for all that is not judged: what is due before, and what is told of before and after. */
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
  /** There is no further phase: disconnect and return. */
  | { readonly type: 'end' };

/** Counts of a lane since it last told. */
export interface LaneCounts {
  /** Handed to librdkafka. */
  readonly sent: number;
  /** Acknowledged. */
  readonly acked: number;
  /** Failed. */
  readonly failed: number;
  /** Bytes of the values that were handed over. */
  readonly bytes: number;
  /** Those that failed by librdkafka's error code, in the order in which the errors came. */
  readonly failures: readonly FailedMessages[];
}

/** How many messages failed with one error of librdkafka's. */
export type FailedMessages = readonly [code: number, count: number];

/** From a worker to the coordinator. */
export type FromWorker =
  /** Connected, and ready for the first phase. */
  | {
      readonly type: 'ready';
      readonly alertsInMemory: number;
      readonly alertsOfShare: number;
    }
  /** On its way to be ready: told after each step, and each second of a long one, so that a hang can be told from it. */
  | { readonly type: 'preparing' }
  /** A preload's progress. */
  | ({ readonly type: 'preloaded' } & PreloadProgress)
  /** What a lane did since it last told: about each second, and at the end of a phase. */
  | {
      readonly type: 'lane';
      readonly phase: number;
      /** What it did until then, nanoseconds of the monotonic clock. */
      readonly untilNs: number;
      readonly counts: LaneCounts;
      /** Stretches without acknowledgements, on the monotonic clock, found since it last told. */
      readonly gaps: readonly AckGap[];
      readonly inFlight: number;
      readonly latencies: EncodedInterval;
      readonly health: WorkerHealth;
    }
  /** A lane has ended a phase and has every answer to it. */
  | {
      readonly type: 'phaseDone';
      readonly phase: number;
      readonly scheduled: number;
      readonly endNs: number;
      /** It has not every answer, since the broker gives none any more: no further phase is to begin. */
      readonly gaveUp?: true;
    }
  /** What a member read since it last told. */
  | {
      readonly type: 'member';
      readonly group: string;
      readonly received: number;
      readonly bytes: number;
      readonly lag: number;
      readonly assignedPartitions: number;
      readonly latencies: EncodedInterval;
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
      /** Where its reading stands in the partitions that it has read of. */
      readonly positions: readonly ReadPosition[];
    }
  /** The worker gives up, for this reason. */
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };
