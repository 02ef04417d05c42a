import { existsSync } from 'node:fs';
import { fileError } from '../fileErrors.js';
import { findBroker, type BrokerRecord } from './brokerRecord.js';
import { withLock } from './processLock.js';
import { hasData, removeEmptyFolder, removeState, statePaths } from './statePaths.js';
import { stopRegistry } from './localRegistry.js';
import { stopProcess, type Ending } from './stopProcess.js';

export interface StopOptions {
  readonly stateFolder: string;
  /** Leaves the topics for the next start; they are deleted by default. */
  readonly keepData?: boolean | undefined;
  /** How long the broker may take to end by itself; 20,000 by default. */
  readonly graceMs?: number | undefined;
  /** Ends the wait for another process that starts or stops this broker. */
  readonly signal?: AbortSignal | undefined;
}

export interface StoppedBroker {
  /** The first of a cluster; undefined where none ran. */
  readonly pid: number | undefined;
  /** For a cluster by force where any process did not end by itself; undefined where none ran. */
  readonly ending: Ending | undefined;
  /** All processes that were ended. */
  readonly pids: readonly number[];
  /** Whether there was data of a broker, running or not. */
  readonly hadData: boolean;
  /** Of the registry beside it; undefined where none ran. */
  readonly registryPid: number | undefined;
}

/**
 * Stops a local broker and removes what it wrote. Without a running broker only the files are removed.
 *
 * @throws `SERVICE_UNAVAILABLE` when another process starts or stops this broker for minutes, `INTERRUPTED`
 */
export async function stopBroker(options: StopOptions): Promise<StoppedBroker> {
  const { keepData = false, graceMs = 20_000, signal } = options;
  const paths = statePaths(options.stateFolder);
  if (!existsSync(paths.folder)) return nothing;
  const purpose = 'starting or stopping this broker';
  // A lock cannot be written to a full disk: the broker that filled it has to be stopped all the same.
  const lock = { signal, purpose, withoutRoom: 'go on' } as const;
  const stopped = await withLock(paths.lock, lock, async () => {
    const presence = await findBroker(paths.record);
    const dead = presence.kind === 'running' ? presence.dead.map(({ pid }) => pid) : [];
    const nodes = presence.kind === 'running' ? presence.record.nodes : [];
    const pids = nodes.map(({ pid }) => pid).filter((pid) => !dead.includes(pid));
    const hadData = await hasData(paths);
    const ending = presence.kind === 'running' ? await stopNodes(presence.record, graceMs) : undefined;
    const registryPid = await stopRegistry(paths.folder, keepData);
    await removeState(paths, keepData).catch((thrown: unknown) => {
      const what = pids.length === 0 ? 'it was not running' : 'it was stopped';
      throw fileError(thrown, {
        task: `delete the files of the local broker in ${paths.folder}`,
        code: 'BAD_USAGE',
        fix: `${what}: delete that folder as a user who may`,
      });
    });
    return { pid: pids[0], ending, pids, hadData, registryPid };
  });
  await removeEmptyFolder(paths).catch(() => undefined);
  return stopped;
}

const nothing: StoppedBroker = {
  ...{ pid: undefined, ending: undefined, pids: [], hadData: false },
  registryPid: undefined,
};

/**
 * Ends all processes of a broker or a cluster: the brokers at the same time, so that those who vote on the
 * metadata are there as long as possible, then ZooKeeper. By force where any of them did not end by itself.
 *
 * @param graceMs - how long they may take to end by themselves
 */
export async function stopNodes({ nodes }: Pick<BrokerRecord, 'nodes'>, graceMs: number): Promise<Ending> {
  const endings: Ending[] = [];
  for (const kind of ['broker', 'zookeeper'] as const) {
    const some = nodes.filter((node) => node.kind === kind);
    endings.push(...(await Promise.all(some.map((node) => stopProcess(node, graceMs)))));
  }
  return endings.includes('by force') ? 'by force' : 'by itself';
}
