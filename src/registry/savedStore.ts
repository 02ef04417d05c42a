import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AlertSimError, messageOf } from '../errors.js';
import { makeFolders } from '../makeFolders.js';
import { replaceFile } from '../replaceFile.js';
import { compatibilityLevels } from './compatibility.js';
import { registryModes, type SavedStore } from './schemaStore.js';

const savedSchema = z.object({
  nextId: z.int(),
  schemas: z.array(z.object({ id: z.int(), schema: z.string() })),
  versions: z.array(
    z.object({
      subject: z.string(),
      version: z.int(),
      id: z.int(),
      deleted: z.boolean(),
      metadata: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  compatibility: z.record(z.string(), z.enum(compatibilityLevels)),
  modes: z.record(z.string(), z.enum(registryModes)),
});

/**
 * Reads what a registry kept; undefined where there is no such file yet.
 *
 * @throws `BAD_INPUT_FILE` for a damaged file
 */
export async function readSavedStore(file: string): Promise<SavedStore | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const saved = savedSchema.parse(JSON.parse(text));
    const ids = new Set(saved.schemas.map(({ id }) => id));
    return { ...saved, versions: saved.versions.filter(({ id }) => ids.has(id)) };
  } catch (thrown) {
    const reason = thrown instanceof SyntaxError ? messageOf(thrown) : 'it is not what a registry writes';
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `the registered schemas in ${file} cannot be read: ${reason}; move the file away, or choose another folder with --data`,
      thrown,
    );
  }
}

/** Writes a registry's state, whole each time and one at a time. */
export function storeWriter(file: string): (saved: SavedStore) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  const write = async (saved: SavedStore): Promise<void> => {
    await makeFolders(dirname(file));
    await replaceFile(file, `${JSON.stringify(saved)}\n`);
  };
  return (saved) => {
    last = last.catch(() => undefined).then(() => write(saved));
    return last;
  };
}
