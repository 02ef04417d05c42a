import { AlertSimError } from '../../errors.js';
import { openClusterSettings, type SettingEntry } from '../../kafka/clusterSettings.js';
import type { ConnectionOptions } from '../../kafka/settings.js';
import { nearest } from '../../scenario/nearest.js';

/**
 * Reads settings back that brokers were started with, by the broker's id; secret ones are empty. Kafka
 * silently starts with names that it does not know: here they are found.
 *
 * @throws `BAD_SCENARIO` for a setting that Kafka does not know, `BROKER_UNREACHABLE`
 */
export async function readBackSettings(
  connection: ConnectionOptions,
  names: readonly string[],
  version: string,
  timeoutMs: number,
): Promise<Record<string, Record<string, string>>> {
  const settings = await openClusterSettings(connection, timeoutMs);
  try {
    const held: Record<string, Record<string, string>> = {};
    for (const id of await settings.brokerIds()) {
      const entries = await settings.describe({ kind: 'broker', name: id });
      const byName = new Map(entries.map((entry) => [entry.name, entry]));
      requireKnown(names, byName, version);
      held[id] = Object.fromEntries(names.map((name) => [name, byName.get(name)?.value ?? '']));
    }
    return held;
  } finally {
    await settings.close();
  }
}

function requireKnown(
  names: readonly string[],
  entries: ReadonlyMap<string, SettingEntry>,
  version: string,
): void {
  for (const name of names) {
    if (isKnown(name, entries.get(name))) continue;
    const known = [...entries.values()]
      .filter((entry) => isKnown(entry.name, entry))
      .map((entry) => entry.name);
    const near = nearest(name, known);
    throw new AlertSimError(
      'BAD_SCENARIO',
      `Kafka ${version} knows no broker setting ${name}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    );
  }
}

/** Kafka reports unknown settings as if they were secrets, because it cannot know whether they are. */
function isKnown(name: string, entry: SettingEntry | undefined): boolean {
  if (name.startsWith('listener.name.')) return true;
  return (
    entry !== undefined && (!entry.sensitive || /password|secret|jaas|\.key$|certificate\.chain$/.test(name))
  );
}
