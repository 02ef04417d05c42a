import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError } from '../errors.js';

export type DataFolderState =
  /** To be formatted. */
  | { readonly kind: 'empty' }
  /** A complete format, and perhaps topics. */
  | { readonly kind: 'formatted' }
  /** Left by an interrupted format: it can be formatted again without losing anything. */
  | { readonly kind: 'half-written' }
  /** No valid format, but things that a new format would lose or hide. */
  | { readonly kind: 'foreign'; readonly example: string };

/**
 * Classifies a data folder by its contents.
 *
 * @param metaProperties - undefined where the folder has no meta.properties
 */
export function judgeDataFolder(
  names: readonly string[],
  metaProperties: string | undefined,
): DataFolderState {
  if (names.length === 0) return { kind: 'empty' };
  // Kafka's format writes meta.properties last: when it is complete, so is the format.
  if (metaProperties !== undefined && isComplete(metaProperties)) return { kind: 'formatted' };
  const example = names.find((name) => !formatLeaves.test(name));
  return example === undefined ? { kind: 'half-written' } : { kind: 'foreign', example };
}

/**
 * Prepares a data folder for formatting; it is empty then.
 *
 * @throws `BAD_INPUT_FILE` when the format is damaged and the folder holds topics or other files
 */
export async function prepareDataFolder(folder: string): Promise<'to be formatted' | 'formatted'> {
  const names = (await ifThere(readdir(folder))) ?? [];
  const meta = await ifThere(readFile(join(folder, 'meta.properties'), 'utf8'));
  const state = judgeDataFolder(names, meta);
  switch (state.kind) {
    case 'formatted':
      return 'formatted';
    case 'foreign':
      throw new AlertSimError(
        'BAD_INPUT_FILE',
        `the data folder ${folder} has no valid meta.properties but holds ${state.example}, so it is not ` +
          'formatted anew: repair or move it, choose another with --data, or delete it with `broker down`',
      );
    case 'empty':
    case 'half-written':
      await rm(folder, { recursive: true, force: true });
      return 'to be formatted';
  }
}

/** What Kafka writes into a log folder by itself; a topic's folder is named by its name and partition. */
const formatLeaves =
  /^(meta\.properties|bootstrap\.checkpoint|\.lock|\.kafka_cleanshutdown|[\w-]+-checkpoint|__cluster_metadata-0|.*\.tmp)$/;

function isComplete(metaProperties: string): boolean {
  return ['version', 'cluster.id', 'node.id'].every((name) =>
    new RegExp(`^${name.replace('.', '\\.')}=\\S+$`, 'm').test(metaProperties),
  );
}

async function ifThere<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
