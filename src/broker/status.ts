import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { nodeName } from './clusterLayout.js';
import { checkService } from './readiness.js';
import { nodePaths, statePaths, type StatePaths } from './statePaths.js';

/** What is known about the broker of a state folder. */
export type BrokerStatus =
  /** No such process; `reason` where a record was left behind. */
  | { readonly kind: 'stopped'; readonly paths: StatePaths; readonly reason: string | undefined }
  /** The process lives, but does not serve clients; or only a part of a cluster's processes lives. */
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
  const { record, dead } = presence;
  const brokers = record.nodes.filter(({ kind }) => kind === 'broker');
  if (dead.length > 0) {
    const names = dead.map((node) => `${nodeName(node, brokers.length)} (pid ${node.pid})`).join(' and ');
    const reason = `${names} ${dead.length === 1 ? 'is' : 'are'} no longer running: \`rubin-alert-sim broker up\` starts ${dead.length === 1 ? 'it' : 'them'} again`;
    return { kind: 'not answering', paths, record, reason };
  }
  try {
    for (const { plainPort, ports } of brokers) await checkService(plainPort, ports, brokers.length);
  } catch (thrown) {
    return { kind: 'not answering', paths, record, reason: messageOf(thrown) };
  }
  const bytes = await Promise.all(record.nodes.map(({ folder }) => usedBytes(nodePaths(folder).data)));
  return { kind: 'running', paths, record, dataBytes: bytes.reduce((sum, each) => sum + each, 0) };
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
