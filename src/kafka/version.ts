import { kafkaLibrary } from './library.js';

/**
 * The version of librdkafka.
 *
 * @returns for example `2.12.0`
 */
export function clientVersion(): string {
  return kafkaLibrary().librdkafkaVersion;
}
