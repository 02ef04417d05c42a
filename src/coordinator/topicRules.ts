import { AlertSimError } from '../errors.js';
import type { TopicAdmin, TopicRequest } from '../kafka/topics.js';

/** What happened to a topic before it is written to. */
export type TopicPreparation = 'created' | 'overwritten';

/**
 * Makes the topic that a command writes to. One that exists is kept, and the command ends, unless it was asked
 * to overwrite.
 *
 * @param admin - the cluster
 * @param request - the topic, with its settings: they hold after overwriting, too
 * @param overwrite - whether an existing topic is deleted first
 * @param force - the option that the user would give to overwrite
 * @returns what was done
 * @throws `TOPIC_EXISTS`
 */
export async function prepareTopic(
  admin: TopicAdmin,
  request: TopicRequest,
  overwrite: boolean,
  force: string,
): Promise<TopicPreparation> {
  const exists = (await admin.partitionsOf(request.name)) !== undefined;
  if (exists && !overwrite) {
    throw new AlertSimError(
      'TOPIC_EXISTS',
      `Topic already exists: ${request.name}. Use ${force} to overwrite it, or choose another name`,
    );
  }
  if (exists) await admin.remove(request.name);
  await admin.create(request);
  return exists ? 'overwritten' : 'created';
}
