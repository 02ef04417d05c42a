import rdkafka from 'node-rdkafka';
import { readPayloads } from '../support/payloads.js';
import type { ProducerAnswer, ProducerLoad } from './producerLoad.js';

const timeoutMs = 60_000;

/**
 * A bare loop on node-rdkafka as its package offers it: an object and a callback for each delivery report, of
 * which only a count is kept. That is the minimum for anyone who wants to know what was delivered.
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

console.log(JSON.stringify(await sendStock(JSON.parse(process.argv[2] ?? '{}') as ProducerLoad)));
process.exit(0);
