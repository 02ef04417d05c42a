import { setTimeout as pause } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { openRowProducer } from '../../src/kafka/producer.js';
import { failedOf, producedRow } from '../../src/kafka/rows.js';
import { AlertMemory } from '../../src/workers/alertMemory.js';
import type { Step } from './step.js';

const rowsAtOnce = 512;
const partitions = 4;
const timeoutMs = 30_000;

/**
 * Filling rows, handing them to librdkafka, and taking delivery reports; no broker: librdkafka's own mock of
 * one answers.
 */
export async function producingSteps(bytes: number): Promise<Step[]> {
  const count = Math.max(1, Math.min(10_000, Math.floor(32e6 / bytes)));
  const memory = new AlertMemory(count * bytes, 1);
  for (let index = 0; index < count; index += 1)
    memory.keep({ value: randomBytes(bytes), key: null, headers: [] });
  const rows = new Float64Array(rowsAtOnce * producedRow.fields);
  let next = 0;
  const fill = (): undefined => {
    for (let row = 0; row < rowsAtOnce; row += 1) {
      const at = row * producedRow.fields;
      memory.point((next + row) % count, rows, row);
      rows[at + producedRow.partition] = row % partitions;
      rows[at + producedRow.dueNs] = 1e9;
      rows[at + producedRow.tag] = row;
    }
    next += rowsAtOnce;
    return undefined;
  };
  let failed = 0;
  const producer = await openRowProducer({
    // The mock creates its topic as it is looked up, which no client of ours allows by itself.
    connection: { bootstrap: '127.0.0.1:1', properties: { 'allow.auto.create.topics': true } },
    properties: {
      'test.mock.num.brokers': 1,
      'linger.ms': 5,
      'batch.num.messages': 10_000,
      'queue.buffering.max.messages': 500_000,
      'queue.buffering.max.kbytes': 131_072,
      acks: 1,
    },
    topic: 'micro',
    memory,
    stamper: { run: 1, producer: 0 },
    onDeliveries: (reports, count) => {
      failed += failedOf(reports, count);
    },
    timeoutMs,
  });
  const empty = async (): Promise<void> => {
    while (producer.inFlight > 0) {
      producer.poll();
      await pause(1);
    }
  };
  const send = (): void => {
    fill();
    const taken = producer.produceRows(rows, 0, rowsAtOnce);
    if (taken < rowsAtOnce)
      throw new Error(`librdkafka took ${taken} of ${rowsAtOnce} messages, ${failed} failed`);
  };
  return [
    { name: `row filled, ${bytes} B`, per: 'message', operations: rowsAtOnce, run: fill },
    {
      name: `produceRows, ${bytes} B`,
      per: 'message',
      operations: rowsAtOnce,
      before: async () => {
        if (producer.inFlight > 0.5 * Math.min(400_000, 100e6 / bytes)) await empty();
        fill();
      },
      run: () => {
        const taken = producer.produceRows(rows, 0, rowsAtOnce);
        if (taken < rowsAtOnce) throw new Error(`librdkafka took ${taken} of ${rowsAtOnce} messages`);
        return undefined;
      },
    },
    {
      name: `delivery reports taken, ${bytes} B`,
      per: 'message',
      operations: rowsAtOnce,
      before: async () => {
        await empty();
        send();
        // Long enough for the mock's answers: those that have not come by then do not count.
        await pause(30);
      },
      run: () => {
        const startMs = performance.now();
        const reports = producer.poll();
        const tookMs = performance.now() - startMs;
        return { overriddenDuration: (tookMs * rowsAtOnce) / Math.max(1, reports) };
      },
      close: async () => {
        await empty();
        await producer.close();
      },
    },
  ];
}
