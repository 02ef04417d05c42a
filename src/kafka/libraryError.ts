import type { KafkaError } from './kafkaErrors.js';
import { requireLibrary } from './library.js';

/** node-rdkafka does not export its error class, and the class has no types. */
interface ErrorClass {
  create(code: number): KafkaError;
  codes: Readonly<Record<string, number>>;
}

function errorClass(): ErrorClass {
  return requireLibrary('node-rdkafka/lib/error') as ErrorClass;
}

/** The error of a librdkafka error code, with librdkafka's own text. */
export function kafkaErrorOf(code: number): KafkaError {
  return errorClass().create(code);
}

/**
 * librdkafka's name of an error code: `MSG_SIZE_TOO_LARGE`, or `_MSG_TIMED_OUT` for an error of the client's
 * own.
 */
export function kafkaErrorName(code: number): string {
  const [name] = Object.entries(errorClass().codes).find(([, known]) => known === code) ?? [];
  return name?.replace(/^ERR_/, '') ?? `error ${code}`;
}
