import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one broker keeps its things: all in one folder. */
export interface StatePaths {
  /** The folder of everything below. */
  readonly folder: string;
  /** Which process the broker is, and how to reach it. */
  readonly record: string;
  /** Held while a broker is started or stopped. */
  readonly lock: string;
  /** Kafka's configuration. */
  readonly properties: string;
  /** The configuration of Kafka's log. */
  readonly logging: string;
  /** The JVM's arguments. */
  readonly jvmArguments: string;
  /** Kafka's log. */
  readonly log: string;
  /** What the JVM itself prints. */
  readonly output: string;
  /** The topics. */
  readonly data: string;
}

/**
 * The paths of a broker's files.
 *
 * @param folder - the state folder, an absolute path
 * @returns the paths; nothing need exist yet
 */
export function statePaths(folder: string): StatePaths {
  return {
    folder,
    record: join(folder, 'broker.json'),
    lock: join(folder, 'broker.lock'),
    properties: join(folder, 'server.properties'),
    logging: join(folder, 'log4j2.properties'),
    jvmArguments: join(folder, 'jvm.args'),
    log: join(folder, 'broker.log'),
    output: join(folder, 'broker.out'),
    data: join(folder, 'kafka-data'),
  };
}

/**
 * Removes what a broker wrote, and nothing that somebody else put into the folder.
 *
 * @param paths - the broker's files
 * @param keepData - leaves the topics
 */
export async function removeState(paths: StatePaths, keepData: boolean): Promise<void> {
  const { folder, record, properties, logging, jvmArguments, output, data } = paths;
  const files = [record, properties, logging, jvmArguments, output];
  for (const name of await readdir(folder).catch(() => [])) {
    if (/^(broker\.log(\.\d+)?|hs_err_pid\d+\.log)$/.test(name)) files.push(join(folder, name));
  }
  if (!keepData) files.push(data);
  for (const file of files) await rm(file, { recursive: true, force: true });
}

/**
 * Removes the state folder itself where nothing is left in it.
 *
 * @param paths - the broker's files
 */
export async function removeEmptyFolder(paths: StatePaths): Promise<void> {
  try {
    await rmdir(paths.folder);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw thrown;
  }
}
