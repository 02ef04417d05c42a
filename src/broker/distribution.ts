import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { AlertSimError } from '../errors.js';

/** One file of a distribution, as its Maven repository serves it. */
export interface DistributionFile {
  /** Its path in a Maven repository, with forward slashes. */
  readonly path: string;
  /** The SHA-256 of its content, in lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Its size in bytes. */
  readonly bytes: number;
}

/** Everything that a broker of one Kafka version is made of. */
export interface KafkaDistribution {
  /** The Kafka version, like `4.1.2`. */
  readonly version: string;
  /** The oldest major version of Java that runs it. */
  readonly java: number;
  /** The jars; all of them go on the class path. */
  readonly files: readonly DistributionFile[];
}

/** The Kafka version that is started when no other is named: the line that Rubin runs in production. */
export const defaultKafkaVersion = '4.1.2';

const lockSchema = z.strictObject({
  version: z.string(),
  java: z.number().int(),
  files: z
    .array(
      z.strictObject({
        path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./+-]+\.jar$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        bytes: z.number().int().positive(),
      }),
    )
    .nonempty(),
});

/**
 * The distribution of one Kafka version, from the lock file that `scripts/lock-kafka.mjs` wrote.
 *
 * @param version - a version that has a lock
 * @returns its files and checksums
 * @throws `BAD_USAGE` for a version without a lock, with the versions that there are
 */
export function readDistribution(version: string): KafkaDistribution {
  const versions = lockedVersions();
  if (!versions.includes(version)) {
    throw new AlertSimError(
      'BAD_USAGE',
      `Kafka ${version} is not one of the versions that come with a lock: ${versions.join(', ')}`,
    );
  }
  return parseLock(readFileSync(new URL(lockName(version), lockFolder), 'utf8'));
}

/**
 * Reads a lock file.
 *
 * @param text - its text
 * @returns the distribution
 * @throws an error when the text is no lock
 */
export function parseLock(text: string): KafkaDistribution {
  return lockSchema.parse(JSON.parse(text));
}

/**
 * What the lock file of a version is called.
 *
 * @param version - the Kafka version
 */
export function lockName(version: string): string {
  return `kafka-${version}.lock.json`;
}

/**
 * The Kafka versions that come with a lock, so that they can be started without Maven.
 *
 * @returns versions like `4.1.2`, sorted
 */
export function lockedVersions(): readonly string[] {
  return readdirSync(lockFolder)
    .map((name) => /^kafka-(.+)\.lock\.json$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .sort();
}

const lockFolder = new URL('.', import.meta.url);
