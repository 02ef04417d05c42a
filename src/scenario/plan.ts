import type { Pacing } from '../schedule/pacing.js';

/** A scenario with everything resolved: units, defaults, variables and overrides. Deeply frozen. */
export interface Plan {
  /** Part of the run folder's name. */
  readonly name: string;
  /** The variant of this plan; undefined for the scenario as it is. */
  readonly variant: string | undefined;
  readonly kafka: KafkaPlan;
  /** Undefined: that of the environment or beside a local broker, if there is one. */
  readonly registry: RegistryPlan | undefined;
  readonly alerts: AlertsPlan;
  readonly reservoir: ReservoirPlan;
  readonly stream: StreamPlan;
  readonly replay: ReplayPlan;
  readonly consumers: ConsumersPlan;
  readonly expect: readonly Expectation[];
  /** Empty in the plan of a variant. */
  readonly variants: readonly VariantPlan[];
  /** The local cluster of a comparison; what is absent follows the local broker's defaults. */
  readonly cluster: ClusterPlan;
  /** Of the local broker, in Kafka's spelling. */
  readonly broker: Settings;
  readonly outputs: OutputsPlan;
  readonly limits: LimitsPlan;
  readonly purpose: Purpose;
  /** How the machines of a run with shards find each other. */
  readonly coordination: CoordinationPlan;
  /** Texts that must not be printed: values of secret environment variables. `redacted` takes them out. */
  readonly secrets: readonly string[];
}

/** In the spelling of Kafka or its client. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface KafkaPlan {
  /** `host:port`, or several with commas between. */
  readonly bootstrap: string;
  /** librdkafka properties of every client; they win over ours. */
  readonly client: Settings;
  /**
   * Where to read the brokers' metrics: `host:port` of their JMX, with commas between; `auto` for the brokers
   * of this machine that `broker up` started; `none`.
   */
  readonly jmx: string;
}

/** A schema registry with Confluent's REST API. */
export interface RegistryPlan {
  /** `none`: none at all. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** PEM file of the authority of its certificate. */
  readonly ca: string | undefined;
}

export type AlertsPlan = FileAlerts | TopicAlerts | SyntheticAlerts | PayloadAlerts;

export interface FileAlerts {
  readonly kind: 'file';
  /** Files, folders and patterns, relative to the folder where the program was started. */
  readonly files: readonly string[];
  readonly reading: AlertReading;
}

/** Messages of a topic, as it has them now. */
export interface TopicAlerts {
  readonly kind: 'topic';
  readonly topic: string;
  /** Instants, or relative to the start of the run: `-2h`; undefined for the first or the last message. */
  readonly from: string | undefined;
  /** Exclusive. */
  readonly to: string | undefined;
  /** Brokers of its cluster; undefined for the one under test, with its client properties. */
  readonly bootstrap: string | undefined;
  /** librdkafka properties for another cluster. */
  readonly client: Settings;
}

/** How files of alerts are read. */
export interface AlertReading {
  /** A file with the schema of records that don't bring theirs. */
  readonly schema?: string;
  /** `candidate.jd:jd` */
  readonly timeField?: string;
  /** `candidate.candid` */
  readonly idField?: string;
  /** Undefined: as the survey's own stream has it. */
  readonly framing?: 'confluent' | 'container' | 'raw' | 'as-is';
  /** Whether alerts stay in the order of their files, whatever their times. */
  readonly keepOrder: boolean;
  /** Whether damaged alerts, and those without a usable time, are left out. */
  readonly skipInvalid: boolean;
}

export interface SyntheticAlerts {
  readonly kind: 'synthetic';
  /** Of the reservoir. */
  readonly visits: number;
  /** How alerts are made while they are sent, instead of being preloaded; undefined where they are preloaded. */
  readonly ahead: AheadAlertsPlan | undefined;
  readonly alertsPerVisit: number;
  /** Detectors that the alerts of a visit are spread over. */
  readonly detectors: number;
  /** Of an alert; undefined: what the histories give. */
  readonly meanBytes?: number | undefined;
  /** Time from one visit to the next. */
  readonly cadenceNs: number;
  readonly seed: number;
  /** Three FITS images per alert. */
  readonly cutouts: boolean;
  /** Time of the first visit, an instant or `now`; undefined: always the same night of 2026. */
  readonly start?: string | undefined;
  /** Distribution of the number of earlier sources in the alerts of objects. */
  readonly history: { readonly none: number; readonly median?: number | undefined; readonly max: number };
  /** Objects that come back, and how often their field is looked at for them, 0 to 1. */
  readonly objects: { readonly count?: number | undefined; readonly recurrence: number };
  /** Share of alerts of solar-system bodies. */
  readonly solarSystem: number;
  /** Version of Rubin's alert schema. */
  readonly schema: '9.0' | '10.0' | '11.0' | '11.1';
}

