import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { listenerOf } from './metrics/listener.js';
import { localPorts } from './ownBroker.js';
import { statePaths } from './statePaths.js';

/** A broker or a cluster of this machine that `broker up` started. */
export interface LocalBroker {
  readonly record: BrokerRecord;
  /** The folder of all that it writes. */
  readonly stateFolder: string;
}

/**
 * Finds the broker of `broker up` that listens at an address, in the usual folder or its own; undefined where
 * it is someone else's, or the system does not report who listens.
 *
 * @param address - `host:port`
 * @param usualFolder - the folder of the broker that `broker up` starts by default
 */
export async function findLocalBroker(
  address: string,
  usualFolder: string,
): Promise<LocalBroker | undefined> {
  const [port] = localPorts(address) ?? [];
  if (port === undefined) return undefined;
  const usual = await brokerIn(usualFolder, ({ ports }) => ports.includes(port));
  if (usual !== undefined) return usual;
  const pid = await listenerOf(port);
  if (pid === undefined) return undefined;
  // The folder is in the command line that it was started with; each broker of a cluster has one inside that
  // of the cluster.
  const own = dirname(/@(.*?\/jvm\.args)(?=\s|$)/s.exec(await wordsOf(pid))?.[1] ?? '');
  if (own === '.') return undefined;
  for (const folder of [own, dirname(own)]) {
    const found = await brokerIn(folder, (node) => node.pid === pid);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function brokerIn(
  stateFolder: string,
  isIt: (node: BrokerRecord['nodes'][number]) => boolean,
): Promise<LocalBroker | undefined> {
  const presence = await findBroker(statePaths(stateFolder).record);
  if (presence.kind !== 'running') return undefined;
  const { record } = presence;
  return record.nodes.some((node) => node.kind === 'broker' && isIt(node))
    ? { record, stateFolder }
    : undefined;
}

/**
 * The command line of a process, with spaces between; on Linux as it is, so that a folder's name may have
 * spaces.
 */
async function wordsOf(pid: number): Promise<string> {
  const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (words !== undefined) return words.replaceAll('\0', '\n');
  return promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
