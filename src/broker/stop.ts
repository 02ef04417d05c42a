import { existsSync } from 'node:fs';
import { findBroker } from './brokerRecord.js';
import { withLock } from './processLock.js';
import { removeEmptyFolder, removeState, statePaths } from './statePaths.js';
import { stopProcess, type Ending } from './stopProcess.js';

/** How to stop a broker. */
export interface StopOptions {
  /** The broker's state folder. */
  readonly stateFolder: string;
  /** Leaves the topics for the next start; they are deleted by default. */
  readonly keepData?: boolean | undefined;
  /** How long the broker may take to end by itself, in milliseconds; 20,000 by default. */
  readonly graceMs?: number | undefined;
  /** Ends the wait for another process that starts or stops this broker. */
  readonly signal?: AbortSignal | undefined;
}

/** What was stopped. */
export interface StoppedBroker {
  /** The process that was ended, or undefined where none ran. */
  readonly pid: number | undefined;
  /** How it ended; undefined where none ran. */
  readonly ending: Ending | undefined;
}

/**
 * Stops a local broker and removes what it wrote. Without a running broker only the files are removed.
 *
 * @param options - which broker, and what to keep
 * @returns what was stopped
 * @throws `SERVICE_UNAVAILABLE` when another process starts or stops this broker for minutes, `INTERRUPTED`
 */
export async function stopBroker(options: StopOptions): Promise<StoppedBroker> {
  const { keepData = false, graceMs = 20_000, signal } = options;
  const paths = statePaths(options.stateFolder);
  if (!existsSync(paths.folder)) return { pid: undefined, ending: undefined };
  const purpose = 'starting or stopping this broker';
  const stopped = await withLock(paths.lock, { signal, purpose }, async () => {
    const presence = await findBroker(paths.record);
    const pid = presence.kind === 'running' ? presence.record.pid : undefined;
    const ending = presence.kind === 'running' ? await stopProcess(presence.record, graceMs) : undefined;
    await removeState(paths, keepData);
    return { pid, ending };
  });
  await removeEmptyFolder(paths);
  return stopped;
}
