import { describe, expect, it } from 'vitest';
import { planBroker, type BrokerConfig } from '../../src/broker/brokerConfig.js';

const env = { RUBIN_ALERT_SIM_CACHE: '/cache' };

describe('planBroker', () => {
  it('has a default for everything', () => {
    expect(planBroker({}, env)).toEqual({
      version: '4.1.2',
      stateFolder: '/cache/broker',
      cache: '/cache',
      listeners: [{ port: 9092 }],
      jmxPort: 9292,
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
