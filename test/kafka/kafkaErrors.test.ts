import { expect, it } from 'vitest';
import { connectionError } from '../../src/kafka/kafkaErrors.js';

it('names both places where the address of a broker that cannot be reached may be set: run has no --broker', () => {
  const error = connectionError('localhost:9', [], 5);
  expect(error.code).toBe('BROKER_UNREACHABLE');
  expect(error.message).toContain(
    'cannot reach a Kafka broker at localhost:9: no answer within 5 s. ' +
      'Check the address (--broker, or kafka.bootstrap of a scenario), or start a local one with: ',
  );
});
