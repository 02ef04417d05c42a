import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { checkService } from './readiness.js';
import { statePaths, type StatePaths } from './statePaths.js';

/** What is known about the broker of a state folder. */
export type BrokerStatus =
  /** No such process; `reason` where a record was left behind. */
  | { readonly kind: 'stopped'; readonly paths: StatePaths; readonly reason: string | undefined }
  /** The process lives, but does not serve clients. */
  | {
      readonly kind: 'not answering';
      readonly paths: StatePaths;
      readonly record: BrokerRecord;
      readonly reason: string;
    }
  /** It serves clients. */
  | {
      readonly kind: 'running';
      readonly paths: StatePaths;
      readonly record: BrokerRecord;
      readonly dataBytes: number;
    };

/**
 * Looks how a local broker is.
 *
 * @param stateFolder - the broker's state folder
 * @returns its status, after asking the broker itself
 */
export async function brokerStatus(stateFolder: string): Promise<BrokerStatus> {
  const paths = statePaths(stateFolder);
  const presence = await findBroker(paths.record);
  if (presence.kind !== 'running') {
    return { kind: 'stopped', paths, reason: presence.kind === 'stale' ? presence.reason : undefined };
  }
  const { record } = presence;
  try {
    await checkService(record.plainPort, record.ports);
  } catch (thrown) {
    return { kind: 'not answering', paths, record, reason: messageOf(thrown) };
  }
  return { kind: 'running', paths, record, dataBytes: await usedBytes(paths.data) };
}

/**
 * How much room a folder takes on disk. Kafka allocates its index files far beyond what they hold, so their
 * lengths would mislead.
 *
 * @param folder - the folder; 0 for one that is not there
 * @returns bytes on disk
 */
export async function usedBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    // Files come and go while a broker works.
    const stat = await lstat(join(folder, name)).catch(() => undefined);
    bytes += (stat?.blocks ?? 0) * blockBytes;
  }
  return bytes;
}

/** The unit of `stat.blocks` in POSIX. */
const blockBytes = 512;
