import { describe, expect, it } from 'vitest';
import type { BrokerRecord, NodeRecord } from '../../src/broker/brokerRecord.js';
import { withoutEffect, type UpOptions } from '../../src/cli/broker.js';

const node: NodeRecord = {
  ...{ kind: 'broker', id: 1, pid: 1, processStart: '1', folder: 'd' },
  ...{ ports: [29_592], plainPort: 29_592, jmxPort: 9999 },
};
const record: BrokerRecord = {
  ...{
    pid: 1,
    processStart: '1',
    version: '4.1.2',
    bootstrap: 'localhost:29592',
    startedAt: '2026-11-29T05:00:00Z',
  },
  ...{ ports: [29_592], plainPort: 29_592, jmxPort: 9999, nodes: [node] },
};
const options: UpOptions = {
  ...{ brokers: 1, kafkaVersion: '4.1.2', zookeeper: false, port: [9092], jmxPort: [9999] },
  ...{ registryPort: 8081, heap: '1g', jvmOption: [], set: [] },
};

describe('broker up beside a broker that runs already', () => {
  it.each([
    ['nothing', {}, {}, []],
    ['its own port', { port: '--port' }, { port: [29_592] }, []],
    ['another port', { port: '--port' }, { port: [29_599] }, ['--port 29599']],
    ['no JMX', { jmxPort: '--jmx-port' }, { jmxPort: 'none' }, ['--jmx-port none']],
    ['its own JMX', { jmxPort: '--jmx-port' }, { jmxPort: [9999] }, []],
    [
      'another version',
      { kafkaVersion: '--kafka-version' },
      { kafkaVersion: '3.9.1' },
      ['--kafka-version 3.9.1'],
    ],
    ['settings', { heap: '--heap', set: '--set' }, { heap: '2g', set: ['a=b'] }, ['--heap 2g', '--set …']],
  ] as const)('names what had no effect: %s', (_what, flags, given, without) => {
    expect(withoutEffect(new Map(Object.entries(flags)), { ...options, ...given }, record)).toEqual(without);
  });

  it('goes through all brokers of a cluster', () => {
    const cluster = { ...record, nodes: [node, { ...node, id: 2, ports: [29_593] }] as const };
    const flags = new Map([['port', '--port']]);
    expect(withoutEffect(flags, { ...options, port: [29_592, 29_593] }, cluster)).toEqual([]);
    expect(withoutEffect(flags, { ...options, port: [29_592, 29_594] }, cluster)).toEqual([
      '--port 29592,29594',
    ]);
  });
});
