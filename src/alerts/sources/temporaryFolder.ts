import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder for temporary files, in `TMPDIR`. It is removed when the process ends, however that is; or
 * earlier, with {@link removeTemporaryFolders}.
 */
export function temporaryFolder(): string {
  if (folders.size === 0) process.once('exit', removeTemporaryFolders);
  const folder = mkdtempSync(join(tmpdir(), 'rubin-alert-sim-'));
  folders.add(folder);
  return folder;
}

const folders = new Set<string>();

/** Removes all of them. */
export function removeTemporaryFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}
