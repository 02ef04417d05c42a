import { maxMessageBytes } from '../kafka/settings.js';
import { brokerHost, type BrokerListener, type BrokerPlan, type KeyStore } from './brokerConfig.js';

/** Ports that nobody chooses: they are free ones, and may differ at the next start. */
export interface InnerPorts {
  /** Where the controller listens. */
  readonly controller: number;
  /** Where the broker listens without security for its own and our use, where no client listener is like that. */
  readonly local: number;
}

/** A server.properties, by name. */
export type ServerProperties = Readonly<Record<string, string>>;

/**
 * The configuration of a single broker that is its own controller (KRaft, combined mode). Source of the names:
 * https://kafka.apache.org/41/configuration/broker-configs/
 *
 * @param plan - the broker
 * @param dataFolder - where its topics go
 * @param ports - its inner ports
 * @returns server properties; those of the plan win
 */
export function serverProperties(plan: BrokerPlan, dataFolder: string, ports: InnerPorts): ServerProperties {
  const listeners = namedListeners(plan, ports);
  const all = [...listeners, { name: controllerName, port: ports.controller }];
  const addresses = (of: readonly NamedListener[]): string =>
    of.map(({ name, port }) => `${name}://${brokerHost}:${port}`).join(',');
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    // Voters in the configuration, not in the data: the controller may have another port at the next start.
    'controller.quorum.voters': `1@${brokerHost}:${ports.controller}`,
    'controller.listener.names': controllerName,
    listeners: addresses(all),
    // Clients are told the number, not `localhost`: that may be ::1 first, which nobody listens on.
    'advertised.listeners': addresses(listeners),
    'listener.security.protocol.map': all
      .map((listener) => `${listener.name}:${protocolOf(listener)}`)
      .join(','),
    'inter.broker.listener.name': plainListener(listeners).name,
    ...Object.fromEntries(listeners.flatMap((listener) => Object.entries(securityProperties(listener)))),
    'log.dirs': dataFolder,
    'auto.create.topics.enable': 'false',
    'message.max.bytes': String(maxMessageBytes),
    'replica.fetch.max.bytes': String(maxMessageBytes),
    // One broker can hold one replica. Few partitions of offsets: the first consumer waits until all are made.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    // No wait for further members of a new consumer group.
    'group.initial.rebalance.delay.ms': '0',
    ...plan.serverProperties,
  };
}

/**
 * The port that answers without security: the readiness probe and Kafka's own tools use it.
 *
 * @param plan - the broker
 * @param ports - its inner ports
 * @returns a port on 127.0.0.1
 */
export function plainPort(plan: BrokerPlan, ports: InnerPorts): number {
  return plainListener(namedListeners(plan, ports)).port;
}

/**
 * Writes properties as Java's `Properties.load` reads them.
 *
 * @param properties - the properties by name
 * @returns the text of a .properties file, ASCII only
 */
export function renderProperties(properties: ServerProperties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${escaped(name).replace(/[ :=#!]/g, '\\$&')}=${escaped(value)}\n`)
    .join('');
}

interface NamedListener extends BrokerListener {
  readonly name: string;
}

const controllerName = 'CONTROLLER';

function namedListeners(plan: BrokerPlan, ports: InnerPorts): readonly [NamedListener, ...NamedListener[]] {
  const [first, ...others] = plan.listeners;
  const named = others.map((listener, index) => ({ ...listener, name: `CLIENT${index + 2}` }));
  if (!plan.listeners.some(isPlain)) named.push({ name: 'LOCAL', port: ports.local });
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
  // Kafka refuses a store password for PEM: there the password is that of the key.
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
