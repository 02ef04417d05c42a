import { createRequire } from 'node:module';
import type { KafkaError } from './errors.js';

// node-rdkafka does not export its error class, and the class has no types.
const library = createRequire(import.meta.url)('node-rdkafka/lib/error') as {
  create(code: number): KafkaError;
};

/**
 * The error that a number of librdkafka's stands for, with librdkafka's own text.
 *
 * @param code - librdkafka's error code, as a delivery report carries it
 * @returns the error
 */
export function kafkaErrorOf(code: number): KafkaError {
  return library.create(code);
}
