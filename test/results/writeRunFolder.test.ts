import { appendFile, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunFolder, type FileWrites } from '../../src/results/writeRunFolder.js';
import type { RunSummary } from '../../src/results/runFolder.js';

const startedAt = new Date('2026-11-24T09:42:05.963Z');
const disk: FileWrites = { appendFile, writeFile, truncate, rename };

let parent: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'run-folder-'));
});

afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

/** A part of a summary is enough here. */
function partOf(some: object): RunSummary {
  return some as RunSummary;
}

/** A disk that is full while `full()` says so: it takes the first half of a text, and then fails. */
function fillingDisk(full: () => boolean): FileWrites {
  const failAfterHalf = async (
    path: string,
    text: string,
    write: FileWrites['appendFile'],
  ): Promise<void> => {
    if (!full()) return write(path, text);
    await write(path, text.slice(0, text.length / 2));
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  return {
    ...disk,
    appendFile: (path, text) => failAfterHalf(path, text, appendFile),
    writeFile: (path, text) => failAfterHalf(path, text, writeFile),
  };
}

describe('the name of a run folder', () => {
  it.each([
    ['start and scenario', undefined, '2026-11-24-094205-rate-stairs'],
    ['the variant, too, where there is one', 'lz4', '2026-11-24-094205-rate-stairs-lz4'],
  ])('has %s', async (_, variant, id) => {
    const folder = await createRunFolder(parent, startedAt, 'rate-stairs', variant);
    expect(folder.id).toBe(id);
    expect(folder.path).toBe(join(parent, id));
    expect(await readdir(parent)).toEqual([id]);
  });

  it('has a number where another run has the name already, also of runs that start together', async () => {
    const folders = await Promise.all(
      [1, 2, 3, 4].map(() => createRunFolder(parent, startedAt, 'smoke', undefined)),
    );
    const name = '2026-11-24-094205-smoke';
    expect(folders.map(({ id }) => id).sort()).toEqual([name, `${name}-2`, `${name}-3`, `${name}-4`]);
  });

  it('lies in a folder that is made with it', async () => {
    const deep = join(parent, 'a', 'b');
    const { id } = await createRunFolder(deep, startedAt, 'smoke', undefined);
    expect(await readdir(deep)).toEqual([id]);
  });

  it('is refused where no folder can be made, with the way out', async () => {
    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(createRunFolder(join(file, 'runs'), startedAt, 'smoke', undefined)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(
        /^cannot make a run folder in .*file.runs: .*; name another folder with --out$/,
      ) as string,
    });
  });
});

describe('the files of a run folder', () => {
  it('hold what was written, in the order in which it was written', async () => {
    const folder = await createRunFolder(parent, startedAt, 'smoke', undefined);
    for (let line = 0; line < 50; line += 1) folder.append('intervals.ndjson', `${line}\n`);
    folder.writeJson('summary.json', partOf({ verdict: 'failed' }));
    folder.writeJson('summary.json', partOf({ verdict: 'passed', counts: { sent: 1 } }));
    await folder.flush();
    const read = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
    expect(await read('intervals.ndjson')).toBe(
      Array.from({ length: 50 }, (_, line) => `${line}\n`).join(''),
    );
    expect(await read('summary.json')).toBe(
      '{\n  "verdict": "passed",\n  "counts": {\n    "sent": 1\n  }\n}\n',
    );
    expect((await readdir(folder.path)).sort()).toEqual(['intervals.ndjson', 'summary.json']);
    expect(folder.fault()).toBeUndefined();
  });

  it('show JSON as it was when it was handed over', async () => {
    const folder = await createRunFolder(parent, startedAt, 'smoke', undefined);
    const counts = { sent: 1 };
    folder.writeJson('summary.json', partOf(counts));
    counts.sent = 2;
    await folder.flush();
    expect(JSON.parse(await readFile(join(folder.path, 'summary.json'), 'utf8'))).toEqual({ sent: 1 });
  });

  it('never show half of a JSON file: it is written under another name and renamed', async () => {
    const calls: string[] = [];
    const folder = await createRunFolder(parent, startedAt, 'smoke', undefined, {
      ...disk,
      writeFile: (path) => {
        calls.push(`write ${path.slice(parent.length + 1)}`);
        return Promise.resolve();
      },
      rename: (from, to) => {
        calls.push(`rename ${from.slice(parent.length + 1)} ${to.slice(parent.length + 1)}`);
        return Promise.resolve();
      },
    });
    folder.writeJson('summary.json', partOf({}));
    await folder.flush();
    const part = join(folder.id, '.summary.json.part');
    expect(calls).toEqual([`write ${part}`, `rename ${part} ${join(folder.id, 'summary.json')}`]);
  });
});

describe('a full disk under a run folder', () => {
  it('is remembered once, does not throw, and leaves whole lines when it is freed', async () => {
    let full = false;
    const folder = await createRunFolder(
      parent,
      startedAt,
      'smoke',
      undefined,
      fillingDisk(() => full),
    );
    const appendAll = async (...lines: string[]): Promise<void> => {
      for (const line of lines) folder.append('intervals.ndjson', `{"interval":"${line}"}\n`);
      await folder.flush();
    };
    await appendAll('first µ', 'second');
    full = true;
    await appendAll('third', 'fourth');
    const fault = folder.fault();
    expect(fault).toMatchObject({ code: 'DISK_FULL' });
    expect(fault?.message).toMatch(
      /is not complete: ENOSPC: .*Free some disk, or choose another folder with --out$/,
    );
    full = false;
    await appendAll('fifth');
    const written = await readFile(join(folder.path, 'intervals.ndjson'), 'utf8');
    expect(written).toBe('{"interval":"first µ"}\n{"interval":"second"}\n{"interval":"fifth"}\n');
    expect(folder.fault()).toBe(fault);
  });

  it('keeps the JSON of before', async () => {
    let full = false;
    const folder = await createRunFolder(
      parent,
      startedAt,
      'smoke',
      undefined,
      fillingDisk(() => full),
    );
    folder.writeJson('summary.json', partOf({ verdict: 'passed' }));
    await folder.flush();
    full = true;
    folder.writeJson('summary.json', partOf({ verdict: 'failed' }));
    await folder.flush();
    expect(JSON.parse(await readFile(join(folder.path, 'summary.json'), 'utf8'))).toEqual({
      verdict: 'passed',
    });
    expect(folder.fault()).toMatchObject({ code: 'DISK_FULL' });
  });

  it('is told also where the folder has gone', async () => {
    const folder = await createRunFolder(parent, startedAt, 'smoke', undefined);
    await rm(folder.path, { recursive: true });
    folder.append('latency.hlog', 'a line\n');
    folder.writeJson('summary.json', partOf({}));
    await folder.flush();
    expect(folder.fault()?.message).toMatch(/no such file or folder/);
  });
});
