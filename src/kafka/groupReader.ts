import type rdkafka from 'node-rdkafka';
import { connect, disconnect, makeClient } from './connect.js';
import { kafkaErrors, requestError } from './kafkaErrors.js';
import { kafkaLibrary } from './library.js';
import { kafkaErrorName } from './libraryError.js';
import { clientSettings, type ConnectionOptions } from './settings.js';
import { metadataOf } from './topics.js';
import { byScope } from './topicScope.js';

/** A group, and the topic that it is looked at on. */
export interface GroupOnTopic {
  readonly group: string;
  readonly topic: string;
}

/** Something that was asked for: the answer, or librdkafka's name of the error. */
export type Answer<T> = { readonly value: T } | { readonly error: string };

export interface GroupMember {
  /** Its `group.instance.id` where it has one, which it keeps when it starts anew: no rebalance follows. */
  readonly id: string;
  readonly client: string;
  readonly host: string;
  /** The partitions that it has, as `topic:partition`, sorted. */
  readonly partitions: readonly string[];
}

export interface GroupMembers {
  /** As Kafka calls it: `Stable`, `Empty`, `PreparingRebalance`; `Dead` for a group that does not exist. */
  readonly state: string;
  readonly members: readonly GroupMember[];
}

/** What groups have committed, and what there is, at about one instant. */
export interface GroupsReading {
  /** Since 1970: when the answers had come. */
  readonly atMs: number;
  /** In the order of the groups; of each partition the next offset to read, null without a commit. */
  readonly committed: readonly Answer<readonly (number | null)[]>[];
  /** By topic: the offset after the last message of each partition; undefined where no answer came. */
  readonly ends: ReadonlyMap<string, Answer<readonly (number | undefined)[]>>;
  /** In the order of the groups; undefined where members were not asked for. */
  readonly members: readonly (Answer<GroupMembers> | undefined)[];
}

/** Reads about groups of others, and joins none. */
export interface GroupReader {
  /** @param withMembers - whether the groups are described, too: two more requests each */
  readonly read: (groups: readonly GroupOnTopic[], withMembers: boolean) => Promise<GroupsReading>;
  /** 0 for a topic that does not exist, or that this user may not see. */
  readonly partitionsOf: (topic: string) => Promise<number>;
  /** The topics that a group has committed offsets on. */
  readonly topicsOf: (group: string) => Promise<Answer<readonly string[]>>;
  readonly close: () => Promise<void>;
}

/** Partitions that are added are found within this time. */
const shapeMs = 10_000;

/** Members of a group that does not exist: Kafka 4 answers with an error, older ones with a dead group. */
const nowhere: GroupMembers = { state: 'Dead', members: [] };

/**
 * Connects to a cluster to read about groups. It needs the right to DESCRIBE the groups and their topics, and
 * no other. Close it after use.
 *
 * All groups share one client; one request for each group and one for each broker ask for all offsets.
 *
 * @param timeoutMs - per request
 * @throws `BROKER_UNREACHABLE`, `BROKER_REFUSED`, `BAD_USAGE`
 */
export async function openGroupReader(options: ConnectionOptions, timeoutMs: number): Promise<GroupReader> {
  const settings = clientSettings(options);
  const client = makeClient(() => new (kafkaLibrary().Producer)(...byScope(settings)));
  await connect(client, options.bootstrap, timeoutMs);
  return readerOf(client, settings, timeoutMs);
}