/** Alerts that are made while they are sent, and not kept. */
export interface AheadAlertsPlan {
  /** How long they are enough for, at the cadence; undefined for ever. */
  readonly durationNs: number | undefined;
  /** What is made ahead, all producers together; undefined: a visit, as far as the memory allows. */
  readonly bufferBytes: number | undefined;
  /** Threads, all producers together; undefined: half of the cores. */
  readonly generators: number | undefined;
}

/** How alerts are made while they are sent; undefined where they come from a reservoir. */
export function aheadOf(alerts: AlertsPlan): AheadAlertsPlan | undefined {
  return alerts.kind === 'synthetic' ? alerts.ahead : undefined;
}

/** Messages of one size with random content, which are not alerts: to load a broker with small messages. */
export interface PayloadAlerts {
  readonly kind: 'payload';
  /** Of each message. */
  readonly bytes: number;
  readonly count: number;
  readonly seed: number;
}

export interface ReservoirPlan {
  readonly topic: string;
  readonly partitions: number;
  /** -1 for the cluster's own default. */
  readonly replication: number;
  /** Besides infinite retention, in Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
  /** Threads that fill it. */
  readonly workers: number;
  /** Of the wire format, for all alerts; undefined: each alert's own. */
  readonly schemaId: number | undefined;
  /** Whether a reservoir that holds these alerts already is used as it is. */
  readonly reuse: boolean;
}

export interface StreamPlan {
  readonly topic: string;
  /**
   * Whether the topic is used as it is: the settings below don't apply then, except the partitions once they
   * were looked up.
   */
  readonly existing: boolean;
  readonly partitions: number;
  /** -1 for the cluster's own default. */
  readonly replication: number;
  /** In Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer adds it. */
  readonly producerTimestamp: boolean;
}

export interface ReplayPlan {
  /** Threads that send. */
  readonly workers: number;
  readonly producersPerWorker: number;
  /** Sending before anything is measured; 0 for none. */
  readonly warmupNs: number;
  /** How much each worker reads ahead from the reservoir. */
  readonly prefetchBytes: number;
  /** Whether the producer waits after each alert until it is acknowledged, as Rubin's own does. */
  readonly flushEach: boolean;
  /** In order. */
  readonly phases: readonly PhasePlan[];
}

/** A stretch of a replay with one pacing rule. */
export interface PhasePlan {
  /** Unique in the scenario. */
  readonly name: string;
  readonly pacing: Pacing;
  /** What must hold at a rate that a search tries; undefined for other phases. */
  readonly conditions?: readonly Expectation[] | undefined;
  /** The groups that do not read during a backlog, or that catch up; undefined: all, and for other phases. */
  readonly groups?: readonly string[] | undefined;
}

export interface ConsumersPlan {
  /** Prefix of group ids, where a cluster requires one. */
  readonly groupPrefix: string;
  readonly groups: readonly ConsumerGroupPlan[];
}

/** Members of ours, which measure themselves, or somebody else's, which are watched by their commits. */
export type ConsumerGroupPlan = OwnGroupPlan | WatchedGroupPlan;
export type WatchedGroupPlan = ExternalGroupPlan | CommandGroupPlan;

export interface OwnGroupPlan {
  readonly kind: 'own';
  /** Unique in the scenario. */
  readonly name: string;
  readonly members: number;
  /** Members that read slowly. */
  readonly slow: SlowMembers | undefined;
  /** Joins this long after the start of the first phase. */
  readonly startAfterNs: number;
}

/** Nothing is started. */
export interface ExternalGroupPlan {
  readonly kind: 'external';
  /** Unique in the scenario. */
  readonly name: string;
  readonly groupId: string;
}

/** Processes that the run starts and ends. */
export interface CommandGroupPlan {
  readonly kind: 'command';
  /** Unique in the scenario. */
  readonly name: string;
  readonly command: string;
  /** Processes. */
  readonly members: number;
  /** Undefined: a new one for each run. */
  readonly groupId: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** How long they may take until they read. */
  readonly readyNs: number;
  /** Whether one that ends is started again. */
  readonly restart: 'never' | 'always';
}

/** Groups whose members are workers of the run. */
export function ownGroups({ groups }: ConsumersPlan): readonly OwnGroupPlan[] {
  return groups.filter((group) => group.kind === 'own');
}

/** Groups that are watched by what they commit. */
export function watchedGroups({ groups }: ConsumersPlan): readonly WatchedGroupPlan[] {
  return groups.filter((group) => group.kind !== 'own');
}

