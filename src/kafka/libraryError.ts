import type { KafkaError } from './errors.js';
import { requireLibrary } from './library.js';

/** node-rdkafka does not export its error class, and the class has no types. */
interface ErrorClass {
  create(code: number): KafkaError;
  codes: Readonly<Record<string, number>>;
}

function errorClass(): ErrorClass {
  return requireLibrary('node-rdkafka/lib/error') as ErrorClass;
}

/**
 * The error that a number of librdkafka's stands for, with librdkafka's own text.
 *
 * @param code - librdkafka's error code, as a delivery report carries it
 * @returns the error
 */
export function kafkaErrorOf(code: number): KafkaError {
  return errorClass().create(code);
}

/**
 * The name of a number of librdkafka's, as librdkafka spells it.
 *
 * @param code - librdkafka's error code
 * @returns for example `MSG_SIZE_TOO_LARGE`, or `_MSG_TIMED_OUT` for an error of the client's own
 */
export function kafkaErrorName(code: number): string {
  const [name] = Object.entries(errorClass().codes).find(([, known]) => known === code) ?? [];
  return name?.replace(/^ERR_/, '') ?? `error ${code}`;
}
