import type { KafkaError } from './errors.js';
import { requireLibrary } from './library.js';

/** node-rdkafka does not export its error class, and the class has no types. */
interface ErrorClass {
  create(code: number): KafkaError;
}

/**
 * The error that a number of librdkafka's stands for, with librdkafka's own text.
 *
 * @param code - librdkafka's error code, as a delivery report carries it
 * @returns the error
 */
export function kafkaErrorOf(code: number): KafkaError {
  return (requireLibrary('node-rdkafka/lib/error') as ErrorClass).create(code);
}
