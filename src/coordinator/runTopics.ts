import { AlertSimError } from '../errors.js';
import { tryProducer } from '../kafka/producer.js';
import { tryConsumer } from '../kafka/rowConsumer.js';
import type { TopicAdmin, Watermarks } from '../kafka/topics.js';
import { ownGroups, type Plan } from '../scenario/plan.js';
import { reservoirTopicConfig } from '../workers/reservoirFormat.js';
import type { AlertFacts } from './alertFacts.js';
import { clusterOf, preloadClusterOf } from './connection.js';
import { holdsAlready } from './preloadRun.js';
import { checkReplicasOf } from './replicaRules.js';
import { decideTopic, type TopicDecision } from './topicRules.js';

/** What a run does about its two topics. */
export interface RunTopics {
  /** With the offsets of its alerts where it holds them already. */
  readonly reservoir:
    | TopicDecision
    | { readonly kind: 'whole'; readonly watermarks: readonly Watermarks[] }
    /** Alerts are made while they are sent. */
    | { readonly kind: 'none' };
  readonly stream: TopicDecision | { readonly kind: 'existing' };
}

export interface RunTopicsOptions {
  /** With the stream as {@link withExistingStream} found it. */
  readonly plan: Plan;
  readonly facts: AlertFacts;
  readonly admin: TopicAdmin;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Whether topics that this program did not create are overwritten. */
  readonly force: boolean;
  /** Whether the stream is deleted and created again rather than emptied. */
  readonly fresh: boolean;
}

/**
 * Looks up the number of partitions of a stream that is used as it is.
 *
 * @returns the scenario, with the number of partitions
 * @throws `BAD_SCENARIO` when the stream does not exist
 */
export async function withExistingStream(plan: Plan, admin: TopicAdmin): Promise<Plan> {
  const { stream } = plan;
  if (!stream.existing) return plan;
  const partitions = await admin.partitionsOf(stream.topic);
  if (partitions === undefined) {
    throw new AlertSimError(
      'BAD_SCENARIO',
      `the topic ${stream.topic} does not exist, and with stream.existing: true the run does not create it`,
    );
  }
  return { ...plan, stream: { ...stream, partitions } };
}

/**
 * Decides what a run does about its topics, and finds out what is possible before anything is changed:
 * whether the topics are ours, whether the cluster would create them, and whether the clients can be made.
 *
 * @throws `TOPIC_EXISTS`, `BAD_USAGE`, `BROKER_REFUSED`, `BROKER_UNREACHABLE`
 */
export async function decideTopics(options: RunTopicsOptions): Promise<RunTopics> {
  const { plan, facts, admin, timeoutMs } = options;
  const isAhead = facts.isAhead === true;
  const watermarks =
    plan.reservoir.reuse && !isAhead ? await holdsAlready({ plan, facts, admin, timeoutMs }) : undefined;
  const reservoir = isAhead
    ? ({ kind: 'none' } as const)
    : watermarks === undefined
      ? await decideReservoir(options)
      : ({ kind: 'whole', watermarks } as const);
  const stream = await decideStream(options);
  await tryProducer(clusterOf(plan), {}, timeoutMs);
  if (ownGroups(plan.consumers).length > 0) await tryConsumer(clusterOf(plan), timeoutMs);
  return { reservoir, stream };
}

function decideReservoir({ plan, admin, timeoutMs, force }: RunTopicsOptions): Promise<TopicDecision> {
  const { topic, partitions, replication, config } = plan.reservoir;
  return decideTopic(
    { admin, connection: preloadClusterOf(plan), timeoutMs },
    {
      request: { name: topic, partitions, replication, config: { ...reservoirTopicConfig, ...config } },
      overwrite: force ? 'any' : 'ours',
      remedy: 'Choose another reservoir.topic, or overwrite it with --force',
    },
  );
}

async function decideStream({
  plan,
  admin,
  timeoutMs,
  force,
  fresh,
}: RunTopicsOptions): Promise<RunTopics['stream']> {
  const { topic, existing, partitions, replication, config } = plan.stream;
  const connection = clusterOf(plan);
  if (existing) {
    await checkReplicasOf(admin, topic, connection.properties);
    return { kind: 'existing' };
  }
  return decideTopic(
    { admin, connection, timeoutMs },
    {
      request: { name: topic, partitions, replication, config },
      overwrite: force ? 'any' : 'ours',
      remedy:
        'Choose another stream.topic, write into it as it is with stream.existing: true, or overwrite it with --force',
      fresh,
    },
  );
}
