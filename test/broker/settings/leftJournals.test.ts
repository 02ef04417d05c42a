import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { leftJournals } from '../../../src/broker/variantBroker.js';

let runs: string;
beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'left-'));
});
afterEach(() => rm(runs, { recursive: true }));

it('finds the journals that killed comparisons left, and nothing else', async () => {
  for (const name of ['2026-11-24-b', '2026-11-24-a', '2026-11-24-c']) {
    await mkdir(join(runs, name, 'broker'), { recursive: true });
  }
  for (const name of ['2026-11-24-b', '2026-11-24-a']) {
    await writeFile(join(runs, name, 'broker', 'settings-journal.json'), '{}');
  }
  await writeFile(join(runs, 'settings-journal.json'), '{}');
  expect(await leftJournals(runs)).toEqual([
    join(runs, '2026-11-24-a', 'broker', 'settings-journal.json'),
    join(runs, '2026-11-24-b', 'broker', 'settings-journal.json'),
  ]);
});

it('finds none where there is no folder of runs', async () => {
  expect(await leftJournals(join(runs, 'missing'))).toEqual([]);
});
