import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judgeDataFolder, prepareDataFolder } from '../../src/broker/dataFolder.js';

const complete = '#\n#Tue Nov 24\nnode.id=1\ndirectory.id=B\nversion=1\ncluster.id=0Xca1NOiQhq6jtFk7_eQjA\n';

describe('judgeDataFolder', () => {
  it.each([
    ['an empty folder', [], undefined, 'empty'],
    ['a complete format', ['meta.properties', 'bootstrap.checkpoint'], complete, 'formatted'],
    ['topics with a complete format', ['meta.properties', 'alerts-0'], complete, 'formatted'],
    ['a format that was cut before its last file', ['bootstrap.checkpoint'], undefined, 'half-written'],
    ['an empty meta.properties', ['meta.properties', 'bootstrap.checkpoint'], '', 'half-written'],
    ['a cut meta.properties', ['meta.properties', '__cluster_metadata-0'], 'version=1\nclus', 'half-written'],
    ['topics without a format', ['meta.properties', 'alerts-0'], 'version=1\n', 'foreign'],
    ['the offsets of consumers', ['__consumer_offsets-3'], undefined, 'foreign'],
    ["somebody's own files", ['thesis.tex'], undefined, 'foreign'],
  ])('%s', (_what, names, meta, kind) => {
    expect(judgeDataFolder(names, meta).kind).toBe(kind);
  });
});

describe('prepareDataFolder', () => {
  let folder: string;
  let data: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'data-'));
    data = join(folder, 'kafka-data');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('clears what an interrupted format left', async () => {
    await mkdir(data);
    await writeFile(join(data, 'bootstrap.checkpoint'), '');
    expect(await prepareDataFolder(data)).toBe('to be formatted');
    expect(existsSync(data)).toBe(false);
  });

  it('touches nothing and says why when topics would be lost', async () => {
    await mkdir(join(data, 'alerts-0'), { recursive: true });
    await expect(prepareDataFolder(data)).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringContaining('holds alerts-0') as unknown,
    });
    expect(existsSync(join(data, 'alerts-0'))).toBe(true);
  });
});
