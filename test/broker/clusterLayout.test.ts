import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planBroker, type BrokerConfig } from '../../src/broker/brokerConfig.js';
import { layOutCluster } from '../../src/broker/clusterLayout.js';
import { freePorts } from '../../src/broker/ports.js';
import { statePaths } from '../../src/broker/statePaths.js';

describe('layOutCluster', () => {
  const shapes: readonly (readonly [string, BrokerConfig])[] = [
    ['one broker', {}],
    ['three brokers', { brokers: 3 }],
    ['ZooKeeper and three brokers', { brokers: 3, zookeeper: true, version: '3.9.1' }],
  ];
  it.each(shapes)('gives no port of %s to two listeners, whatever chance draws', async (_name, shape) => {
    const { brokers = 1, zookeeper = false } = shape;
    const asked = await freePorts(7);
    const [port = 0, second = 0, jmxPort = 0, ...further] = asked;
    const plan = planBroker({
      ...shape,
      listeners: [{ port }, { port: second }],
      jmxPort,
      furtherPorts: further.slice(0, brokers - 1),
      furtherJmxPorts: further.slice(2, 2 + brokers - 1),
    });

    const nodes = await layOutCluster(plan, statePaths('/nowhere'), drawing(asked));

    const ports = nodes.flatMap((node) =>
      node.kind === 'zookeeper'
        ? [node.port]
        : [
            ...node.listeners.map((listener) => listener.port),
            node.localPort,
            node.jmxPort,
            ...(node.metadata.kind === 'kraft' ? [node.metadata.controllerPorts[node.id - 1]] : []),
          ],
    );
    expect(ports).toHaveLength(brokers * (zookeeper ? 4 : 5) + (zookeeper ? 1 : 0));
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toEqual(expect.arrayContaining([port, second, jmxPort]));
  });
});

/** Chance that draws these first. */
function drawing(first: readonly number[]): (from: number, below: number) => number {
  const left = [...first];
  return (from, below) => left.shift() ?? randomInt(from, below);
}
