import { describe, expect, it } from 'vitest';
import { openMessageSender } from '../../src/workers/messageSender.js';
import { keyPartitioner } from '../../src/workers/keyPartitioner.js';

/** More partitions than any hash has values: its 32 or 31 bits are seen. */
const wide = 2 ** 32;

describe('the partition of a key', () => {
  it.each([
    // From librdkafka's own tests of its hashes.
    ['murmur2', 'kafka', 0x5067cf64],
    ['murmur2', 'giberish123456789', 0x0f552b0c],
    ['murmur2', '234', 0x67c009ca],
    ['murmur2', '', 0x106e08d9],
    ['fnv1a', 'kafka', 0x0d33c4e1],
    ['fnv1a', 'PreAmbleWillBeRemoved,ThePrePartThatIs', 0x65cbd69c],
    ['fnv1a', '', 0x7ee3623b],
    // The check value of CRC-32.
    ['consistent', '123456789', 0xcbf43926],
  ])('by %s of %j is %i', (name, key, hash) => {
    expect(keyPartitioner(wide, name)(Buffer.from(key))).toBe(hash);
  });

  it.each<[string, Record<'none' | 'empty' | 'key', boolean>]>([
    ['consistent_random', { none: false, empty: false, key: true }],
    ['murmur2_random', { none: false, empty: true, key: true }],
    ['fnv1a_random', { none: false, empty: true, key: true }],
    ['consistent', { none: true, empty: true, key: true }],
    ['murmur2', { none: true, empty: true, key: true }],
    ['random', { none: false, empty: false, key: false }],
  ])('is decided by %s for %j', (name, { none, empty, key }) => {
    const partitioner = keyPartitioner(3, name);
    const decides = [undefined, Buffer.alloc(0), Buffer.from('key')].map((one) => partitioner(one));
    expect(decides.map((partition) => partition !== undefined)).toEqual([none, empty, key]);
  });

  it.each([undefined, 'consistent', 'murmur2', 'murmur2_random', 'fnv1a_random'])(
    'is the one that librdkafka chooses with %s',
    async (name) => {
      /** Those of librdkafka's mock of a broker, which creates a topic as it is looked up. */
      const partitions = 4;
      const keys = Array.from({ length: 60 }, (_, index) =>
        Buffer.from(`${'170055002004914266'.slice(index % 7)}${index}`),
      );
      const chosen: number[] = [];
      const sender = await openMessageSender({
        connection: {
          bootstrap: '127.0.0.1:1',
          properties: {
            'allow.auto.create.topics': true,
            ...(name === undefined ? {} : { partitioner: name }),
          },
        },
        properties: { 'test.mock.num.brokers': 1, 'linger.ms': 0 },
        topic: 'keyed',
        onDelivery: ({ partition }) => chosen.push(partition),
        timeoutMs: 30_000,
      });
      // One after the other, so that reports come in order.
      for (const [sent, key] of keys.entries()) {
        expect(sender.trySend(-1, { value: null, key })).toBe(true);
        await expect.poll(() => (sender.poll(), chosen.length), { interval: 1 }).toBe(sent + 1);
      }
      await sender.close();
      const partitioner = keyPartitioner(partitions, name);
      expect(chosen).toEqual(keys.map((key) => partitioner(key)));
      expect(new Set(chosen).size).toBe(partitions);
    },
  );
});
