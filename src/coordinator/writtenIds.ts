import { readFile, stat } from 'node:fs/promises';
import { AlertDescriber } from '../alerts/describeValue.js';
import { AlertSimError } from '../errors.js';
import { fileError } from '../fileErrors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { topicMessages } from '../workers/topicMessages.js';
import { schemasOfRegistry } from './registeredIds.js';

/** Alerts of a topic that a consumer's own file does not name. */
export interface WrittenIds {
  readonly alerts: number;
  readonly missing: number;
  /** Some of them. */
  readonly missingIds: readonly string[];
  /** Alerts whose id is not known; they are not looked for. */
  readonly withoutId: number;
}

export interface WrittenTopic {
  readonly connection: ConnectionOptions;
  readonly topic: string;
  /** Undefined where there is none. */
  readonly registryUrl: string | undefined;
  readonly timeoutMs: number;
}

const shownIds = 5;

/**
 * Makes sure that a file does not name alerts already, as that of an earlier test does: synthetic alerts have the
 * same ids each time.
 *
 * @throws `BAD_USAGE`
 */
export async function requireFresh(file: string, option: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  throw new AlertSimError(
    'BAD_USAGE',
    `${option} ${file} is there already: remove it first, so that only ids of this test are in it`,
  );
}

/**
 * Compares the ids of a topic's alerts with the words of a file that a consumer has written: an id that is none
 * of its words was not written.
 *
 * @throws `BAD_INPUT_FILE` where the file cannot be read
 */
export async function compareWrittenIds(
  file: string,
  { connection, topic, registryUrl, timeoutMs }: WrittenTopic,
): Promise<WrittenIds> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw fileError(thrown, {
      task: `read the ids that the consumer wrote to ${file}`,
      code: 'BAD_INPUT_FILE',
      fix: 'let the consumer write each id as a word, and the file be named as it sees it',
    });
  });
  const words = new Set(text.match(/[\w-]+/g));
  const admin = await openTopicAdmin(connection, timeoutMs);
  const watermarks = await admin.watermarks(topic).finally(() => admin.close());
  const schemas = schemasOfRegistry(registryUrl === undefined ? undefined : { url: registryUrl });
  const describer = new AlertDescriber(undefined, schemas.schemaOf);
  const part = { connection, topic, watermarks, range: { fromMs: undefined, toMs: undefined } };
  const result = { alerts: 0, missing: 0, withoutId: 0 };
  const missingIds: string[] = [];
  try {
    for await (const { value } of topicMessages(part, () => true, timeoutMs)) {
      result.alerts += 1;
      const { id } = await describer.describe(value ?? Buffer.alloc(0));
      if (id === undefined) result.withoutId += 1;
      else if (!words.has(String(id))) {
        result.missing += 1;
        if (missingIds.length < shownIds) missingIds.push(String(id));
      }
    }
  } finally {
    await schemas.close();
  }
  return { ...result, missingIds };
}
