import { ownCommand } from '../../ownCommand.js';
import { AlertSimError, messageOf } from '../../errors.js';
import { openClusterSettings, type ClusterSettings } from '../../kafka/clusterSettings.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import { pause } from '../interruption.js';
import { isAlive } from '../processIdentity.js';
import { readJournal, removeJournal, writeJournal, type SettingsJournal } from './journal.js';
import { changeName, planRestore, type SettingChange } from './settingChange.js';

/** Result of resetting settings. */
export interface RestoreReport {
  /** Settings that have their old value again. */
  readonly restored: readonly SettingChange[];
  /** What was not reset, a sentence each. */
  readonly notRestored: readonly string[];
}

/**
 * Resets the settings of a journal, as far as they are still changed: a value that someone else set meanwhile
 * is reported and left alone. The journal is removed when nothing is left to do, and otherwise holds what is
 * left. No fault of the cluster is thrown.
 *
 * @param timeoutMs - how long to wait until a value is read back
 */
export async function putBack(
  file: string,
  journal: SettingsJournal,
  settings: ClusterSettings,
  timeoutMs: number,
): Promise<RestoreReport> {
  const restored: SettingChange[] = [];
  const notRestored: string[] = [];
  const left: SettingChange[] = [];
  for (const change of [...journal.changes].reverse()) {
    try {
      const fault = await putBackOne(change, settings, timeoutMs);
      if (fault === undefined) restored.push(change);
      else notRestored.push(fault);
    } catch (thrown) {
      left.unshift(change);
      notRestored.push(
        `${changeName(change)} could not be put back to ${shown(change)}: ${messageOf(thrown)}`,
      );
    }
  }
  if (left.length === 0) await removeJournal(file);
  else {
    await writeJournal(file, { ...journal, changes: left });
    notRestored.push(`what is left is in ${file}: \`${ownCommand('restore', file)}\` tries again`);
  }
  return { restored, notRestored };
}

/**
 * Resets what an earlier process left changed, which was killed before it could; undefined where there is no
 * journal.
 *
 * @param connection - the address of the journal counts
 * @throws `SERVICE_UNAVAILABLE` while the process that wrote the journal still lives, `BAD_INPUT_FILE`,
 * `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function restoreJournal(
  file: string,
  connection: Omit<ConnectionOptions, 'bootstrap'>,
  timeoutMs: number,
): Promise<RestoreReport | undefined> {
  const journal = await readJournal(file);
  if (journal === undefined) return undefined;
  const { pid } = journal.holder;
  if (pid !== process.pid && (await isAlive(journal.holder))) {
    throw new AlertSimError(
      'SERVICE_UNAVAILABLE',
      `another rubin-alert-sim (pid ${pid}) has changed settings of ${journal.bootstrap} and will put them back: ` +
        'wait for it or end it with Ctrl-C, then try again',
    );
  }
  const settings = await openClusterSettings({ ...connection, bootstrap: journal.bootstrap }, timeoutMs);
  try {
    return await putBack(file, journal, settings, timeoutMs);
  } finally {
    await settings.close();
  }
}

/** A sentence where the setting is left alone; throws where it could not be reset. */
async function putBackOne(
  change: SettingChange,
  settings: ClusterSettings,
  timeoutMs: number,
): Promise<string | undefined> {
  const now = async () => (await settings.describe(change)).find(({ name }) => name === change.setting);
  const step = planRestore(change, await now());
  if (step.kind === 'as before') return undefined;
  if (step.kind === 'not ours') {
    const value = step.value ?? 'not set';
    return (
      `${changeName(change)} was changed by somebody else meanwhile (it is ${value}, we set ${change.wanted}): ` +
      `it is left alone; before it was ${shown(change)}`
    );
  }
  const refusal = await settings.alter(change, [step.update]);
  if (refusal !== undefined) throw new Error(refusal);
  const endMs = performance.now() + timeoutMs;
  while (planRestore(change, await now()).kind !== 'as before') {
    if (performance.now() > endMs) throw new Error(`it was not read back within ${timeoutMs / 1000} s`);
    await pause(pollMs);
  }
  return undefined;
}

function shown({ before, countedBefore }: SettingChange): string {
  return before ?? `what counts without it (${countedBefore ?? 'nothing'})`;
}

const pollMs = 100;
