import { nearest } from '../../scenario/nearest.js';
import type { SettingEntry, SettingsOwner, SettingUpdate } from '../../kafka/clusterSettings.js';

/** A setting that is changed for a while, and everything that is needed to reset it. */
export interface SettingChange extends SettingsOwner {
  readonly setting: string;
  /**
   * Its own value before, which will be reset; null where it had none, so that the override is removed again.
   */
  readonly before: string | null;
  /** The value in force before, wherever it came from. */
  readonly countedBefore: string | null;
  /** The new value. */
  readonly wanted: string;
  /** The value as read back, once it was in force. */
  readonly held?: string | undefined;
}

/** What can be done with wanted settings. */
export interface ChangePlan {
  /** Settings that have the wanted value already are left out. */
  readonly changes: readonly SettingChange[];
  /** What cannot be changed, a sentence each. */
  readonly problems: readonly string[];
}

/** Finds out what has to be changed for wanted settings, and what prevents it. */
export function planChanges(
  owner: SettingsOwner,
  entries: readonly SettingEntry[],
  wanted: Readonly<Record<string, string>>,
): ChangePlan {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const changes: SettingChange[] = [];
  const problems: string[] = [];
  for (const [setting, value] of Object.entries(wanted)) {
    const entry = byName.get(setting);
    const problem = problemOf(owner, setting, entry, [...byName.keys()]);
    if (problem !== undefined) problems.push(problem);
    else if (entry !== undefined && entry.value !== value) {
      const before = isOwn(owner, entry) ? entry.value : null;
      changes.push({ ...owner, setting, before, countedBefore: entry.value, wanted: value });
    }
  }
  return { changes, problems };
}

/** How to reset a change. */
export type RestoreStep =
  /** The change is still there: this undoes it. */
  | { readonly kind: 'put back'; readonly update: SettingUpdate }
  /** The setting is as it was before. */
  | { readonly kind: 'as before' }
  /** Someone else gave it another value meanwhile, which is left alone. */
  | { readonly kind: 'not ours'; readonly value: string | null };

/**
 * Finds out how a change is reset.
 *
 * @param entry - undefined where its owner does not have it any more
 */
export function planRestore(change: SettingChange, entry: SettingEntry | undefined): RestoreStep {
  const own = entry !== undefined && isOwn(change, entry) ? entry.value : null;
  if (own === change.before) return { kind: 'as before' };
  if (own === change.wanted || (change.held !== undefined && own === change.held)) {
    return { kind: 'put back', update: [change.setting, change.before] };
  }
  return { kind: 'not ours', value: own };
}

/** A change in words: `num.io.threads of broker 1`. */
export function changeName({
  kind,
  name,
  setting,
}: Pick<SettingChange, 'kind' | 'name' | 'setting'>): string {
  return `${setting} of ${kind === 'broker' ? 'broker' : 'the topic'} ${name}`;
}

function problemOf(
  owner: SettingsOwner,
  setting: string,
  entry: SettingEntry | undefined,
  names: readonly string[],
): string | undefined {
  const name = changeName({ ...owner, setting });
  if (entry === undefined) {
    const near = nearest(setting, names);
    return `there is no ${name}${near === undefined ? '' : `; did you mean "${near}"?`}`;
  }
  if (entry.readOnly) return `${name} is read-only while the broker runs: it needs a restart`;
  if (entry.sensitive)
    return `${name} is secret: it could not be put back, because brokers never show its value`;
  return undefined;
}

/**
 * Whether the value was given to this topic or broker itself while the cluster ran, and not to all or in a
 * file.
 */
function isOwn({ kind }: SettingsOwner, { source }: SettingEntry): boolean {
  return source === (kind === 'broker' ? 'DYNAMIC_BROKER_CONFIG' : 'DYNAMIC_TOPIC_CONFIG');
}
