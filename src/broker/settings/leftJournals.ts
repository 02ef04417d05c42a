import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFile } from '../variantBroker.js';

/**
 * Journals of comparisons that were killed: the settings of a cluster that they changed are changed still, and a further
 * comparison would take them for the original ones.
 *
 * @param runsFolder - the folder of all runs
 * @returns the paths of the journals, oldest first; none where the folder does not exist
 */
export async function leftJournals(runsFolder: string): Promise<string[]> {
  const names = await readdir(runsFolder).catch(() => []);
  const files = names.sort().map((name) => journalFile(join(runsFolder, name, 'broker')));
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        (entry) => entry.isFile(),
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => found[index]);
}
