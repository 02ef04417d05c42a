import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inputFiles } from '../../../src/alerts/sources/inputs.js';

const folder = mkdtempSync(join(tmpdir(), 'inputs-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const night = join(folder, 'night');
mkdirSync(join(night, 'b', 'deep'), { recursive: true });
mkdirSync(join(night, '.cache'));
for (const name of ['b/deep/2.avro', 'b/1.avro', 'a.avro', '.DS_Store', '.cache/x.avro'])
  writeFileSync(join(night, name), '');
writeFileSync(join(folder, 'elsewhere.avro'), '');
symlinkSync(join(folder, 'elsewhere.avro'), join(night, 'c.avro'));
symlinkSync(join(folder, 'missing'), join(night, 'd.avro'));
symlinkSync('..', join(night, 'b', 'loop'));

const namesOf = async (...names: string[]): Promise<string[]> =>
  (await inputFiles(names)).map(({ path }) => path.replace(`${folder}/`, ''));

describe('the files that a name stands for', () => {
  it('are those in a folder and below it, in order; links are followed, hidden files left out', async () => {
    const all = ['night/a.avro', 'night/b/1.avro', 'night/b/deep/2.avro', 'night/c.avro'];
    expect(await namesOf(night)).toEqual(all);
    expect(await namesOf(join(folder, 'elsewhere.avro'), night)).toEqual(['elsewhere.avro', ...all]);
  });

  it('are those that fit a pattern', async () => {
    expect(await namesOf(join(night, '{b,b/deep}/[12].avro'))).toEqual([
      'night/b/1.avro',
      'night/b/deep/2.avro',
    ]);
    await expect(inputFiles([join(night, '*.tar')])).rejects.toThrow('no file fits this pattern');
  });

  it('are not to be had where there are none', async () => {
    mkdirSync(join(folder, 'empty'));
    await expect(inputFiles([join(folder, 'empty')])).rejects.toThrow('the folder holds no files');
    await expect(inputFiles([join(folder, 'missing')])).rejects.toThrow('no such file or folder');
  });

  // Root may read anything.
  it.skipIf(process.getuid?.() === 0)('are an error where a folder among them cannot be read', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(join(closed, 'inner'), { recursive: true });
    writeFileSync(join(closed, 'a.avro'), '');
    chmodSync(join(closed, 'inner'), 0);
    await expect(inputFiles([closed])).rejects.toThrow('closed/inner: permission denied');
    chmodSync(join(closed, 'inner'), 0o755);
  });
});
