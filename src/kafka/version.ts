import { kafkaLibrary } from './library.js';

/** The version of librdkafka: `2.12.0`. */
export function clientVersion(): string {
  return kafkaLibrary().librdkafkaVersion;
}
