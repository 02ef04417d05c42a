import { AlertSimError, messageOf } from '../errors.js';
import type { SettingEntry, SettingUpdate } from '../kafka/clusterSettings.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import type { TopicAdmin, TopicRequest, TopicShape, Watermarks } from '../kafka/topics.js';
import { checkReplicas } from './replicaRules.js';
import { holdsReservoir, isMarked, ownTopic } from './topicOwner.js';

/** `ours`: those that this program created, and empty ones. */
export type Overwriting = 'none' | 'ours' | 'any';

/** A topic that will be written to. */
export interface TopicTask {
  /** Its settings hold after overwriting, too. */
  readonly request: TopicRequest;
  readonly overwrite: Overwriting;
  /** How to continue where the topic may not be overwritten, half a sentence. */
  readonly remedy: string;
  /** Whether an existing topic is deleted and created again rather than emptied. */
  readonly fresh?: boolean | undefined;
}

/** What will be done about a topic; everything that can be checked before has been checked. */
export type TopicDecision =
  | {
      /** It does not exist, or it is deleted first. */
      readonly kind: 'create' | 'recreate';
      readonly request: TopicRequest;
    }
  | {
      /** Its partitions stay, so that running consumers go on. */
      readonly kind: 'empty';
      readonly request: TopicRequest;
      readonly updates: readonly SettingUpdate[];
      readonly hasMessages: boolean;
    };

/** What happened to a topic before it is written to. */
export type TopicPreparation = 'created' | 'emptied' | 'overwritten';

export interface ClusterAccess {
  readonly admin: TopicAdmin;
  /** Of the producers. */
  readonly connection: ConnectionOptions;
  /** Per step. */
  readonly timeoutMs: number;
}

/**
 * Decides what to do about a topic that will be written to, and changes nothing yet.
 *
 * @throws `TOPIC_EXISTS` for a topic that may not be overwritten; what the cluster says about one that it
 * would not create
 */
export async function decideTopic(cluster: ClusterAccess, task: TopicTask): Promise<TopicDecision> {
  const { admin, connection } = cluster;
  const request = ownTopic(task.request);
  const { name } = request;
  const shape = await admin.shapeOf(name);
  if (shape !== undefined && task.overwrite === 'none') {
    throw new AlertSimError('TOPIC_EXISTS', `Topic already exists: ${name}. ${task.remedy}`);
  }
  await checkReplicas(admin, request, connection.properties);
  const decision =
    shape === undefined
      ? ({ kind: 'create', request } as const)
      : await decideExisting(cluster, { ...task, request }, shape);
  if (decision.kind !== 'empty') await admin.validate(request);
  return decision;
}

async function decideExisting(
  cluster: ClusterAccess,
  { request, overwrite, remedy, fresh = false }: TopicTask,
  shape: TopicShape,
): Promise<TopicDecision> {
  const { admin, connection, timeoutMs } = cluster;
  const { name } = request;
  // Undefined where we may not read them: then the topic is not known to be ours by its mark, and cannot be
  // kept.
  const entries = await admin.describe('topic', name).catch(() => undefined);
  const watermarks = await admin.watermarks(name);
  const fits = shape.partitions === request.partitions && [shape.replicas, -1].includes(request.replication);
  if (overwrite === 'ours' && !(entries !== undefined && isMarked(entries))) {
    const ours = hasMessages(watermarks)
      ? await holdsReservoir(connection, name, watermarks, timeoutMs)
      : // One that others have written to has readers who know its offsets: it is only used as it is.
        fits || wasNeverWritten(watermarks);
    if (!ours) throw new AlertSimError('TOPIC_EXISTS', `${foreign(name, watermarks)}. ${remedy}`);
  }
  if (entries === undefined || !fits || fresh || !isDeleting(request)) return { kind: 'recreate', request };
  return {
    kind: 'empty',
    request,
    updates: settingUpdates(entries, request.config),
    hasMessages: hasMessages(watermarks),
  };
}

/**
 * Prepares a topic for writing.
 *
 * A topic is emptied where its partitions fit, because its consumers go on then. Without the rights for that,
 * it is deleted and created again.
 *
 * @throws what the cluster reports
 */
export async function prepareTopic(admin: TopicAdmin, decision: TopicDecision): Promise<TopicPreparation> {
  const { request } = decision;
  if (decision.kind === 'create') {
    await admin.create(request);
    return 'created';
  }
  if (decision.kind === 'empty') {
    if (await emptied(admin, decision)) return 'emptied';
    await admin.validate(request);
  }
  await admin.remove(request.name);
  await admin.create(request).catch((thrown: unknown) => {
    if (!(thrown instanceof AlertSimError)) throw thrown;
    const gone = `the topic ${request.name} that was to be overwritten is deleted, and could not be made anew`;
    throw new AlertSimError(thrown.code, `${gone}: ${thrown.message}`, thrown);
  });
  return 'overwritten';
}

async function emptied(
  admin: TopicAdmin,
  { request, updates, hasMessages: isFull }: Extract<TopicDecision, { kind: 'empty' }>,
): Promise<boolean> {
  const { name } = request;
  const refusal = updates.length === 0 ? undefined : await admin.alter(name, updates).catch(refusedUs);
  if (refusal === 'refused') return false;
  if (refusal !== undefined) {
    throw new AlertSimError('BAD_USAGE', `the settings of the topic ${name} are rejected: ${refusal}`);
  }
  if (!isFull) return true;
  return (await admin.empty(name).catch(refusedUs)) === undefined;
}

/** Without these rights, the topic can still be deleted and created again. */
function refusedUs(thrown: unknown): 'refused' {
  if (thrown instanceof AlertSimError && thrown.code === 'BROKER_REFUSED') return 'refused';
  throw thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

/** Sets what is asked for, and removes other overrides of the topic. */
function settingUpdates(
  entries: readonly SettingEntry[],
  config: Readonly<Record<string, string>>,
): SettingUpdate[] {
  const own = entries.filter(({ source }) => source === 'DYNAMIC_TOPIC_CONFIG');
  const now = new Map(own.map(({ name, value }) => [name, value]));
  const others = own.filter(({ name }) => !(name in config));
  return [
    ...Object.entries(config).filter(([name, value]) => now.get(name) !== value),
    ...others.map(({ name }): SettingUpdate => [name, null]),
  ];
}

/** Kafka deletes records of such topics only. */
function isDeleting({ config }: TopicRequest): boolean {
  return (config['cleanup.policy'] ?? '').split(',').some((policy) => policy.trim() === 'delete');
}

function hasMessages(watermarks: readonly Watermarks[]): boolean {
  return watermarks.some(({ low, high }) => high > low);
}

function wasNeverWritten(watermarks: readonly Watermarks[]): boolean {
  return watermarks.every(({ high }) => high === 0);
}

function foreign(name: string, watermarks: readonly Watermarks[]): string {
  return hasMessages(watermarks)
    ? `the topic ${name} has messages in it and was not made by this program, so it is not overwritten`
    : `the topic ${name} is empty but was used by others and has another number of partitions or replicas, so it is not overwritten`;
}
