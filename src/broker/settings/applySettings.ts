import { ownCommand } from '../../ownCommand.js';
import { AlertSimError, messageOf, twoSentences } from '../../errors.js';
import {
  openClusterSettings,
  type ClusterSettings,
  type SettingsOwner,
} from '../../kafka/clusterSettings.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import type { Logger } from '../../outputs/log.js';
import { pause, stopIfInterrupted } from '../interruption.js';
import { newJournal, writeJournal, type SettingsJournal } from './journal.js';
import { putBack, restoreJournal, type RestoreReport } from './restoreSettings.js';
import { changeName, planChanges, type SettingChange } from './settingChange.js';

/** Settings that a cluster should have for a while. */
export interface WantedSettings {
  /** Of every broker. */
  readonly brokers: Readonly<Record<string, string>>;
  /** By the topic's name and then by the setting's. */
  readonly topics: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface ApplyOptions {
  readonly connection: ConnectionOptions;
  /** Records what will be changed, before anything is. */
  readonly journalFile: string;
  /** Per request. */
  readonly timeoutMs: number;
  /** Ends the work and resets what was changed. */
  readonly signal?: AbortSignal | undefined;
  /** For each change. */
  readonly log?: Logger | undefined;
}

/** Settings that are in force. */
export interface AppliedSettings {
  /** The wanted settings as they were read back, by their owner: `broker 1`, `topic alerts`. */
  readonly held: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Resets everything; safe to call twice. No fault of the cluster is thrown. */
  readonly restore: () => Promise<RestoreReport>;
}

/**
 * Changes settings of a cluster for a while, and touches none that is not named. What an earlier process left
 * changed is reset first. Before anything is changed, all of it is checked and recorded.
 *
 * @returns the settings as they were read back, and how to reset them
 * @throws `BAD_SCENARIO` for settings that are unknown, read-only, secret or rejected; `BROKER_REFUSED` for
 * one that does not take effect; `BROKER_UNREACHABLE`, `SERVICE_UNAVAILABLE`, `INTERRUPTED`. Then everything
 * has been reset
 */
export async function applySettings(wanted: WantedSettings, options: ApplyOptions): Promise<AppliedSettings> {
  const { connection, journalFile, timeoutMs, log } = options;
  const earlier = await restoreJournal(journalFile, connection, timeoutMs);
  for (const sentence of earlier?.notRestored ?? []) log?.warning('settings', sentence);
  const settings = await openClusterSettings(connection, timeoutMs);
  try {
    const owners = await ownersOf(wanted, settings);
    const changes = await plannedChanges(owners, settings);
    let journal = await newJournal(connection.bootstrap, changes, new Date());
    if (changes.length > 0) await writeJournal(journalFile, journal);
    const restore = restoring(() => journal, options);
    try {
      await changeAll(changes, settings, options);
      const held: Record<string, Record<string, string>> = {};
      for (const { owner, values } of owners) {
        held[`${owner.kind} ${owner.name}`] = await readBack(owner, values, changes, settings, options);
      }
      journal = { ...journal, changes: changes.map((change) => ({ ...change, held: heldOf(change, held) })) };
      if (changes.length > 0) await writeJournal(journalFile, journal);
      return { held, restore };
    } catch (thrown) {
      const { notRestored } = await restore();
      for (const sentence of notRestored) log?.error('settings', sentence);
      throw thrown;
    }
  } finally {
    await settings.close();
  }
}

/**
 * Checks whether a cluster would take settings, as far as that is possible without changing anything.
 *
 * @throws `BAD_SCENARIO` for settings that are unknown, read-only or secret, `BROKER_UNREACHABLE`,
 * `BROKER_REFUSED`
 */
export async function checkSettings(
  wanted: WantedSettings,
  { connection, timeoutMs }: Pick<ApplyOptions, 'connection' | 'timeoutMs'>,
): Promise<void> {
  const settings = await openClusterSettings(connection, timeoutMs);
  try {
    await plannedChanges(await ownersOf(wanted, settings), settings);
  } finally {
    await settings.close();
  }
}

interface OwnerSettings {
  readonly owner: SettingsOwner;
  readonly values: Readonly<Record<string, string>>;
}

async function ownersOf(
  { brokers, topics }: WantedSettings,
  settings: ClusterSettings,
): Promise<readonly OwnerSettings[]> {
  const ids = Object.keys(brokers).length === 0 ? [] : await settings.brokerIds();
  return [
    ...ids.map((name) => ({ owner: { kind: 'broker', name } as const, values: brokers })),
    ...Object.entries(topics).map(([name, values]) => ({ owner: { kind: 'topic', name } as const, values })),
  ];
}

async function plannedChanges(
  owners: readonly OwnerSettings[],
  settings: ClusterSettings,
): Promise<readonly SettingChange[]> {
  const changes: SettingChange[] = [];
  const problems: string[] = [];
  for (const { owner, values } of owners) {
    const plan = planChanges(owner, await settings.describe(owner), values);
    changes.push(...plan.changes);
    problems.push(...plan.problems);
  }
  if (problems.length === 0) return changes;
  throw new AlertSimError('BAD_SCENARIO', twoSentences(problems.join('; '), onlyLocal));
}

async function changeAll(
  changes: readonly SettingChange[],
  settings: ClusterSettings,
  { signal, log }: ApplyOptions,
): Promise<void> {
  for (const change of changes) {
    stopIfInterrupted(signal, 'the settings that were changed so far are put back');
    const refusal = await settings.alter(change, [[change.setting, change.wanted]]);
    if (refusal !== undefined) {
      throw new AlertSimError(
        'BAD_SCENARIO',
        twoSentences(`the cluster rejects ${changeName(change)} = ${change.wanted}: ${refusal}`, onlyLocal),
      );
    }
    log?.info(
      'settings',
      `${changeName(change)} = ${change.wanted} (before: ${change.countedBefore ?? 'unset'})`,
    );
  }
}

/** Waits until changed settings no longer read as before: a broker adopts a dynamic setting after a while. */
async function readBack(
  { kind, name }: SettingsOwner,
  values: Readonly<Record<string, string>>,
  changes: readonly SettingChange[],
  settings: ClusterSettings,
  { timeoutMs, signal }: ApplyOptions,
): Promise<Record<string, string>> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    stopIfInterrupted(signal, 'the settings that were changed are put back');
    const entries = new Map(
      (await settings.describe({ kind, name })).map((entry) => [entry.name, entry.value]),
    );
    const waiting = changes.filter(
      (change) =>
        change.kind === kind &&
        change.name === name &&
        entries.get(change.setting) !== change.wanted &&
        entries.get(change.setting) === change.countedBefore,
    );
    const [late] = waiting;
    if (late === undefined) {
      return Object.fromEntries(Object.keys(values).map((setting) => [setting, entries.get(setting) ?? '']));
    }
    if (performance.now() > endMs) {
      throw new AlertSimError(
        'BROKER_REFUSED',
        `${changeName(late)} was set to ${late.wanted} but still reads ${late.countedBefore ?? 'unset'} after ` +
          `${timeoutMs / 1000} s`,
      );
    }
    await pause(pollMs, signal);
  }
}

