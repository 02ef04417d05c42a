import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AlertSimError } from '../../errors.js';
import { fileError } from '../../fileErrors.js';
import { makeFolders } from '../../makeFolders.js';
import { identify, type ProcessIdentity } from '../processIdentity.js';
import type { SettingChange } from './settingChange.js';

const journalSchema = z.object({
  schemaVersion: z.literal(1),
  bootstrap: z.string(),
  startedAt: z.string(),
  holder: z.object({ pid: z.number().int().positive(), processStart: z.string() }),
  changes: z.array(
    z.object({
      kind: z.enum(['topic', 'broker']),
      name: z.string(),
      setting: z.string(),
      before: z.string().nullable(),
      countedBefore: z.string().nullable(),
      wanted: z.string(),
      held: z.string().optional(),
    }),
  ),
});

/** Settings of a cluster that are changed for a while, recorded before the first is touched. */
export interface SettingsJournal {
  readonly schemaVersion: 1;
  /** The cluster's address; credentials are not recorded. */
  readonly bootstrap: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The process that changes the settings and resets them, as long as it lives. */
  readonly holder: ProcessIdentity;
  readonly changes: readonly SettingChange[];
}

/** Begins a journal for this process. */
export async function newJournal(
  bootstrap: string,
  changes: readonly SettingChange[],
  now: Date,
): Promise<SettingsJournal> {
  const holder = await identify(process.pid);
  if (holder === undefined) throw new AlertSimError('INTERNAL', 'this process does not find itself');
  return { schemaVersion: 1, bootstrap, startedAt: now.toISOString(), holder, changes };
}

/** Writes a journal atomically; it is on the disk when this resolves. */
export async function writeJournal(file: string, journal: SettingsJournal): Promise<void> {
  const draft = `${file}.new`;
  await makeFolders(dirname(file));
  const output = await open(draft, 'w', 0o600);
  try {
    await output.writeFile(`${JSON.stringify(journal, null, 2)}\n`);
    await output.sync();
  } finally {
    await output.close();
  }
  await rename(draft, file);
}

/**
 * Reads a journal; undefined where there is none.
 *
 * @throws `BAD_INPUT_FILE` for a file that is not a journal
 */
export async function readJournal(file: string): Promise<SettingsJournal | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const fix = 'name the file settings-journal.json that a comparison wrote';
    throw fileError(thrown, { task: `read the journal ${file}`, code: 'BAD_INPUT_FILE', fix });
  }
  try {
    return journalSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${file} is not a journal of changed settings: name the file that a comparison named, settings-journal.json`,
      thrown,
    );
  }
}

/** Removes a journal: nothing is left to be reset. */
export async function removeJournal(file: string): Promise<void> {
  await rm(file, { force: true });
}
