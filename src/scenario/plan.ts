import type { ExpectationUnit } from '../measure/expectationResult.js';
import type { Pacing } from '../schedule/pacing.js';

/** A scenario after everything is resolved: units, defaults, variables and overrides. Deeply frozen. */
export interface Plan {
  /** The scenario's name; part of the run folder's name. */
  readonly name: string;
  /** The variant that this plan is; undefined for the scenario as it stands. */
  readonly variant: string | undefined;
  /** How to reach Kafka. */
  readonly kafka: KafkaPlan;
  /** Which alerts are sent. */
  readonly alerts: AlertsPlan;
  /** Where alerts are preloaded. */
  readonly reservoir: ReservoirPlan;
  /** The topic that is written to and read. */
  readonly stream: StreamPlan;
  /** How alerts are sent. */
  readonly replay: ReplayPlan;
  /** Who reads while alerts are sent. */
  readonly consumers: ConsumersPlan;
  /** What must hold at the end. */
  readonly expect: readonly Expectation[];
  /** Configurations to compare; empty in the plan of a variant. */
  readonly variants: readonly VariantPlan[];
  /** What the local cluster of a comparison is made of; what is absent follows the local broker's defaults. */
  readonly cluster: ClusterPlan;
  /** Broker settings that the local broker is started with, in Kafka's spelling. */
  readonly broker: Settings;
  /** Where figures go besides the run folder. */
  readonly outputs: OutputsPlan;
  /** When the run gives up, and when it is called invalid. */
  readonly limits: LimitsPlan;
  /** How the machines of a run with shards find each other. */
  readonly coordination: CoordinationPlan;
  /** Texts that must not be printed: values of secret environment variables. `redacted` takes them out. */
  readonly secrets: readonly string[];
}

/** Settings of Kafka or its client, in their own spelling. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** How to reach Kafka. */
export interface KafkaPlan {
  /** `host:port`, or several with commas between. */
  readonly bootstrap: string;
  /** librdkafka properties of every client; they win over ours. */
  readonly client: Settings;
  /**
   * Where the brokers tell their own figures: `host:port` of their JMX, with commas between; `auto` for the brokers of
   * this machine that `broker up` started; `none`.
   */
  readonly jmx: string;
}

/** Which alerts are sent. */
export type AlertsPlan = FileAlerts | SyntheticAlerts | PayloadAlerts;

/** The alerts of a container. */
export interface FileAlerts {
  /** Discriminates the union. */
  readonly kind: 'file';
  /** The container, relative to the folder where the program was started. */
  readonly path: string;
}

/** Alerts that are made by the generator. */
export interface SyntheticAlerts {
  /** Discriminates the union. */
  readonly kind: 'synthetic';
  /** How many visits are made. */
  readonly visits: number;
  /** Alerts of each visit. */
  readonly alertsPerVisit: number;
  /** Detectors that the alerts of a visit are spread over. */
  readonly detectors: number;
  /** Mean size of an alert, in bytes. */
  readonly meanBytes: number;
  /** Time from one visit to the next, in nanoseconds. */
  readonly cadenceNs: number;
  /** The seed of all that is random. */
  readonly seed: number;
  /** Whether alerts carry their three cutouts. */
  readonly cutouts: boolean;
}

/** Messages of one size with random content, which are no alerts: to load a broker with small messages. */
export interface PayloadAlerts {
  /** Discriminates the union. */
  readonly kind: 'payload';
  /** Size of each message, in bytes. */
  readonly bytes: number;
  /** How many different messages are preloaded. */
  readonly count: number;
  /** The seed of the content. */
  readonly seed: number;
}

/** Where alerts are preloaded. */
export interface ReservoirPlan {
  /** The topic. */
  readonly topic: string;
  /** Its partitions. */
  readonly partitions: number;
  /** Replicas of each partition; -1 for the cluster's own default. */
  readonly replication: number;
  /** Topic settings besides infinite retention, in Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
  /** Worker threads that fill it. */
  readonly workers: number;
  /** The schema id of the wire format. */
  readonly schemaId: number;
  /** Whether a reservoir that holds these alerts already is used as it is. */
  readonly reuse: boolean;
}

/** The topic that is written to and read. */
export interface StreamPlan {
  /** The topic. */
  readonly topic: string;
  /** Whether the topic is used as it is: what follows then says nothing, but for the partitions once it was looked up. */
  readonly existing: boolean;
  /** Its partitions. */
  readonly partitions: number;
  /** Replicas of each partition; -1 for the cluster's own default. */
  readonly replication: number;
  /** Topic settings, in Kafka's spelling. */
  readonly config: Readonly<Record<string, string>>;
  /** Whether each alert gets a `producer_timestamp`, as Rubin's producer gives it. */
  readonly producerTimestamp: boolean;
}

/** How alerts are sent. */
export interface ReplayPlan {
  /** Worker threads that send. */
  readonly workers: number;
  /** Producers of each worker. */
  readonly producersPerWorker: number;
  /** How long is sent before anything is measured, in nanoseconds; 0 for not at all. */
  readonly warmupNs: number;
  /** How much each worker reads ahead from the reservoir, in bytes. */
  readonly prefetchBytes: number;
  /** Whether the producer waits after each alert until it is acknowledged, as Rubin's own does. */
  readonly flushEach: boolean;
  /** What is sent, one after the other. */
  readonly phases: readonly PhasePlan[];
}

