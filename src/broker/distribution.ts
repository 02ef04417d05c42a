import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { AlertSimError } from '../errors.js';

/** A file of a distribution in its Maven repository. */
export interface DistributionFile {
  /** In a Maven repository, with forward slashes. */
  readonly path: string;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Everything that a broker of one Kafka version consists of. */
export interface KafkaDistribution {
  /** `4.1.2`. */
  readonly version: string;
  /** The oldest major version of Java that runs it. */
  readonly java: number;
  /** The jars; all of them go on the class path. */
  readonly files: readonly DistributionFile[];
}

/** The version that Rubin runs in production. */
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
 * The files and checksums of one Kafka version, from the lock file that `scripts/lock-kafka.mjs` wrote.
 *
 * @throws `BAD_USAGE` for a version without a lock, with the versions that have one
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
 * Parses a lock file.
 *
 * @throws an error when the text is not a lock
 */
export function parseLock(text: string): KafkaDistribution {
  return lockSchema.parse(JSON.parse(text));
}

/** The name of the lock file of a Kafka version. */
export function lockName(version: string): string {
  return `kafka-${version}.lock.json`;
}

/** The sorted Kafka versions that come with a lock, so that they can be started without Maven. */
export function lockedVersions(): readonly string[] {
  return readdirSync(lockFolder)
    .map((name) => /^kafka-(.+)\.lock\.json$/.exec(name)?.[1])
    .filter((version) => version !== undefined)
    .sort();
}

const lockFolder = new URL('.', import.meta.url);