function heldOf({ kind, name, setting }: SettingChange, held: AppliedSettings['held']): string | undefined {
  return held[`${kind} ${name}`]?.[setting];
}

function restoring(journal: () => SettingsJournal, options: ApplyOptions): () => Promise<RestoreReport> {
  const { connection, journalFile, timeoutMs, log } = options;
  let report: Promise<RestoreReport> | undefined;
  const restore = async (): Promise<RestoreReport> => {
    const { changes } = journal();
    if (changes.length === 0) return { restored: [], notRestored: [] };
    let settings: ClusterSettings;
    try {
      settings = await openClusterSettings(connection, timeoutMs);
    } catch (thrown) {
      const names = changes.map(changeName).join(', ');
      const later = `\`${ownCommand('restore', journalFile)}\` does it when the cluster is back`;
      return {
        restored: [],
        notRestored: [`${names} could not be put back: ${messageOf(thrown)}; ${later}`],
      };
    }
    try {
      const done = await putBack(journalFile, journal(), settings, timeoutMs);
      for (const change of done.restored) log?.info('settings', `${changeName(change)} is as before`);
      return done;
    } finally {
      await settings.close();
    }
  };
  return () => (report ??= restore());
}

const onlyLocal =
  'What needs a restart only a local broker can have: let kafka.bootstrap be the local broker ' +
  '(`rubin-alert-sim broker up`)';
const pollMs = 100;
