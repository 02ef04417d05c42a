import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolders } from '../src/makeFolders.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make folders '));
  await writeFile(join(folder, 'file'), '');
  await symlink('nowhere', join(folder, 'dangling'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('makeFolders', () => {
  it('makes the folders above, and leaves those that exist', async () => {
    const path = join(folder, 'a', 'b', 'c');
    await makeFolders(path);
    await makeFolders(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('succeeds in each of several calls at once', async () => {
    const path = join(folder, 'd', 'e', 'f');
    await Promise.all(Array.from({ length: 8 }, () => makeFolders(path)));
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it.each<[string, string, string]>([
    ['where a file is', 'file', 'EEXIST'],
    ['below a file', 'file/below', 'ENOTDIR'],
    ['below a link that leads nowhere, as to a disk that is not mounted', 'dangling/below', 'EEXIST'],
  ])('fails %s', async (_where, path, code) => {
    await expect(makeFolders(join(folder, path))).rejects.toMatchObject({ code, syscall: 'mkdir' });
  });

  // Node's own recursive mkdir never ends there.
  it.runIf(process.platform === 'linux').each(['/proc/rubin-alert-sim', '/proc/rubin-alert-sim/a/b'])(
    'fails in a place that takes no folders: %s',
    async (path) => {
      await expect(makeFolders(path)).rejects.toMatchObject({ code: 'EPERM', path: '/proc/rubin-alert-sim' });
    },
  );
});
