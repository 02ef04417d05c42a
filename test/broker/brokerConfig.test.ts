import { describe, expect, it } from 'vitest';
import { planBroker, type BrokerConfig } from '../../src/broker/brokerConfig.js';

const env = { RUBIN_ALERT_SIM_CACHE: '/cache' };

describe('planBroker', () => {
  it('has a default for everything', () => {
    expect(planBroker({}, env)).toEqual({
      version: '4.1.2',
      stateFolder: '/cache/broker',
      cache: '/cache',
      brokers: 1,
      zookeeper: false,
      listeners: [{ port: 9092 }],
      furtherPorts: [],
      jmxPort: 9292,
      furtherJmxPorts: [],
      heap: '1g',
      jvmOptions: [],
      serverProperties: {},
      scramUsers: [],
    });
  });

  it.each<[BrokerConfig, string]>([
    [{ listeners: [{ port: 0 }] }, '0 is not a port'],
    [{ listeners: [{ port: 70_000 }] }, '70000 is not a port'],
    [{ listeners: [{ port: 9292 }] }, 'port 9292 is to be used twice'],
    [
      { listeners: [{ port: 5000 }, { port: 5000, scram: 'SCRAM-SHA-512' }] },
      'port 5000 is to be used twice',
    ],
    [{ brokers: 3, furtherPorts: [9093, 9092] }, 'port 9092 is to be used twice'],
    [{ brokers: 3, furtherJmxPorts: [9092] }, 'port 9092 is to be used twice'],
    [{ furtherPorts: [9093] }, '2 ports are given for one broker'],
    [{ brokers: 2 as 3 }, '2 brokers cannot be started: give 1 or 3'],
    [{ zookeeper: true }, 'Kafka 4.1.2 has no ZooKeeper any more'],
    [
      {
        version: '3.9.1',
        zookeeper: true,
        scramUsers: [{ name: 'a', password: 'b', mechanism: 'SCRAM-SHA-256' }],
      },
      'leave ZooKeeper out',
    ],
    [{ version: 'newest' }, 'newest is not a Kafka version'],
    [{ jvmOptions: ['Xmx2g'] }, 'Xmx2g is not a JVM option'],
    [{ jvmOptions: ['-jar'] }, '-jar is set by the local broker itself'],
    [{ heap: 'big' }, 'big is not a heap size'],
    [{ stateFolder: '/a,b' }, 'a comma or colon'],
    [
      { serverProperties: { 'log.dirs': '/x' } },
      'log.dirs is set by the local broker itself: choose the folder',
    ],
    [
      { serverProperties: { listeners: 'x' } },
      'listeners is set by the local broker itself: choose the port',
    ],
  ])('refuses %j', (config, message) => {
    expect(() => planBroker(config, env)).toThrow(
      expect.objectContaining({ code: 'BAD_USAGE', message: expect.stringContaining(message) as unknown }),
    );
  });
});
