import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { journalFile } from '../variantBroker.js';

/**
 * The paths of journals of comparisons that were killed, oldest first; none where the folder does not exist.
 * The settings of a cluster that they changed are still changed, and a further comparison would take them for
 * the original ones.
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
