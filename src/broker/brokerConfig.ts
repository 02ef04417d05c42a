import { resolve } from 'node:path';
import { AlertSimError } from '../errors.js';
import { cacheFolder, defaultStateFolder } from './cacheFolder.js';
import { defaultKafkaVersion } from './distribution.js';
import { checkJvmOptions } from './jvmOptions.js';
import { kafkaLine } from './kafkaVersion.js';

/** A broker, as a caller describes it. Everything has a default. */
export interface BrokerConfig {
  /** {@link defaultKafkaVersion} by default. */
  readonly version?: string | undefined;
  /** The folder of everything that this broker writes; a second broker needs another. */
  readonly stateFolder?: string | undefined;
  /** The folder of downloads. */
  readonly cache?: string | undefined;
  /** 1 by default, or 3 with every partition on all of them. */
  readonly brokers?: BrokerCount | undefined;
  /** Keeps the metadata in ZooKeeper, a process of its own: Kafka 3 only. KRaft by default. */
  readonly zookeeper?: boolean | undefined;
  /** By default one listener without security on port 9092. */
  readonly listeners?: readonly BrokerListener[] | undefined;
  /** Ports of the second and third broker's first listener; by default free ones. */
  readonly furtherPorts?: readonly number[] | undefined;
  /** Port of JMX on 127.0.0.1; 9292 by default. */
  readonly jmxPort?: number | 'none' | undefined;
  /** By default free ones. */
  readonly furtherJmxPorts?: readonly number[] | undefined;
  /** Maximum heap of each broker's JVM, as for `-Xmx`; `1g` by default. */
  readonly heap?: string | undefined;
  /** For each broker's JVM; they win over ours. */
  readonly jvmOptions?: readonly string[] | undefined;
  /** They win over ours. */
  readonly serverProperties?: Readonly<Record<string, string>> | undefined;
  /** Added when the data folder is formatted. */
  readonly scramUsers?: readonly ScramUser[] | undefined;
}

/** One, or as many as replication 3 needs. */
export type BrokerCount = 1 | 3;

/** A port for clients on 127.0.0.1. */
export interface BrokerListener {
  readonly port: number;
  /** Encrypts the connection. */
  readonly tls?: ServerTls | undefined;
  /** Asks for a user name and password. */
  readonly scram?: ScramMechanism | undefined;
}

/** The broker's side of TLS. */
export interface ServerTls {
  /** The broker's certificate and private key. */
  readonly keystore: KeyStore;
  /** Authorities of trusted client certificates. */
  readonly truststore?: KeyStore | undefined;
  /** Whether clients must show a certificate (mutual TLS); `none` by default. */
  readonly clientAuth?: 'required' | 'requested' | 'none' | undefined;
}

/** A file of keys and certificates. */
export interface KeyStore {
  /** A PEM file holds the key in PKCS #8 form and then the certificates. */
  readonly location: string;
  /** PEM by default. */
  readonly type?: 'PEM' | 'PKCS12' | 'JKS' | undefined;
  /** For PEM that of the private key. */
  readonly password?: string | undefined;
}

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** A user of a listener with SCRAM. */
export interface ScramUser {
  readonly name: string;
  readonly password: string;
  /** The only one that the user may use. */
  readonly mechanism: ScramMechanism;
}

/** A broker with every choice made. */
export interface BrokerPlan {
  readonly version: string;
  /** The absolute path of the folder of everything that this broker writes. */
  readonly stateFolder: string;
  /** The absolute path of the folder of downloads. */
  readonly cache: string;
  readonly brokers: BrokerCount;
  /** Whether the metadata is kept in ZooKeeper. */
  readonly zookeeper: boolean;
  /** Further brokers have the same listeners on other ports. */
  readonly listeners: Listeners;
  /** Ports of the second and third broker's first listener, as far as they were chosen. */
  readonly furtherPorts: readonly number[];
  /** Port of JMX on 127.0.0.1. */
  readonly jmxPort: number | 'none';
  /** Of the second and third broker, as far as they were chosen. */
  readonly furtherJmxPorts: readonly number[];
  /** Maximum heap of each broker's JVM, as for `-Xmx`. */
  readonly heap: string;
  readonly jvmOptions: readonly string[];
  /** They win over ours. */
  readonly serverProperties: Readonly<Record<string, string>>;
  /** Added when the data folder is formatted. */
  readonly scramUsers: readonly ScramUser[];
}

export type Listeners = readonly [BrokerListener, ...BrokerListener[]];

/** The address that every port of the local broker is bound to and advertised with. */
export const brokerHost = '127.0.0.1';

export const defaultPort = 9092;

export const defaultJmxPort = 9292;

