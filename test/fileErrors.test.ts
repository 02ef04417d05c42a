import { chmod, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AlertSimError } from '../src/errors.js';
import { anyFileError, fileError, fileReason, isUnwritable, isWithoutRoom } from '../src/fileErrors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file errors '));
  await writeFile(join(folder, 'file'), '');
  await symlink('loop', join(folder, 'loop'));
});
afterAll(() => rm(folder, { recursive: true }));

const thrownBy = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

/** Errors of the system itself, not objects that look like them. */
const real: readonly [string, () => Promise<unknown>, string][] = [
  ['a file that does not exist', () => readFile(join(folder, 'none')), 'no such file or folder'],
  ['a folder', () => readFile(folder), 'it is a folder, not a file'],
  [
    'a path through a file',
    () => readFile(join(folder, 'file', 'below')),
    'a part of the path is a file, not a folder',
  ],
  ['a link to itself', () => readFile(join(folder, 'loop')), 'its symbolic links go in a circle'],
  ['a long name', () => readFile(join(folder, 'n'.repeat(300))), 'the name is too long'],
  ['a folder in the place of a file', () => mkdir(join(folder, 'file')), 'a file of that name is in the way'],
];

describe('an error of the file system', () => {
  it.each(real)('says of %s what it is', async (_what, work, reason) => {
    const thrown = await thrownBy(work());
    expect(fileReason(thrown)).toBe(reason);
    const error = fileError(thrown, { task: 'read the scenario x', code: 'BAD_SCENARIO', fix: 'name one' });
    expect(error).toMatchObject({
      code: 'BAD_SCENARIO',
      message: `cannot read the scenario x: ${reason}; name one`,
      cause: thrown,
    });
  });

  it('says that a disk is full, with a code of its own', async () => {
    const file = await open('/dev/full', 'w');
    const thrown = await thrownBy(file.writeFile('x'));
    await file.close();
    expect(isWithoutRoom(thrown) && isUnwritable(thrown)).toBe(true);
    expect(anyFileError(thrown)).toMatchObject({
      code: 'DISK_FULL',
      message: 'cannot write a file: the disk is full',
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that permission is denied', async () => {
    const locked = join(folder, 'locked');
    await writeFile(locked, '');
    await chmod(locked, 0);
    const thrown = await thrownBy(readFile(locked));
    expect(anyFileError(thrown)).toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: `cannot read ${locked}: permission denied`,
    });
  });

  it("keeps the system's words for a code that it does not know", () => {
    const thrown = Object.assign(new Error("EXDEV: cross-device link not permitted, rename 'a' -> 'b'"), {
      code: 'EXDEV',
      syscall: 'rename',
      path: 'a',
    });
    expect((anyFileError(thrown) as Error).message).toBe(
      'cannot write a: cross-device link not permitted (EXDEV)',
    );
  });

  it.each([
    ['a defect', new TypeError('x is undefined')],
    ['a sentence of ours', new AlertSimError('BAD_USAGE', 'no')],
    ['a connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })],
    ['a closed pipe', Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })],
    ['no error at all', undefined],
  ])('leaves %s alone', (_what, thrown) => {
    expect(anyFileError(thrown)).toBe(thrown);
    expect(fileError(thrown, { task: 'read x', code: 'BAD_USAGE' })).toBe(thrown);
  });
});
