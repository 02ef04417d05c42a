import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kafkaErrors } from '../../src/kafka/kafkaErrors.js';
import { openRowProducer, type RowProducer } from '../../src/kafka/producer.js';
import { deliveredRow, producedRow } from '../../src/kafka/rows.js';

const topic = 'rows';
const largestBytes = 1000;
const timeoutMs = 30_000;

/** What a report says, by the names of its fields. */
type Report = Record<'error' | 'lower' | 'upper' | 'partition', number>;

/** librdkafka's own mock of a broker answers; each case gets a producer of its own. */
async function open(reports: Report[], lastingBytes: number, queue: number): Promise<RowProducer> {
  return openRowProducer({
    connection: {
      bootstrap: '127.0.0.1:1',
      // The mock makes its topic as it is looked up, which no client of ours allows by itself.
      properties: { 'message.max.bytes': largestBytes, 'allow.auto.create.topics': true },
    },
    properties: {
      'test.mock.num.brokers': 1,
      'queue.buffering.max.messages': queue,
      'linger.ms': 0,
    },
    topic,
    memory: { bytes: Buffer.from(new SharedArrayBuffer(4096)), lastingBytes },
    onDeliveries: (table, count) => {
      for (let at = 0; at < count * deliveredRow.fields; at += deliveredRow.fields) {
        reports.push({
          error: table[at + deliveredRow.error] ?? NaN,
          lower: table[at + deliveredRow.lower] ?? NaN,
          upper: table[at + deliveredRow.upper] ?? NaN,
          partition: table[at + deliveredRow.partition] ?? NaN,
        });
      }
    },
    timeoutMs,
  });
}

function rowsOf(
  messages: readonly { bytes: number; sequence: number; tag?: number; headersBytes?: number; at?: number }[],
): Float64Array {
  const rows = new Float64Array(messages.length * producedRow.fields);
  messages.forEach(({ bytes, sequence, tag = 0, headersBytes = 0, at = 0 }, row) => {
    const first = row * producedRow.fields;
    rows[first + producedRow.partition] = row % 2;
    rows[first + producedRow.valueAt] = at;
    rows[first + producedRow.valueBytes] = bytes;
    rows[first + producedRow.keyBytes] = -1;
    rows[first + producedRow.headersBytes] = headersBytes;
    rows[first + producedRow.tag] = tag;
    rows[first + producedRow.sequence] = sequence;
    rows[first + producedRow.error] = NaN;
  });
  return rows;
}

function errorsOf(rows: Float64Array): number[] {
  return Array.from(
    { length: rows.length / producedRow.fields },
    (_, row) => rows[row * producedRow.fields + producedRow.error] ?? NaN,
  );
}

async function answered(producer: RowProducer, serve: boolean): Promise<void> {
  await vi.waitFor(
    () => {
      producer.poll(serve);
      expect(producer.inFlight).toBe(0);
    },
    { timeout: timeoutMs, interval: 5 },
  );
}

describe('produceRows', () => {
  const reports: Report[] = [];
  let producer: RowProducer | undefined;
  beforeEach(() => {
    reports.length = 0;
  });
  afterEach(async () => {
    await producer?.close();
    producer = undefined;
  });

  it.each([
    ['copied, reports served by the thread', 0, false],
    ['from lasting memory, reports served by the call', 4096, true],
  ])('says of each message whether it was accepted, and the rest is sent: %s', async (_, lasting, serve) => {
    producer = await open(reports, lasting, 1000);
    const rows = rowsOf([
      { bytes: 100, sequence: 2 ** 32 + 7, tag: 2 ** 32 - 1 },
      { bytes: largestBytes + 1, sequence: 1 },
      { bytes: 10, sequence: 2, tag: 5 },
      { bytes: 10, sequence: 3, at: 4090 },
      { bytes: 10, sequence: 4, headersBytes: 3 },
      { bytes: 0, sequence: 5 },
    ]);
    expect(producer.produceRows(rows, 0, 6)).toBe(6);
    const { messageTooLarge } = kafkaErrors;
    const invalid = -186;
    expect(errorsOf(rows)).toEqual([0, messageTooLarge, 0, invalid, invalid, 0]);
    expect(producer.inFlight).toBe(3);
    await answered(producer, serve);
    const bySequence = [...reports].sort((a, b) => a.lower - b.lower);
    expect(bySequence).toEqual([
      { error: 0, lower: 2, upper: 5, partition: 0 },
      { error: 0, lower: 5, upper: 0, partition: 1 },
      { error: 0, lower: 7, upper: 2 ** 32 - 1, partition: 0 },
    ]);
  });

  it('stops at a full queue, and leaves the rest to another call', async () => {
    producer = await open(reports, 4096, 3);
    const rows = rowsOf(Array.from({ length: 5 }, (_, sequence) => ({ bytes: 10, sequence })));
    const first = producer.produceRows(rows, 0, 5);
    expect(first).toBe(3);
    expect(errorsOf(rows).slice(0, 4)).toEqual([0, 0, 0, kafkaErrors.queueFull]);
    await answered(producer, true);
    expect(producer.produceRows(rows, first, 5)).toBe(2);
    await answered(producer, false);
    expect(reports.map(({ lower }) => lower).sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
