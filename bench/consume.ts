import { setTimeout as pause } from 'node:timers/promises';
import { WorkerPool } from '../src/coordinator/workerPool.js';
import { openRowProducer } from '../src/kafka/producer.js';
import { failedOf, producedRow } from '../src/kafka/rows.js';
import { MergedLatencies } from '../src/measure/latencySet.js';
import type { ReceiverAccount } from '../src/measure/ledger.js';
import { RangeSet } from '../src/measure/rangeSet.js';
import { AlertMemory } from '../src/workers/alertMemory.js';
import { monotonicNs } from '../src/workers/clock.js';
import { RunControl } from '../src/workers/control.js';
import type { ConsumeTask } from '../src/workers/protocol.js';
import { messagesAt, type Bench } from './support/bench.js';
import type { BenchBroker } from './support/broker.js';
import { readPayloads, writeRandomPayloads } from './support/payloads.js';
import { consumeC, consumerProperties, rdkafkaPerformance } from './support/peers.js';
import type { Measured } from './support/rounds.js';

const partitions = 4;
const timeoutMs = 60_000;
/** The run number in the stamps. */
const runNumber = 7;

/**
 * Reading a prepared stream of stamped messages, each with its end-to-end latency and in the ledger, beside C
 * programs that count what they read.
 */
export function consumeBench(bytes: number, messages: number): Bench {
  return {
    name: `consume-${bytes}`,
    unit: 'msg/s',
    bound:
      "bound by librdkafka's parsing and the loopback; the stream was just written, so the broker reads no disk",
    contenders: async (broker, note, size) => {
      const count = messagesAt(messages, size);
      const topic = `bench-consume-${bytes}`;
      await prefill(broker, topic, bytes, count);
      note(
        'each rate counts from the first message that was taken to the last: joining a group is not in it',
      );
      const c = await rdkafkaPerformance();
      if (c === undefined) note('rdkafka_performance (C) is left out: it could not be compiled');
      let round = 0;
      return [
        {
          name: 'consumer group of 1 member, latency and ledger',
          measure: () => readAll(broker, topic, count, `bench-ours-${bytes}-${(round += 1)}`),
        },
        ...(c === undefined
          ? []
          : [
              {
                name: 'rdkafka_performance -C (simple consumer)',
                measure: () => consumeC(c, broker.bootstrap, topic, partitions, count, undefined),
              },
              {
                name: 'rdkafka_performance -G (consumer group)',
                measure: () =>
                  consumeC(c, broker.bootstrap, topic, partitions, count, `bench-c-${bytes}-${(round += 1)}`),
              },
            ]),
      ];
    },
  };
}

async function prefill(broker: BenchBroker, topic: string, bytes: number, messages: number): Promise<void> {
  await broker.freshTopic(topic, partitions);
  const payloads = readPayloads(writeRandomPayloads(broker.folder, bytes));
  const memory = new AlertMemory(payloads.length * bytes, 1);
  for (const value of payloads) memory.keep({ value, key: null, headers: [] });
  let answered = 0;
  let failed = 0;
  const producer = await openRowProducer({
    connection: broker.connection,
    properties: { 'linger.ms': 5, 'batch.num.messages': 10_000 },
    topic,
    memory,
    stamper: { run: runNumber, producer: 0 },
    onDeliveries: (reports, count) => {
      answered += count;
      failed += failedOf(reports, count);
    },
    timeoutMs,
  });
  const rows = new Float64Array(512 * producedRow.fields);
  for (let sent = 0; sent < messages;) {
    const count = Math.min(512, messages - sent);
    for (let row = 0; row < count; row += 1) {
      const at = row * producedRow.fields;
      memory.point((sent + row) % memory.count, rows, row);
      rows[at + producedRow.partition] = (sent + row) % partitions;
      rows[at + producedRow.sequence] = Math.floor((sent + row) / partitions);
    }
    const taken = producer.produceRows(rows, 0, count);
    sent += taken;
    producer.poll();
    if (taken < count) await pause(1);
  }
  while (answered < messages) {
    producer.poll();
    await pause(1);
  }
  await producer.close();
  if (failed > 0) throw new Error(`${failed} messages of ${topic} failed`);
}

/**
 * Reads the stream with the member that `run` uses. The stamps say that every message is due at 0, and the
 * member's clock is set so that 0 is now: the largest end-to-end latency less the smallest is the time that
 * reading took.
 */
async function readAll(
  { connection }: BenchBroker,
  topic: string,
  messages: number,
  group: string,
): Promise<Measured> {
  const control = new RunControl();
  const pool = new WorkerPool(1, control);
  const merged = new MergedLatencies();
  let received = 0;
  let account: ReceiverAccount | undefined;
  const before = process.cpuUsage();
  const startNs = monotonicNs();
  const worker = pool.start<ConsumeTask>(
    {
      kind: 'consume',
      name: 'consume 1',
      connection,
      timeoutMs,
      topic,
      group,
      properties: consumerProperties,
      run: runNumber,
      maxPerSecond: undefined,
      startAfterNs: 0,
      starts: [],
      commonClockNs: -startNs,
    },
    (message) => {
      if (message.type === 'receivedAccount') account = message.account;
      if (message.type !== 'consumer') return;
      merged.add(message.latencies, () => 'read');
      received += message.received;
      if (received >= messages) control.finish();
    },
  );
  const failure = await worker.ended;
  await pool.close();
  const cpu = process.cpuUsage(before);
  if (failure !== undefined) throw new Error(failure.message);
  const distinct = (account?.streams ?? []).reduce(
    (sum, stream) => sum + new RangeSet(stream.received).size,
    0,
  );
  if (received !== messages || distinct !== messages)
    throw new Error(`${received} messages were read, ${distinct} different ones, of ${messages}`);
  const { histogram } = merged.of('read', 'endToEnd');
  const seconds = (histogram.maxValue - histogram.minNonZeroValue) / 1e6;
  return {
    figure: messages / seconds,
    details: { seconds: seconds, 'harness, CPU µs a message': (cpu.user + cpu.system) / messages },
  };
}