/**
 * Fills in the defaults of a broker and checks what was given.
 *
 * @throws `BAD_USAGE` for an impossible port, heap, JVM option, version or number of brokers, a port that is
 * used twice, ZooKeeper where Kafka has none, or a server property that the local broker sets itself
 */
export function planBroker(config: BrokerConfig, env: NodeJS.ProcessEnv = process.env): BrokerPlan {
  const cache = config.cache === undefined ? cacheFolder(env) : resolve(config.cache);
  const [first = { port: defaultPort }, ...others] = config.listeners ?? [];
  const plan: BrokerPlan = {
    version: config.version ?? defaultKafkaVersion,
    stateFolder: resolve(config.stateFolder ?? defaultStateFolder(cache)),
    cache,
    brokers: config.brokers ?? 1,
    zookeeper: config.zookeeper ?? false,
    listeners: [first, ...others],
    furtherPorts: config.furtherPorts ?? [],
    jmxPort: config.jmxPort ?? defaultJmxPort,
    furtherJmxPorts: config.furtherJmxPorts ?? [],
    heap: config.heap ?? '1g',
    jvmOptions: config.jvmOptions ?? [],
    serverProperties: config.serverProperties ?? {},
    scramUsers: config.scramUsers ?? [],
  };
  checkShape(plan);
  checkPorts(plan);
  checkJvmOptions(plan.jvmOptions);
  if (!/^\d+[kmg]$/i.test(plan.heap)) {
    throw new AlertSimError('BAD_USAGE', `${plan.heap} is not a heap size: give it like 512m or 2g`);
  }
  for (const folder of [plan.stateFolder, plan.cache]) {
    // Kafka's log.dirs and Java's class path are lists without escaping.
    if (/[,:]/.test(folder)) {
      throw new AlertSimError(
        'BAD_USAGE',
        `Kafka cannot use a folder with a comma or colon in its path: ${folder}`,
      );
    }
  }
  for (const name of Object.keys(plan.serverProperties)) {
    const instead = ownProperties.get(name);
    if (instead !== undefined) {
      throw new AlertSimError('BAD_USAGE', `${name} is set by the local broker itself: ${instead}`);
    }
  }
  return plan;
}

/** Server properties that starting, stopping or watching the broker relies on, and what to use instead. */
const ownProperties: ReadonlyMap<string, string> = new Map([
  ...['listeners', 'advertised.listeners'].map((name) => [name, 'choose the port with --port'] as const),
  ...['log.dirs', 'log.dir', 'metadata.log.dir'].map(
    (name) => [name, 'choose the folder with --data'] as const,
  ),
  ...[
    'process.roles',
    'node.id',
    'broker.id',
    'controller.quorum.voters',
    'controller.quorum.bootstrap.servers',
    'controller.listener.names',
    'inter.broker.listener.name',
    'zookeeper.connect',
    'security.inter.broker.protocol',
    'listener.security.protocol.map',
  ].map((name) => [name, 'leave it out'] as const),
]);

function checkShape({ version, brokers, zookeeper, scramUsers }: BrokerPlan): void {
  const line = kafkaLine(version);
  if (![1, 3].includes(brokers)) {
    throw new AlertSimError('BAD_USAGE', `${brokers} brokers cannot be started: give 1 or 3`);
  }
  if (zookeeper && !line.zookeeper) {
    throw new AlertSimError(
      'BAD_USAGE',
      `Kafka ${version} has no ZooKeeper any more: choose a version before 4, such as --kafka 3.9.1`,
    );
  }
  if (zookeeper && scramUsers.length > 0) {
    throw new AlertSimError(
      'BAD_USAGE',
      'users with SCRAM are added when KRaft formats: leave ZooKeeper out',
    );
  }
}

function checkPorts({ brokers, listeners, furtherPorts, jmxPort, furtherJmxPorts }: BrokerPlan): void {
  const most = Math.max(furtherPorts.length, furtherJmxPorts.length) + 1;
  if (most > brokers) {
    throw new AlertSimError(
      'BAD_USAGE',
      `${most} ports are given for ${brokers === 1 ? 'one broker' : `${brokers} brokers`}: give one each`,
    );
  }
  const ports = [
    ...listeners.map(({ port }) => port),
    ...furtherPorts,
    ...(jmxPort === 'none' ? [] : [jmxPort]),
    ...furtherJmxPorts,
  ];
  for (const port of ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new AlertSimError('BAD_USAGE', `${port} is not a port: give a whole number from 1 to 65535`);
    }
  }
  const twice = ports.find((port, index) => ports.indexOf(port) !== index);
  if (twice !== undefined) {
    throw new AlertSimError('BAD_USAGE', `port ${twice} is to be used twice: choose different ports`);
  }
}
