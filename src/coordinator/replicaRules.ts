import { AlertSimError } from '../errors.js';
import type { SettingEntry } from '../kafka/clusterSettings.js';
import type { ClientProperties } from '../kafka/settings.js';
import type { TopicAdmin, TopicRequest } from '../kafka/topics.js';

/**
 * Rejects a topic with fewer replicas than must be in sync: with `acks=all` no message would ever be
 * acknowledged.
 *
 * @param properties - those of the producers
 * @throws `BAD_USAGE` with the properties' names
 */
export async function checkReplicas(
  admin: TopicAdmin,
  request: TopicRequest,
  properties: ClientProperties = {},
): Promise<void> {
  if (!wantsAll(properties)) return;
  const [broker = ''] = await admin.brokerIds();
  // Without the right to read them one learns it from the broker.
  const entries = await admin.describe('broker', broker).catch((): readonly SettingEntry[] => []);
  const ofBroker = (name: string): number => Number(entries.find((entry) => entry.name === name)?.value);
  const asked = request.config['min.insync.replicas'];
  const inSync = asked === undefined ? ofBroker('min.insync.replicas') : Number(asked);
  const replication = request.replication < 1 ? ofBroker('default.replication.factor') : request.replication;
  if (!(replication < inSync)) return;
  throw tooFew(request.name, replication, inSync);
}

/**
 * Rejects an existing topic with fewer replicas than must be in sync.
 *
 * @param properties - those of the producers
 * @throws `BAD_USAGE` with the properties' names
 */
export async function checkReplicasOf(
  admin: TopicAdmin,
  topic: string,
  properties: ClientProperties = {},
): Promise<void> {
  if (!wantsAll(properties)) return;
  const replicas = (await admin.shapeOf(topic))?.replicas ?? 1;
  const entries = await admin.describe('topic', topic).catch((): readonly SettingEntry[] => []);
  const inSync = Number(entries.find(({ name }) => name === 'min.insync.replicas')?.value);
  if (replicas < inSync) throw tooFew(topic, replicas, inSync);
}

function wantsAll(properties: ClientProperties): boolean {
  const acks = properties.acks ?? properties['request.required.acks'] ?? 'all';
  return ['all', '-1'].includes(String(acks).toLowerCase());
}

function tooFew(topic: string, replication: number, inSync: number): AlertSimError {
  return new AlertSimError(
    'BAD_USAGE',
    `replication ${replication} of the topic ${topic} is below min.insync.replicas ${inSync}, so with acks=all no message ` +
      `would be acknowledged: raise the replication, lower min.insync.replicas of the topic, or choose acks=1`,
  );
}