function readerOf(
  client: rdkafka.Producer,
  settings: ReturnType<typeof clientSettings>,
  timeoutMs: number,
): GroupReader {
  let admin = kafkaLibrary().AdminClient.create(settings);
  const pending = new Set<Promise<unknown>>();
  const shapes = new Map<string, { readonly atMs: number; readonly partitions: number }>();

  const ask = (request: rdkafka.GroupsRequest): Promise<rdkafka.GroupsAnswers> => {
    const answer = asked(admin, request, timeoutMs);
    pending.add(answer);
    void answer.then(
      () => pending.delete(answer),
      () => pending.delete(answer),
    );
    return answer;
  };

  const partitionsOf = async (topic: string): Promise<number> => {
    const known = shapes.get(topic);
    const nowMs = performance.now();
    if (known !== undefined && nowMs - known.atMs < shapeMs) return known.partitions;
    const metadata = await metadataOf(client, topic, timeoutMs).catch((thrown: unknown) => {
      // With a broker that is gone for a moment, a topic still has the partitions that it had.
      if (known === undefined) throw thrown;
      return undefined;
    });
    const found = metadata?.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    // A topic that was deleted keeps its rows, which then have no ends.
    const partitions = Math.max(found, known?.partitions ?? 0);
    shapes.set(topic, { atMs: nowMs, partitions });
    return partitions;
  };

  /** librdkafka asks the leader that it knows again and again, also when its broker is gone: a new client looks it up. */
  const lookUpLeaders = (): void => {
    const old = admin;
    admin = kafkaLibrary().AdminClient.create(settings);
    void Promise.allSettled([...pending]).then(() => {
      old.disconnect();
    });
  };

  const read: GroupReader['read'] = async (groups, withMembers) => {
    const topics = [...new Set(groups.map(({ topic }) => topic))];
    const counts = new Map<string, number>();
    for (const topic of topics) counts.set(topic, await partitionsOf(topic));
    const countOf = (topic: string): number => counts.get(topic) ?? 0;
    const answerable = groups.filter(({ topic }) => countOf(topic) > 0);
    const ids = withMembers ? [...new Set(groups.map(({ group }) => group))] : [];
    const answers = await ask({
      offsets: answerable.map(({ group, topic }) => [group, topic, countOf(topic)]),
      ends: topics.filter((topic) => countOf(topic) > 0).map((topic) => [topic, countOf(topic)]),
      members: ids,
    });
    const atMs = Date.now();
    const ends = topics.map((topic) => [topic, endsOf(answers.ends, topic, countOf(topic))] as const);
    if (ends.some(([topic, answer]) => countOf(topic) > 0 && isPartial(answer))) lookUpLeaders();
    return {
      atMs,
      committed: groups.map((one) => {
        const at = answerable.indexOf(one);
        const answer = at < 0 ? undefined : answers.offsets[at];
        return answer === undefined ? { value: [] } : committedOf(answer, one.topic, countOf(one.topic));
      }),
      ends: new Map(ends),
      members: groups.map(({ group }) => {
        const answer = answers.members[ids.indexOf(group)];
        return answer === undefined ? undefined : membersOf(answer);
      }),
    };
  };

  return {
    read,
    partitionsOf,
    topicsOf: async (group) => {
      const answers = await ask({ offsets: [[group]], ends: [], members: [] });
      const [answer] = answers.offsets;
      if (answer?.code !== 0) return failed(answer?.code ?? kafkaErrors.timedOut);
      return { value: [...new Set(answer.topics ?? [])].sort() };
    },
    close: async () => {
      // To disconnect while it reads would block this thread until it has read.
      await Promise.allSettled(pending);
      admin.disconnect();
      await disconnect(client);
    },
  };
}

function asked(
  admin: rdkafka.IAdminClient,
  request: rdkafka.GroupsRequest,
  timeoutMs: number,
): Promise<rdkafka.GroupsAnswers> {
  return new Promise((resolve, reject) => {
    admin.readGroups(request, timeoutMs, (error, answers) => {
      if (error === null) resolve(answers);
      else reject(requestError('read about consumer groups', error));
    });
  });
}

function failed(code: number): { readonly error: string } {
  return { error: kafkaErrorName(code) };
}

/** The offset of each partition of a topic, and the first error of a partition. */
function offsetsOf(
  { topics = [], rows = [] }: Partial<rdkafka.PartitionRows>,
  topic: string,
  partitions: number,
): { readonly offsets: (number | undefined)[]; readonly code: number } {
  const offsets = new Array<number | undefined>(partitions).fill(undefined);
  let first = 0;
  for (let at = 0; at + 3 < rows.length; at += 4) {
    const [of = 0, partition = 0, offset = -1, code = 0] = rows.slice(at, at + 4);
    if (topics[of] !== topic) continue;
    if (code !== 0) first ||= code;
    else offsets[partition] = offset;
  }
  return { offsets, code: first };
}

function committedOf(
  answer: rdkafka.GroupsAnswer<rdkafka.PartitionRows>,
  topic: string,
  partitions: number,
): Answer<readonly (number | null)[]> {
  if (answer.code !== 0) return failed(answer.code);
  const { offsets, code } = offsetsOf(answer, topic, partitions);
  if (code !== 0 && offsets.every((offset) => offset === undefined)) return failed(code);
  return { value: offsets.map((offset) => (offset === undefined || offset < 0 ? null : offset)) };
}

function endsOf(
  answer: rdkafka.GroupsAnswers['ends'],
  topic: string,
  partitions: number,
): Answer<readonly (number | undefined)[]> {
  if (partitions === 0) return failed(kafkaErrors.unknownTopicOrPartition);
  if (answer?.code !== 0) return failed(answer?.code ?? kafkaErrors.timedOut);
  const { offsets, code } = offsetsOf(answer, topic, partitions);
  if (code !== 0 && offsets.every((offset) => offset === undefined)) return failed(code);
  // A partition whose leader did not answer has an offset that is none.
  return { value: offsets.map((offset) => (offset === undefined || offset < 0 ? undefined : offset)) };
}

function isPartial(answer: Answer<readonly (number | undefined)[]>): boolean {
  return 'value' in answer && answer.value.includes(undefined);
}

function membersOf(answer: rdkafka.GroupsAnswers['members'][number]): Answer<GroupMembers> {
  if (answer.code === kafkaErrors.groupIdNotFound) return { value: nowhere };
  if (answer.code !== 0) return failed(answer.code);
  const members = (answer.members ?? []).map(({ id, instance, client, host, topics, rows }) => {
    const partitions: string[] = [];
    for (let at = 0; at + 3 < rows.length; at += 4)
      partitions.push(`${topics[rows[at] ?? 0] ?? ''}:${rows[at + 1] ?? 0}`);
    return { id: instance === '' ? id : instance, client, host, partitions: partitions.sort() };
  });
  return { value: { state: answer.state ?? '', members } };
}
