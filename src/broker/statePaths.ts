import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one server: all in one folder. */
export interface NodePaths {
  /** The folder of everything below. */
  readonly folder: string;
  /** Kafka's configuration. */
  readonly properties: string;
  /** The configuration of Kafka's log. */
  readonly logging: string;
  readonly jvmArguments: string;
  /** Kafka's log. */
  readonly log: string;
  /** Output of the JVM itself. */
  readonly output: string;
  /** The topics, or ZooKeeper's metadata. */
  readonly data: string;
}

/** The files of a broker or a cluster. A single broker's are in the state folder itself. */
export interface StatePaths extends NodePaths {
  /** Which processes there are, and how to reach them. */
  readonly record: string;
  /** Held while a broker is started or stopped. */
  readonly lock: string;
}

/**
 * The paths of a broker's files, which need not exist yet.
 *
 * @param folder - absolute
 */
export function statePaths(folder: string): StatePaths {
  return { ...nodePaths(folder), record: join(folder, 'broker.json'), lock: join(folder, 'broker.lock') };
}

/**
 * The paths of one server's files, which need not exist yet.
 *
 * @param folder - absolute
 */
export function nodePaths(folder: string): NodePaths {
  return {
    folder,
    properties: join(folder, 'server.properties'),
    logging: join(folder, 'log4j2.properties'),
    jvmArguments: join(folder, 'jvm.args'),
    log: join(folder, 'broker.log'),
    output: join(folder, 'broker.out'),
    data: join(folder, 'kafka-data'),
  };
}

/** The folder of a server that is one of several in a state folder. */
export function nodeFolder(folder: string, kind: 'broker' | 'zookeeper', id: number): string {
  return join(folder, kind === 'zookeeper' ? 'zookeeper' : `broker-${id}`);
}

/**
 * The sorted names of the folders of servers in a state folder; none where there is a single broker or
 * nothing.
 */
export async function nodeNames(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => /^(broker-\d|zookeeper)$/.test(name)).sort();
}

/** Whether there are topics, or ZooKeeper's metadata, of a broker that ran. */
export async function hasData(paths: StatePaths): Promise<boolean> {
  const nodes = (await nodeNames(paths.folder)).map((name) => nodePaths(join(paths.folder, name)));
  return [paths, ...nodes].some(({ data }) => existsSync(data));
}

/** Removes what a broker or a cluster wrote, and nothing that someone else put into the folder. */
export async function removeState(paths: StatePaths, keepData: boolean): Promise<void> {
  for (const name of await nodeNames(paths.folder)) {
    const node = nodePaths(join(paths.folder, name));
    await removeNodeFiles(node, keepData);
    await removeEmptyFolder(node);
  }
  await rm(paths.record, { force: true });
  await removeNodeFiles(paths, keepData);
}

async function removeNodeFiles(paths: NodePaths, keepData: boolean): Promise<void> {
  const { folder, properties, logging, jvmArguments, output, data } = paths;
  const files = [properties, logging, jvmArguments, output];
  for (const name of await readdir(folder).catch(() => [])) {
    if (/^(broker\.log(\.\d+)?|hs_err_pid\d+\.log)$/.test(name)) files.push(join(folder, name));
  }
  if (!keepData) files.push(data);
  for (const file of files) await rm(file, { recursive: true, force: true });
}

/** Removes a folder of a broker's files where nothing is left in it. */
export async function removeEmptyFolder(paths: NodePaths): Promise<void> {
  try {
    await rmdir(paths.folder);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw thrown;
  }
}
