import { AlertSimError } from '../errors.js';
import type { BrokerListener, BrokerPlan, Listeners } from './brokerConfig.js';
import type { NodeRecord } from './brokerRecord.js';
import { freePorts, requireFreePort, type RandomInt } from './ports.js';
import { plainPort, type BrokerPlace } from './serverProperties.js';
import { nodeFolder, nodeNames, nodePaths, type NodePaths, type StatePaths } from './statePaths.js';

/** A server of a cluster, with its folder and ports. */
export type NodeLayout = ZookeeperLayout | BrokerLayout;

export interface ZookeeperLayout {
  readonly kind: 'zookeeper';
  /** There is only one. */
  readonly id: 1;
  readonly paths: NodePaths;
  /** The brokers' port to it. */
  readonly port: number;
}

export interface BrokerLayout extends BrokerPlace {
  readonly kind: 'broker';
  readonly paths: NodePaths;
  readonly jmxPort: number | 'none';
}

/**
 * Gives every server of a cluster its folder and its ports: ZooKeeper first, where there is one, then the
 * brokers in the order of their numbers.
 *
 * @param random - chooses the ports that were not asked for
 * @throws `BAD_USAGE` for a port that was asked for and is in use
 */
export async function layOutCluster(
  plan: BrokerPlan,
  paths: StatePaths,
  random?: RandomInt,
): Promise<readonly NodeLayout[]> {
  const { brokers, zookeeper, listeners, furtherPorts, jmxPort, furtherJmxPorts } = plan;
  const askedPorts = [...listeners.map((listener) => listener.port), ...furtherPorts];
  const jmxPorts = [...(jmxPort === 'none' ? [] : [jmxPort]), ...furtherJmxPorts];
  for (const port of askedPorts) await requireFreePort(port, 'the broker', '--port');
  for (const port of jmxPorts) await requireFreePort(port, 'JMX', '--jmx-port');
  // The requested ports are free until the broker is up, and must not be chosen for something else of it.
  const perBroker = listeners.length + 3;
  const chosen = await freePorts(1 + brokers * perBroker, [...askedPorts, ...jmxPorts], random);
  const free = chosen.values();
  const next = (): number => free.next().value ?? 0;

  const zookeeperPort = next();
  const controllerPorts = Array.from({ length: brokers }, next);
  const metadata: BrokerPlace['metadata'] = zookeeper
    ? { kind: 'zookeeper', port: zookeeperPort }
    : { kind: 'kraft', controllerPorts };
  const single = isSingle(plan);
  const nodes = Array.from({ length: brokers }, (_, index): BrokerLayout => {
    const id = index + 1;
    const own = single ? paths : nodePaths(nodeFolder(paths.folder, 'broker', id));
    return {
      kind: 'broker',
      id,
      paths: own,
      listeners: index === 0 ? listeners : shifted(listeners, furtherPorts[index - 1], next),
      localPort: next(),
      dataFolder: own.data,
      metadata,
      jmxPort: index === 0 || jmxPort === 'none' ? jmxPort : (furtherJmxPorts[index - 1] ?? next()),
    };
  });
  if (!zookeeper) return nodes;
  const folder = nodeFolder(paths.folder, 'zookeeper', 1);
  return [{ kind: 'zookeeper', id: 1, paths: nodePaths(folder), port: zookeeperPort }, ...nodes];
}

/**
 * Makes sure that the data of an earlier cluster in a state folder is of one like the planned.
 *
 * @param names - of what is in the state folder
 * @throws `BAD_USAGE` where it is of another shape
 */
export async function requireSameShape(
  plan: BrokerPlan,
  paths: StatePaths,
  names: readonly string[],
): Promise<void> {
  const nodes = await nodeNames(paths.folder);
  const found = [...nodes, ...(names.includes('kafka-data') ? ['kafka-data'] : [])];
  if (found.length === 0) return;
  const wanted = isSingle(plan)
    ? ['kafka-data']
    : [
        ...Array.from({ length: plan.brokers }, (_, index) => `broker-${index + 1}`),
        ...(plan.zookeeper ? ['zookeeper'] : []),
      ];
  if (found.length === wanted.length && found.every((name) => wanted.includes(name))) return;
  throw new AlertSimError(
    'BAD_USAGE',
    `${paths.folder} holds the data of another kind of cluster (${found.join(', ')}): delete it with ` +
      '`rubin-alert-sim broker down`, or choose another folder with --data',
  );
}

/**
 * A server's name in messages: `the broker`, `broker 2` or `ZooKeeper`.
 *
 * @param of - number of servers
 */
export function nodeName({ kind, id }: Pick<NodeRecord, 'kind' | 'id'>, of: number): string {
  if (kind === 'zookeeper') return 'ZooKeeper';
  return of === 1 ? 'the broker' : `broker ${id}`;
}

/** The ports that clients connect to, and the one that answers without security. */
export function clientPorts(broker: BrokerLayout): {
  readonly ports: readonly number[];
  readonly plainPort: number;
} {
  return { ports: broker.listeners.map(({ port }) => port), plainPort: plainPort(broker) };
}

function isSingle({ brokers, zookeeper }: BrokerPlan): boolean {
  return brokers === 1 && !zookeeper;
}

/** The same listeners on other ports. */
function shifted(listeners: Listeners, first: number | undefined, next: () => number): Listeners {
  const [head, ...others] = listeners;
  const moved = (listener: BrokerListener, port: number): BrokerListener => ({ ...listener, port });
  return [moved(head, first ?? next()), ...others.map((listener) => moved(listener, next()))];
}
