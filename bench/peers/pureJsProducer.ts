import { readPayloads } from '../support/payloads.js';
import type { ProducerAnswer, ProducerLoad } from './producerLoad.js';

/**
 * The part that we use of `@platformatic/kafka`, which is not a dependency: it needs a newer Node than we do.
 */
interface PureJsClient {
  readonly Producer: new (options: Readonly<Record<string, unknown>>) => {
    readonly send: (options: {
      readonly messages: readonly {
        readonly topic: string;
        readonly partition: number;
        readonly value: Buffer;
      }[];
      readonly acks: number;
    }) => Promise<unknown>;
    readonly close: () => Promise<void>;
  };
}

/** Batches of about this size, several of them in flight at once: librdkafka's own way of working. */
const batchBytes = 1_000_000;
const batchesInFlight = 5;

/** Sends all messages in batches and waits for the answer of each. */
async function sendPureJs(load: ProducerLoad): Promise<ProducerAnswer> {
  const name = '@platformatic/kafka';
  const { Producer } = (await import(name)) as PureJsClient;
  const payloads = readPayloads(load.payloads);
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [load.bootstrap],
    autocreateTopics: false,
  });
  const acks = String(load.properties.acks) === '1' ? 1 : -1;
  const mean = payloads.reduce((sum, { length }) => sum + length, 0) / payloads.length;
  const perBatch = Math.max(1, Math.min(10_000, Math.floor(batchBytes / mean)));
  let sent = 0;
  let acked = 0;
  const chain = async (): Promise<void> => {
    while (sent < load.messages) {
      const from = sent;
      sent = Math.min(load.messages, from + perBatch);
      const messages = Array.from({ length: sent - from }, (_, index) => ({
        topic: load.topic,
        partition: (from + index) % load.partitions,
        value: payloads[(from + index) % payloads.length] ?? Buffer.alloc(0),
      }));
      await producer.send({ messages, acks });
      acked += messages.length;
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: batchesInFlight }, chain));
  const seconds = (performance.now() - startMs) / 1000;
  await producer.close();
  return { acked, seconds };
}

console.log(JSON.stringify(await sendPureJs(JSON.parse(process.argv[2] ?? '{}') as ProducerLoad)));
process.exit(0);
