import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../errors.js';
import { makeFolders } from '../makeFolders.js';
import type { Logger } from '../outputs/log.js';
import { jarsFolder, locksFolder } from './cacheFolder.js';
import {
  lockedVersions,
  lockName,
  parseLock,
  readDistribution,
  type KafkaDistribution,
} from './distribution.js';
import { kafkaLine } from './kafkaVersion.js';
import { resolveDistribution } from './mavenResolution.js';

export interface FindOptions {
  /** It keeps the locks of versions that come without one. */
  readonly cache: string;
  /** For a message when Maven is used. */
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Maven's program; `mvn` by default. */
  readonly maven?: string | undefined;
}

/**
 * Finds out what a Kafka version consists of. Some versions come with a lock: checksums that were reviewed.
 * For any other version Maven is asked once, and the checksums of what it fetched are valid from then on.
 *
 * @throws `BAD_USAGE` for an invalid version, or one that is too old or not published, `MISSING_PREREQUISITE`
 * where Maven is needed and missing, `DOWNLOAD_FAILED`, `INTERRUPTED`
 */
export async function findDistribution(version: string, options: FindOptions): Promise<KafkaDistribution> {
  kafkaLine(version);
  if (lockedVersions().includes(version)) return readDistribution(version);
  const { cache, log, signal, maven } = options;
  const file = join(locksFolder(cache), lockName(version));
  const known = await readLock(file);
  if (known !== undefined) return known;
  log?.info('broker', `asking Maven what Kafka ${version} is made of, once`);
  const found = await resolveDistribution(version, { folder: jarsFolder(cache), signal, maven }).catch(
    (thrown: unknown) => {
      if (!(thrown instanceof AlertSimError) || thrown.code !== 'MISSING_PREREQUISITE') throw thrown;
      throw new AlertSimError(
        'MISSING_PREREQUISITE',
        `Kafka ${version} comes without a list of its files here, so Maven must find them (${messageOf(thrown)}): ` +
          `install it with \`sudo apt-get install maven\` or \`brew install maven\`, or choose one of ` +
          lockedVersions().join(', '),
        thrown,
      );
    },
  );
  await makeFolders(locksFolder(cache));
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(found, null, 1)}\n`);
  await rename(draft, file);
  return found;
}

async function readLock(file: string): Promise<KafkaDistribution | undefined> {
  try {
    return parseLock(await readFile(file, 'utf8'));
  } catch {
    // Missing, or damaged: it is made again.
    return undefined;
  }
}
