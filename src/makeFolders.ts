import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that do not exist yet; one that exists is left as it is.
 *
 * Node's own `mkdir(…, { recursive: true })` never ends, and uses a whole core, where a folder exists and
 * answers ENOENT to everything that is made in it, as `/proc` does.
 *
 * @throws the file system's error; EPERM for a place that takes no folders
 */
export async function makeFolders(path: string): Promise<void> {
  const thrown = await tryMkdir(path);
  if (thrown === undefined) return;
  const parent = dirname(path);
  if (thrown.code !== 'ENOENT' || parent === path) throw thrown;
  await makeFolders(parent);
  const again = await tryMkdir(path);
  if (again === undefined) return;
  // ENOENT without the parent: another process has just removed it.
  if (again.code !== 'ENOENT' || !(await isFolder(parent))) throw again;
  again.code = 'EPERM';
  throw again;
}

/** What keeps a folder from being made; undefined where there is one now. */
async function tryMkdir(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (thrown) {
    return (await isFolder(path)) ? undefined : (thrown as NodeJS.ErrnoException);
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
