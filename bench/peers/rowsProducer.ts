import { setTimeout as pause } from 'node:timers/promises';
import { openRowProducer } from '../../src/kafka/producer.js';
import { failedOf, producedRow } from '../../src/kafka/rows.js';
import { FlatOutWindow } from '../../src/schedule/flatOutWindow.js';
import { AlertMemory } from '../../src/workers/alertMemory.js';
import { monotonicNs } from '../../src/workers/clock.js';
import { mostInFlight } from '../../src/workers/rowSender.js';
import { PartitionTurns } from '../../src/workers/partitionTurns.js';
import { sleep } from '../../src/workers/sleep.js';
import { readPayloads } from '../support/payloads.js';
import type { ProducerAnswer, TimedLoad } from './producerLoad.js';

const timeoutMs = 60_000;
/** The same as a producer's: rows per call, sleep at a full queue, and how often the event loop has a turn. */
const rowsAtOnce = 512;
const fullQueueSleepNs = 1e6;
const turnNs = 20e6;

/**
 * The steps of a producer's flat-out loop, with batched reports and nothing recorded but a count: no histograms,
 * no ledger, no numbers of messages in flight, no intervals. Like a run without consumers, it stamps no
 * messages. What `run` is slower than this is what recording costs, together with its coordinator and its
 * second thread.
 */
async function sendRows(load: TimedLoad): Promise<ProducerAnswer> {
  const payloads = readPayloads(load.payloads);
  const memory = new AlertMemory(
    payloads.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  for (const value of payloads) memory.keep({ value, key: null, headers: [] });
  let acked = 0;
  let failed = 0;
  const producer = await openRowProducer({
    connection: { bootstrap: load.bootstrap },
    properties: {
      'queue.buffering.max.messages': mostInFlight,
      'queue.buffering.max.kbytes': 131_072,
      ...load.properties,
    },
    topic: load.topic,
    memory,
    onDeliveries: (reports, count) => {
      const failures = failedOf(reports, count);
      failed += failures;
      acked += count - failures;
    },
    timeoutMs,
  });
  const rows = new Float64Array(rowsAtOnce * producedRow.fields);
  const { fields, partition, dueNs, valueBytes } = producedRow;
  const { count } = memory;
  let sent = 0;
  const turns = new PartitionTurns(load.partitions, 0);

  /** One phase: sends until its end, then waits for every answer. */
  const phase = async (seconds: number): Promise<ProducerAnswer> => {
    const before = acked;
    const startNs = monotonicNs();
    const endNs = startNs + seconds * 1e9;
    let turnAtNs = startNs;
    const window = new FlatOutWindow(mostInFlight, memory.usedBytes / count);
    for (let nowNs = startNs; nowNs < endNs; nowNs = monotonicNs()) {
      const room = Math.max(0, window.messages - producer.inFlight);
      const most = Math.min(rowsAtOnce, room);
      for (let row = 0; row < most; row += 1) {
        memory.point((sent + row) % count, rows, row);
        rows[row * fields + dueNs] = nowNs;
        rows[row * fields + partition] = turns.take(rows[row * fields + valueBytes] ?? 0, true);
      }
      const taken = producer.produceRows(rows, 0, most);
      sent += taken;
      if (taken < most) turns.returnTo(rows[taken * fields + partition] ?? 0);
      if (room < rowsAtOnce) window.noteFull();
      window.judge(nowNs, acked);
      if (taken < rowsAtOnce) {
        sleep(fullQueueSleepNs);
        producer.poll(true);
      }
      producer.poll(true);
      if (monotonicNs() - turnAtNs >= turnNs) {
        turnAtNs = monotonicNs();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    while (producer.inFlight > 0) {
      producer.poll();
      if (producer.inFlight > 0) await pause(1);
    }
    if (failed > 0) throw new Error(`${failed} messages failed`);
    return { acked: acked - before, seconds: (monotonicNs() - startNs) / 1e9 };
  };

  await phase(load.warmupSeconds);
  return phase(load.seconds);
}

console.log(JSON.stringify(await sendRows(JSON.parse(process.argv[2] ?? '{}') as TimedLoad)));
process.exit(0);
