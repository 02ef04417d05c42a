import type rdkafka from 'node-rdkafka';
import { describe, expect, it } from 'vitest';
import { kafkaLibrary, patched } from '../../src/kafka/library.js';

describe('the Kafka client', () => {
  it('that is installed carries the patches', () => {
    expect('produceRows' in kafkaLibrary().Producer.prototype).toBe(true);
  });

  it.each([
    ['batched delivery reports', {}, { consumeRows: 0 }],
    ['rows to produce', { setDeliveryBatching: 0 }, { consumeRows: 0 }],
    ['rows to consume', { setDeliveryBatching: 0, produceRows: 0 }, {}],
  ])(
    'is rejected without the patch for %s, with the command that builds it',
    (_patch, producer, consumer) => {
      const client = { Producer: { prototype: producer }, KafkaConsumer: { prototype: consumer } };
      expect(() => patched(client as unknown as typeof rdkafka)).toThrow(
        /^the Kafka client was built without our patches\. Run npm run build in \//,
      );
    },
  );
});
