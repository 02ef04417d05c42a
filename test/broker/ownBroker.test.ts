import { createServer, type Server } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRecord, type BrokerRecord } from '../../src/broker/brokerRecord.js';
import { localPorts, ownBroker } from '../../src/broker/ownBroker.js';
import { freePorts } from '../../src/broker/ports.js';
import { identify } from '../../src/broker/processIdentity.js';

describe('localPorts', () => {
  it.each([
    ['localhost:9092', [9092]],
    ['localhost', [9092]],
    ['127.0.0.1:1,localhost:2, [::1]:3', [1, 2, 3]],
    ['PLAINTEXT://localhost:4', [4]],
    ['kafka.example.org:9092', undefined],
    ['localhost:1,kafka:2', undefined],
    ['localhost.example.org:1', undefined],
  ])('reads %s', (bootstrap, ports) => {
    expect(localPorts(bootstrap)).toEqual(ports);
  });
});

describe('ownBroker', () => {
  let folder: string;
  let server: Server;
  let port: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'own-'));
    [port = 0] = await freePorts(1);
    server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it('knows the broker that is written down, nobody, and strangers', async () => {
    const me = await identify(process.pid);
    const place = { ...{ pid: process.pid, processStart: me?.processStart ?? '' }, plainPort: port };
    const rest = { ports: [port], jmxPort: 'none' } as const;
    const record: BrokerRecord = {
      ...{ ...place, ...rest, version: '4.1.2', bootstrap: `localhost:${port}`, startedAt: '' },
      nodes: [{ kind: 'broker', id: 1, folder, ...place, ...rest }],
    };
    await writeRecord(join(folder, 'broker.json'), record);
    expect(await ownBroker(`localhost:${port}`, folder)).toEqual({ kind: 'running', record });
    expect(await ownBroker(`localhost:${port}`, join(folder, 'other'))).toEqual({ kind: 'foreign' });
    expect(await ownBroker('kafka.example.org:9092', folder)).toEqual({ kind: 'foreign' });
    const [free = 0] = await freePorts(1);
    expect(await ownBroker(`localhost:${free}`, folder)).toEqual({ kind: 'nobody' });
  });
});
