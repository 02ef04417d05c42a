import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBroker, writeRecord, type BrokerRecord } from '../../src/broker/brokerRecord.js';
import { identify, startFromStat } from '../../src/broker/processIdentity.js';

let folder: string;
let file: string;
let record: BrokerRecord;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  file = join(folder, 'broker.json');
  const me = await identify(process.pid);
  const place = { ports: [9092], plainPort: 9092, jmxPort: 'none' } as const;
  const self = { pid: process.pid, processStart: me?.processStart ?? '' };
  record = {
    ...{ version: '4.1.2', bootstrap: 'localhost:9092', startedAt: '2026-01-01T00:00:00.000Z' },
    ...self,
    ...place,
    nodes: [{ kind: 'broker', id: 1, folder, ...self, ...place }],
  };
});
afterEach(() => rm(folder, { recursive: true }));

describe('findBroker', () => {
  it('finds the process that was written down', async () => {
    await writeRecord(file, record);
    expect(await findBroker(file)).toEqual({ kind: 'running', record, dead: [] });
  });

  it('reads a record that knows one broker only, as earlier versions wrote it', async () => {
    const { nodes, ...older } = record;
    expect(nodes).toHaveLength(1);
    await writeFile(file, JSON.stringify(older));
    expect(await findBroker(file)).toEqual({ kind: 'running', record, dead: [] });
  });

  it('names the processes of a cluster that have ended, while another lives', async () => {
    const [alive] = record.nodes;
    if (alive === undefined) throw new Error('no node');
    const gone = { ...alive, id: 2, processStart: 'an earlier one' };
    await writeRecord(file, { ...record, nodes: [alive, gone] });
    expect(await findBroker(file)).toMatchObject({ kind: 'running', dead: [{ id: 2 }] });
  });

  it('finds nothing without a record', async () => {
    expect(await findBroker(file)).toEqual({ kind: 'absent' });
  });

  it('does not take another process with the same number for the broker', async () => {
    const nodes = record.nodes.map((node) => ({ ...node, processStart: 'an earlier one' }));
    await writeRecord(file, { ...record, nodes });
    expect(await findBroker(file)).toMatchObject({ kind: 'stale' });
  });

  it.each(['', '{', '{"pid": 0}', 'null'])('takes the record %j for stale', async (text) => {
    await writeFile(file, text);
    expect(await findBroker(file)).toMatchObject({ kind: 'stale' });
  });
});

describe('startFromStat', () => {
  const fields = 'S 1 10 10 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 200';
  it.each([
    ['the 22nd field', `10 (java) ${fields}`, '987654'],
    ['the same for a name with spaces and brackets', `10 (a) b (c) ${fields}`, '987654'],
    ['nothing for a process that ended', `10 (java) ${fields.replace('S', 'Z')}`, undefined],
    [
      'the start while other threads live',
      `10 (java) ${fields.replace('S', 'Z').replace(' 1 0 9', ' 3 0 9')}`,
      '987654',
    ],
  ])('reads %s', (_what, stat, expected) => {
    expect(startFromStat(stat)).toBe(expected);
  });
});