/** A stretch of a replay with one pacing rule. */
export interface PhasePlan {
  /** Its name, unique in the scenario. */
  readonly name: string;
  /** When its alerts are due. */
  readonly pacing: Pacing;
  /** What must hold at a rate that a search tries; undefined for other phases. */
  readonly conditions?: readonly Expectation[] | undefined;
}

/** Who reads while alerts are sent. */
export interface ConsumersPlan {
  /** What group ids start with, where a cluster asks for it. */
  readonly groupPrefix: string;
  /** The consumer groups; none when nobody reads. */
  readonly groups: readonly ConsumerGroupPlan[];
}

/** One consumer group. */
export interface ConsumerGroupPlan {
  /** Its name, unique in the scenario. */
  readonly name: string;
  /** How many members it has. */
  readonly members: number;
  /** Members that read slowly; undefined when none does. */
  readonly slow: SlowMembers | undefined;
  /** How long after the start of the first phase it joins, in nanoseconds. */
  readonly startAfterNs: number;
}

/** Members of a group that read slowly. */
export type SlowMembers =
  | {
      /** Discriminates the union. */
      readonly kind: 'maxRate';
      /** How many members are slow. */
      readonly members: number;
      /** Messages per second of each slow member, at most. */
      readonly perSecond: number;
    }
  | {
      /** Discriminates the union. */
      readonly kind: 'pause';
      /** How many members are slow. */
      readonly members: number;
      /** Pause of a slow member after each message, in nanoseconds. */
      readonly pauseNs: number;
    };

/** How a measured value is compared with its limit. */
export type Operator = '<' | '<=' | '>' | '>=' | '==';

export type { ExpectationUnit } from '../measure/expectationResult.js';

/** Something that must hold at the end of a run. */
export interface Expectation {
  /** What is looked at: `ack.p99`, `lost`, `achievedRate`. */
  readonly metric: string;
  /** The phase that it is about; undefined for the whole run. */
  readonly phase: string | undefined;
  /** How it is compared. */
  readonly operator: Operator;
  /** What it is compared with, in `unit`. */
  readonly value: number;
  /** The unit of `value`. */
  readonly unit: ExpectationUnit;
  /** The expectation as a person reads it: `ack.p99 < 50ms`. */
  readonly text: string;
}

/** What a local cluster is made of. */
export interface ClusterPlan {
  /** The Kafka version, like `4.1.2`. */
  readonly kafkaVersion?: string | undefined;
  /** How many brokers. */
  readonly brokers?: 1 | 3 | undefined;
  /** Whether the metadata is kept in ZooKeeper. */
  readonly zookeeper?: boolean | undefined;
  /** Options of each broker's JVM; those of a variant take the place of the scenario's. */
  readonly jvm?: readonly string[] | undefined;
}

/** One configuration that a scenario compares. */
export interface VariantPlan extends ClusterPlan {
  /** Its name, unique in the scenario. */
  readonly name: string;
  /** What differs from the scenario: values by dotted path, as `--set` takes them. */
  readonly set: Readonly<Record<string, unknown>>;
  /** What differs in the stream's topic. */
  readonly topic: VariantTopic;
  /** Broker settings that differ: the local broker restarts with them. */
  readonly broker: Settings;
}

/** What a variant changes in the stream's topic; what is absent stays. */
export interface VariantTopic {
  /** Its partitions. */
  readonly partitions?: number | undefined;
  /** Replicas of each partition. */
  readonly replication?: number | undefined;
  /** Topic settings that are added or replaced. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

/** Where figures go besides the run folder. */
export interface OutputsPlan {
  /** InfluxDB; undefined when it is not asked for. */
  readonly influx: InfluxPlan | undefined;
}

/** An InfluxDB server. Version 2 takes bucket and token; version 1 takes the bucket as database, user and password. */
export interface InfluxPlan {
  /** Its address: `http://localhost:8086`. */
  readonly url: string;
  /** The bucket, or the database of version 1. */
  readonly bucket: string;
  /** The organisation of version 2. */
  readonly org: string | undefined;
  /** The token of version 2. Secret. */
  readonly token: string | undefined;
  /** The user of version 1. */
  readonly user: string | undefined;
  /** The password of version 1. Secret. */
  readonly password: string | undefined;
}

/** When the run gives up, and when it is called invalid. */
export interface LimitsPlan {
  /** The longest that the run may take from preload to results, in nanoseconds; undefined for no limit. */
  readonly deadlineNs: number | undefined;
  /** How long after the last phase consumers may take to catch up, in nanoseconds. */
  readonly drainNs: number;
  /** What the harness may cost before a run proves nothing. */
  readonly selfCheck: SelfCheckLimits;
}

/** What the harness may cost before a run proves nothing. */
export interface SelfCheckLimits {
  /** The 99th percentile of `scheduleLag` must stay at or below this, in microseconds. */
  readonly scheduleLagP99Us: number;
  /** The 99th percentile of each worker's event-loop delay must stay at or below this, in microseconds. */
  readonly eventLoopDelayP99Us: number;
}

/** How the machines of a run with shards find each other: by messages on a control topic. */
export interface CoordinationPlan {
  /** Brokers of another Kafka than the one under test; undefined for that one. */
  readonly bootstrap: string | undefined;
  /** librdkafka properties of the clients that coordinate. */
  readonly client: Settings;
  /** What the control topic's name starts with. */
  readonly topicPrefix: string;
  /** How long shards wait for each other at the beginning, in nanoseconds. */
  readonly joinNs: number;
  /** How long a shard may tell nothing before it counts as dead, in nanoseconds. */
  readonly silenceNs: number;
}
