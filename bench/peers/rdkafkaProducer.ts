import rdkafka from 'node-rdkafka';
import { openRowProducer } from '../../src/kafka/rowProducer.js';
import { failedOf, producedRow } from '../../src/kafka/rows.js';
import { AlertMemory } from '../../src/workers/alertMemory.js';
import { readPayloads } from '../support/payloads.js';
import type { ProducerAnswer, ProducerLoad } from './producerLoad.js';

const timeoutMs = 60_000;
const rowsAtOnce = 512;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * A bare loop on node-rdkafka as its package offers it: an object and a callback for each delivery report, of which
 * nothing is kept but a count. That is the least that anybody who wants to know what was delivered has to pay.
 */
async function sendStock(load: ProducerLoad): Promise<ProducerAnswer> {
  const payloads = readPayloads(load.payloads);
  const producer = new rdkafka.Producer({
    'metadata.broker.list': load.bootstrap,
    dr_cb: true,
    ...load.properties,
  });
  await new Promise<void>((resolve, reject) => {
    producer.once('ready', () => {
      resolve();
    });
    producer.connect({ timeout: timeoutMs }, (error) => {
      if ((error as object | null) !== null) reject(new Error(error.message));
    });
  });
  let acked = 0;
  let failed = 0;
  producer.on('delivery-report', (error) => {
    if ((error as object | null) !== null) failed += 1;
    else acked += 1;
  });
  const startMs = performance.now();
  for (let sent = 0; sent < load.messages;) {
    try {
      const turnEnd = Math.min(load.messages, sent + 100);
      for (; sent < turnEnd; sent += 1)
        producer.produce(load.topic, sent % load.partitions, payloads[sent % payloads.length] ?? null);
    } catch (thrown) {
      // The queue is full: what has been delivered makes room.
      if ((thrown as { code?: number }).code !== -184) throw thrown;
    }
    producer.poll();
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (acked + failed < load.messages) {
    producer.poll();
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (failed > 0) throw new Error(`${failed} messages failed`);
  return { acked, seconds: (performance.now() - startMs) / 1000 };
}

/** Our rows and batched reports, as a run without consumers sends them, without histograms, ledger, table of messages in flight and intervals. */
async function sendRows(load: ProducerLoad): Promise<ProducerAnswer> {
  const payloads = readPayloads(load.payloads);
  const capacity = payloads.reduce((sum, { length }) => sum + length, 0);
  const memory = new AlertMemory(capacity, 1);
  for (const value of payloads) memory.keep({ value, key: null, headers: [] });
  let acked = 0;
  let failed = 0;
  const producer = await openRowProducer(
    { bootstrap: load.bootstrap },
    { 'queue.buffering.max.messages': 500_000, 'queue.buffering.max.kbytes': 131_072, ...load.properties },
    load.topic,
    memory,
    undefined,
    (reports, count) => {
      const failures = failedOf(reports, count);
      failed += failures;
      acked += count - failures;
    },
    timeoutMs,
  );
  if (!producer.batchedAcknowledgements) throw new Error('the Kafka client lacks our patches');
  const rows = new Float64Array(rowsAtOnce * producedRow.fields);
  const startMs = performance.now();
  for (let sent = 0; sent < load.messages;) {
    const count = Math.min(rowsAtOnce, load.messages - sent);
    for (let row = 0; row < count; row += 1) {
      const index = sent + row;
      memory.point(index % memory.count, rows, row);
      rows[row * producedRow.fields + producedRow.partition] = index % load.partitions;
      rows[row * producedRow.fields + producedRow.sequence] = Math.floor(index / load.partitions);
    }
    const taken = producer.produceRows(rows, 0, count);
    sent += taken;
    if (taken < count) Atomics.wait(sleeper, 0, 0, 1);
    producer.poll();
  }
  while (acked + failed < load.messages) {
    producer.poll();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (failed > 0) throw new Error(`${failed} messages failed`);
  return { acked, seconds: (performance.now() - startMs) / 1000 };
}

const load = JSON.parse(process.argv[2] ?? '{}') as ProducerLoad;
console.log(JSON.stringify(await (load.way === 'stock' ? sendStock(load) : sendRows(load))));
process.exit(0);
