import { maxMessageBytes } from '../kafka/settings.js';
import {
  brokerHost,
  type BrokerListener,
  type BrokerPlan,
  type KeyStore,
  type Listeners,
} from './brokerConfig.js';

/**
 * Ports and folder of one broker of a cluster. Ports that were not chosen are free ones, and may differ at
 * the next start.
 */
export interface BrokerPlace {
  /** From 1. */
  readonly id: number;
  readonly listeners: Listeners;
  /** Where it listens without security for its own and our use, where no client listener is like that. */
  readonly localPort: number;
  /** For its topics. */
  readonly dataFolder: string;
  readonly metadata: MetadataPlace;
}

/** Where a cluster's metadata is kept. */
export type MetadataPlace =
  /** In the brokers, which are controllers, too; the ports are in the order of the brokers. */
  | { readonly kind: 'kraft'; readonly controllerPorts: readonly number[] }
  | { readonly kind: 'zookeeper'; readonly port: number };

export type ServerProperties = Readonly<Record<string, string>>;

/**
 * The configuration of a broker that is a controller, too (KRaft, combined mode), or that uses ZooKeeper; the
 * plan's properties win. Source of the names: https://kafka.apache.org/41/configuration/broker-configs/ and,
 * for ZooKeeper, https://kafka.apache.org/39/configuration/broker-configs/
 */
export function serverProperties(plan: BrokerPlan, place: BrokerPlace): ServerProperties {
  const { id, metadata } = place;
  const listeners = namedListeners(place);
  const controllers =
    metadata.kind === 'kraft' ? [{ name: controllerName, port: metadata.controllerPorts[id - 1] ?? 0 }] : [];
  const all = [...listeners, ...controllers];
  const addresses = (of: readonly NamedListener[]): string =>
    of.map(({ name, port }) => `${name}://${brokerHost}:${port}`).join(',');
  return {
    ...metadataProperties(id, metadata),
    listeners: addresses(all),
    // Clients are given the number, not `localhost`: that may be ::1 first, where nothing listens.
    'advertised.listeners': addresses(listeners),
    'listener.security.protocol.map': all
      .map((listener) => `${listener.name}:${protocolOf(listener)}`)
      .join(','),
    'inter.broker.listener.name': plainListener(listeners).name,
    ...Object.fromEntries(listeners.flatMap((listener) => Object.entries(securityProperties(listener)))),
    'log.dirs': place.dataFolder,
    'auto.create.topics.enable': 'false',
    'message.max.bytes': String(maxMessageBytes),
    'replica.fetch.max.bytes': String(maxMessageBytes),
    ...replicationProperties(plan.brokers),
    // Few partitions of offsets: the first consumer waits until all are created.
    'offsets.topic.num.partitions': '8',
    // No wait for further members of a new consumer group.
    'group.initial.rebalance.delay.ms': '0',
    ...plan.serverProperties,
  };
}

/** The port on 127.0.0.1 that answers without security: the readiness probe and Kafka's own tools use it. */
export function plainPort(place: Pick<BrokerPlace, 'listeners' | 'localPort'>): number {
  return plainListener(namedListeners(place)).port;
}

/**
 * The configuration of a single ZooKeeper. Source:
 * https://zookeeper.apache.org/doc/r3.8.4/zookeeperAdmin.html
 */
export function zookeeperProperties(port: number, dataFolder: string): ServerProperties {
  return {
    clientPort: String(port),
    clientPortAddress: brokerHost,
    dataDir: dataFolder,
    // All brokers come from one address.
    maxClientCnxns: '0',
    // Its web server would take port 8080.
    'admin.enableServer': 'false',
  };
}

/** The ASCII text of a .properties file, as Java's `Properties.load` reads it. */
export function renderProperties(properties: ServerProperties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${escaped(name).replace(/[ :=#!]/g, '\\$&')}=${escaped(value)}\n`)
    .join('');
}

interface NamedListener extends BrokerListener {
  readonly name: string;
}

const controllerName = 'CONTROLLER';

function metadataProperties(id: number, metadata: MetadataPlace): ServerProperties {
  if (metadata.kind === 'zookeeper') {
    return { 'broker.id': String(id), 'zookeeper.connect': `${brokerHost}:${metadata.port}` };
  }
  const voters = metadata.controllerPorts.map((port, index) => `${index + 1}@${brokerHost}:${port}`);
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    // Voters in the configuration, not in the data: a controller may have another port at the next start.
    'controller.quorum.voters': voters.join(','),
    'controller.listener.names': controllerName,
  };
}

/** As many replicas as there are brokers; of three, one may be missing. */
function replicationProperties(brokers: number): ServerProperties {
  const replication = String(brokers);
  const inSync = brokers === 1 ? '1' : '2';
  return {
    'default.replication.factor': replication,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': inSync,
  };
}

function namedListeners({
  listeners,
  localPort,
}: Pick<BrokerPlace, 'listeners' | 'localPort'>): readonly [NamedListener, ...NamedListener[]] {
  const [first, ...others] = listeners;
  const named = others.map((listener, index) => ({ ...listener, name: `CLIENT${index + 2}` }));
  if (!listeners.some(isPlain)) named.push({ name: 'LOCAL', port: localPort });
  return [{ ...first, name: 'CLIENT' }, ...named];
}

function plainListener(listeners: readonly [NamedListener, ...NamedListener[]]): NamedListener {
  return listeners.find(isPlain) ?? listeners[0];
}

function isPlain({ tls, scram }: BrokerListener): boolean {
  return tls === undefined && scram === undefined;
}

function protocolOf({ tls, scram }: BrokerListener): string {
  const transport = tls === undefined ? 'PLAINTEXT' : 'SSL';
  return scram === undefined ? transport : `SASL_${transport}`;
}

function securityProperties({ name, tls, scram }: NamedListener): Record<string, string> {
  const properties: Record<string, string> = {};
  if (tls !== undefined) {
    Object.assign(properties, storeProperties('keystore', tls.keystore), {
      'ssl.client.auth': tls.clientAuth ?? 'none',
    });
    if (tls.truststore !== undefined)
      Object.assign(properties, storeProperties('truststore', tls.truststore));
  }
  if (scram !== undefined) {
    properties['sasl.enabled.mechanisms'] = scram;
    properties[`${scram.toLowerCase()}.sasl.jaas.config`] =
      'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  }
  const prefix = `listener.name.${name.toLowerCase()}.`;
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [prefix + key, value]));
}

function storeProperties(
  kind: 'keystore' | 'truststore',
  { location, type = 'PEM', password }: KeyStore,
): Record<string, string> {
  const properties: Record<string, string> = {
    [`ssl.${kind}.type`]: type,
    [`ssl.${kind}.location`]: location,
  };
  // Kafka rejects a store password for PEM: there the password is that of the key.
  if (password !== undefined)
    properties[type === 'PEM' ? 'ssl.key.password' : `ssl.${kind}.password`] = password;
  return properties;
}

function escaped(text: string): string {
  return text
    .replace(/\\/g, '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
