import { AlertSimError } from '../errors.js';

/** Capabilities of a Kafka version that matter for starting it. */
export interface KafkaLine {
  /** The oldest major version of Java that runs its broker. */
  readonly java: number;
  /** Whether it can keep its metadata in ZooKeeper; Kafka 4 cannot (KIP-500, KIP-866). */
  readonly zookeeper: boolean;
}

/** The oldest supported version: KRaft counts as finished from there on (KIP-833). */
const oldest = [3, 3] as const;

/**
 * Capabilities of a Kafka version.
 *
 * @param version - three numbers, like `4.1.2`
 * @throws `BAD_USAGE` for an invalid version, or one that is too old
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
  // Java 17 from Kafka 4 on (KIP-1013); Java 8 is deprecated for Kafka 3 (KIP-750).
  return Number(major) >= 4 ? { java: 17, zookeeper: false } : { java: 11, zookeeper: true };
}
