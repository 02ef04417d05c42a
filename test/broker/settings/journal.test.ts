import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  newJournal,
  readJournal,
  removeJournal,
  writeJournal,
} from '../../../src/broker/settings/journal.js';
import { restoreJournal } from '../../../src/broker/settings/restoreSettings.js';
import { spawn } from 'node:child_process';
import { identify } from '../../../src/broker/processIdentity.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  file = join(folder, 'state', 'settings-journal.json');
});
afterEach(() => rm(folder, { recursive: true }));

const change = {
  kind: 'broker',
  ...{ name: '1', setting: 'num.io.threads', before: null, countedBefore: '8', wanted: '16' },
} as const;

it('comes back as it was written, and is gone when it is removed', async () => {
  const journal = await newJournal('localhost:1', [change, { ...change, held: '16' }], new Date(0));
  await writeJournal(file, journal);
  expect(await readJournal(file)).toEqual(journal);
  expect(await readdir(join(folder, 'state'))).toEqual(['settings-journal.json']);
  await removeJournal(file);
  expect(await readJournal(file)).toBeUndefined();
});

it.each(['', '{', '{}', '{"schemaVersion": 1}', 'null'])('is not taken from the text %j', async (text) => {
  const broken = join(folder, 'broken.json');
  await writeFile(broken, text);
  await expect(readJournal(broken)).rejects.toMatchObject({
    code: 'BAD_INPUT_FILE',
    message: expect.stringContaining(`${broken} is not a journal`) as unknown,
  });
});

it('is left to the process that wrote it, as long as that lives', async () => {
  const other = spawn('sleep', ['60']);
  try {
    const holder = await identify(other.pid ?? 0);
    if (holder === undefined) throw new Error('sleep does not run');
    const journal = await newJournal('localhost:1', [change], new Date(0));
    await writeJournal(file, { ...journal, holder });
    await expect(restoreJournal(file, {}, 1000)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining(`(pid ${other.pid})`) as unknown,
    });
  } finally {
    other.kill('SIGKILL');
  }
});