/** Groups whose members are programs that the run starts. */
export function commandGroups({ groups }: ConsumersPlan): readonly CommandGroupPlan[] {
  return groups.filter((group) => group.kind === 'command');
}

/** Members of a group that read slowly. */
export type SlowMembers =
  | {
      readonly kind: 'maxRate';
      /** Number of slow members. */
      readonly members: number;
      /** Limit of each slow member. */
      readonly perSecond: number;
    }
  | {
      readonly kind: 'pause';
      /** Number of slow members. */
      readonly members: number;
      /** Pause of a slow member after each message. */
      readonly pauseNs: number;
    };

export const operators = ['<', '<=', '>', '>=', '=='] as const;

export type Operator = (typeof operators)[number];

/** Base units of metrics. */
export const expectationUnits = [
  'microseconds',
  'count',
  'fraction',
  'perSecond',
  'bytesPerSecond',
  'cores',
] as const;

export type ExpectationUnit = (typeof expectationUnits)[number];

/** A condition at the end of a run. */
export interface Expectation {
  /** `ack.p99`, `lost`, `achievedRate`. */
  readonly metric: string;
  /** Undefined for the whole run. */
  readonly phase: string | undefined;
  readonly operator: Operator;
  /** In `unit`. */
  readonly value: number;
  readonly unit: ExpectationUnit;
  /** For people: `ack.p99 < 50ms`. */
  readonly text: string;
}

/** Keys of a local cluster. */
export interface ClusterPlan {
  /** `4.1.2`. */
  readonly kafkaVersion?: string | undefined;
  readonly brokers?: 1 | 3 | undefined;
  /** Whether the metadata is kept in ZooKeeper. */
  readonly zookeeper?: boolean | undefined;
  /** Options of each broker's JVM; those of a variant replace the scenario's. */
  readonly jvm?: readonly string[] | undefined;
}

/** A configuration that a scenario compares. */
export interface VariantPlan extends ClusterPlan {
  /** Unique in the scenario. */
  readonly name: string;
  /** Changes to the scenario: values by dotted path, as `--set` takes them. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly topic: VariantTopic;
  /** Changed settings: the local broker restarts with them. */
  readonly broker: Settings;
}

/** A variant's changes to the stream's topic; what is absent stays. */
export interface VariantTopic {
  readonly partitions?: number | undefined;
  readonly replication?: number | undefined;
  /** Settings that are added or replaced. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

export interface OutputsPlan {
  /** Undefined when it is not asked for. */
  readonly influx: InfluxPlan | undefined;
}

/**
 * An InfluxDB server. Version 2 takes bucket and token; version 1 takes the bucket as database, user and
 * password.
 */
export interface InfluxPlan {
  /** `http://localhost:8086`. */
  readonly url: string;
  /** The bucket, or the database of version 1. */
  readonly bucket: string;
  /** Of version 2. */
  readonly org: string | undefined;
  /** Of version 2. Secret. */
  readonly token: string | undefined;
  /** Of version 1. */
  readonly user: string | undefined;
  /** Of version 1. Secret. */
  readonly password: string | undefined;
}

/**
 * What a run is about, which decides whether a late load generator makes it invalid: always where it measures
 * the broker; where it tests consumers only if something that the scenario asks for did not hold by that.
 */
export const purposes = ['broker', 'consumers'] as const;

export type Purpose = (typeof purposes)[number];

/** When the run gives up, and when it is invalid. */
export interface LimitsPlan {
  /** From preload to results; undefined for no limit. */
  readonly deadlineNs: number | undefined;
  /** How long after the last phase consumers may take to catch up. */
  readonly drainNs: number;
  readonly selfCheck: SelfCheckLimits;
}

/** Beyond these the load generator was the limit, and a run is inconclusive. */
export interface SelfCheckLimits {
  /** Inclusive limit of the 99th percentile of `scheduleLag`. */
  readonly scheduleLagP99Us: number;
  /** Inclusive limit of the 99th percentile of each worker's event-loop delay. */
  readonly eventLoopDelayP99Us: number;
}

/** How the machines of a run with shards find each other: by messages on a control topic. */
export interface CoordinationPlan {
  /** Brokers of another Kafka than the one under test; undefined for that one. */
  readonly bootstrap: string | undefined;
  /** librdkafka properties of the clients that coordinate. */
  readonly client: Settings;
  /** Prefix of the control topic's name. */
  readonly topicPrefix: string;
  /** How long shards wait for each other at the beginning. */
  readonly joinNs: number;
  /** A shard without a message for this long counts as dead. */
  readonly silenceNs: number;
}
