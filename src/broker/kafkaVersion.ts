import { AlertSimError } from '../errors.js';

/** What a Kafka version can do, as far as starting it goes. */
export interface KafkaLine {
  /** The oldest major version of Java that runs its broker. */
  readonly java: number;
  /** Whether it can keep its metadata in ZooKeeper; Kafka 4 cannot (KIP-500, KIP-866). */
  readonly zookeeper: boolean;
}

/** The oldest version that can be started: KRaft counts as finished from there on (KIP-833). */
const oldest = [3, 3] as const;

/**
 * What a Kafka version can do.
 *
 * @param version - a version of three numbers, like `4.1.2`
 * @returns what it needs and offers
 * @throws `BAD_USAGE` for what is no version, or one that is too old
 */
export function kafkaLine(version: string): KafkaLine {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}$/.exec(version) ?? [];
  if (major === undefined || minor === undefined) {
    throw new AlertSimError('BAD_USAGE', `${version} is not a Kafka version: give it like 3.9.1 or 4.1.2`);
  }
  const [oldestMajor, oldestMinor] = oldest;
  if (Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor)) {
    throw new AlertSimError(
      'BAD_USAGE',
      `Kafka ${version} is too old to be started here: give ${oldest.join('.')}.0 or newer`,
    );
  }
  // Java 17 since Kafka 4 (KIP-1013); Java 8 is deprecated for Kafka 3 (KIP-750).
  return Number(major) >= 4 ? { java: 17, zookeeper: false } : { java: 11, zookeeper: true };
}
