import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planBroker, type BrokerPlan } from '../../src/broker/brokerConfig.js';
import {
  plainPort,
  renderProperties,
  serverProperties,
  type BrokerPlace,
} from '../../src/broker/serverProperties.js';

/** A single broker, or one of three. */
function placeOf(plan: BrokerPlan, more: Partial<BrokerPlace> = {}): BrokerPlace {
  const metadata = { kind: 'kraft', controllerPorts: [1001] } as const;
  return { id: 1, listeners: plan.listeners, localPort: 1002, dataFolder: '/data', metadata, ...more };
}

describe('serverProperties', () => {
  it('describes one node that is broker and controller', () => {
    const plan = planBroker({});
    expect(serverProperties(plan, placeOf(plan))).toMatchObject({
      'process.roles': 'broker,controller',
      'controller.quorum.voters': '1@127.0.0.1:1001',
      listeners: 'CLIENT://127.0.0.1:9092,CONTROLLER://127.0.0.1:1001',
      'advertised.listeners': 'CLIENT://127.0.0.1:9092',
      'inter.broker.listener.name': 'CLIENT',
      'log.dirs': '/data',
      'auto.create.topics.enable': 'false',
      'message.max.bytes': '10000000',
    });
  });

  it('describes one of three brokers that replicate everything', () => {
    const plan = planBroker({ brokers: 3 });
    const metadata = { kind: 'kraft', controllerPorts: [1001, 1002, 1003] } as const;
    expect(
      serverProperties(plan, placeOf(plan, { id: 2, listeners: [{ port: 7 }], metadata })),
    ).toMatchObject({
      'node.id': '2',
      'controller.quorum.voters': '1@127.0.0.1:1001,2@127.0.0.1:1002,3@127.0.0.1:1003',
      listeners: 'CLIENT://127.0.0.1:7,CONTROLLER://127.0.0.1:1002',
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'offsets.topic.replication.factor': '3',
      'transaction.state.log.replication.factor': '3',
      'transaction.state.log.min.isr': '2',
      'share.coordinator.state.topic.replication.factor': '3',
      'share.coordinator.state.topic.min.isr': '2',
    });
  });

  it('describes a broker that uses ZooKeeper', () => {
    const plan = planBroker({ version: '3.9.1', zookeeper: true });
    const properties = serverProperties(plan, placeOf(plan, { metadata: { kind: 'zookeeper', port: 2181 } }));
    expect(properties).toMatchObject({
      'broker.id': '1',
      'zookeeper.connect': '127.0.0.1:2181',
      listeners: 'CLIENT://127.0.0.1:9092',
      'listener.security.protocol.map': 'CLIENT:PLAINTEXT',
    });
    expect(Object.keys(properties).filter((name) => /^(process|node|controller)\./.test(name))).toEqual([]);
  });

  it('lets the given properties win', () => {
    const plan = planBroker({ serverProperties: { 'message.max.bytes': '5', 'num.io.threads': '16' } });
    expect(serverProperties(plan, placeOf(plan))).toMatchObject({
      'message.max.bytes': '5',
      'num.io.threads': '16',
    });
  });

  it('secures each listener by itself and keeps a plain one for its own use', () => {
    const plan = planBroker({
      listeners: [
        { port: 1, tls: { keystore: { location: '/k.pem' }, truststore: { location: '/ca.pem' } } },
        { port: 2, scram: 'SCRAM-SHA-512' },
        {
          port: 3,
          scram: 'SCRAM-SHA-256',
          tls: { keystore: { location: '/k.p12', type: 'PKCS12', password: 'x' } },
        },
      ],
    });
    const properties = serverProperties(plan, placeOf(plan));
    expect(properties).toMatchObject({
      'listener.security.protocol.map':
        'CLIENT:SSL,CLIENT2:SASL_PLAINTEXT,CLIENT3:SASL_SSL,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'LOCAL',
      'listener.name.client.ssl.keystore.type': 'PEM',
      'listener.name.client.ssl.truststore.location': '/ca.pem',
      'listener.name.client.ssl.client.auth': 'none',
      'listener.name.client2.sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'listener.name.client3.ssl.keystore.password': 'x',
      'listener.name.client3.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    });
    expect(plainPort(placeOf(plan))).toBe(1002);
  });

  it('asks an open listener itself where there is one', () => {
    const plan = planBroker({ listeners: [{ port: 1, scram: 'SCRAM-SHA-512' }, { port: 2 }] });
    expect(plainPort(placeOf(plan))).toBe(2);
    expect(serverProperties(plan, placeOf(plan))['inter.broker.listener.name']).toBe('CLIENT2');
  });
});

describe('renderProperties', () => {
  it('writes what Java reads back', () => {
    expect(renderProperties({ 'a b': ' c\\d\n', ü: '=:#' })).toBe('a\\ b=\\ c\\\\d\\u000a\n\\u00fc==:#\n');
  });

  it('keeps every name and value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ unit: 'binary' })),
        (given) => {
          expect(readProperties(renderProperties(given))).toEqual(new Map(Object.entries(given)));
        },
      ),
    );
  });
});

/**
 * Reads properties by the rules of `java.util.Properties.load`, for lines that do not continue on the next.
 */
function readProperties(text: string): Map<string, string> {
  const lines = text.split('\n').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^((?:\\.|[^\\=: ])*)[=: ] *(.*)$/.exec(line) ?? [];
      return [unescaped(name), unescaped(value)] as const;
    }),
  );
}

function unescaped(text: string): string {
  return text.replace(/\\(u([0-9a-f]{4})|.)/g, (_all, one: string, code: string | undefined) =>
    code === undefined ? one : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
