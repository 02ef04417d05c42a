import { AlertSimError, messageOf } from '../errors.js';
import { openGroupReader, type Answer, type GroupReader, type GroupsReading } from '../kafka/groupReader.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { DueTimes, duesOfRun, type Dues } from '../measure/dueTimes.js';
import {
  GroupLag,
  lagOf,
  type LagBounds,
  type OffsetSample,
  type PlannedVisit,
} from '../measure/groupLag.js';
import { GroupTrend, type GroupRules } from '../measure/groupTrend.js';
import { MembersSeen } from '../measure/membersSeen.js';
import type { Logger } from '../outputs/log.js';
import type { GroupFinding } from '../results/findings.js';
import type { WatchedGroup, WatchedInterval } from '../results/watchedGroups.js';

/** A group to watch. */
export interface WatchTarget {
  /** In the scenario. */
  readonly name: string;
  /** The group's id. */
  readonly group: string;
  readonly topic: string;
  readonly kind: WatchedGroup['kind'];
}

/** What was last seen of a group. */
export interface GroupSample {
  /** Since 1970. */
  readonly atMs: number;
  /** Messages of the run that are committed. */
  readonly committed: number;
  /** Messages of the run that are in the topic. */
  readonly end: number;
  readonly lagMessages: number;
  /** Age of the oldest uncommitted alert: 0 without one, null where it is unknown. */
  readonly lagSeconds: number | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly committed: number | null;
    readonly end: number;
    readonly lag: number;
  }[];
  readonly members: number | null;
  readonly state: string | null;
}

/** Watches groups that are not ours, by what they commit. */
export interface GroupWatch {
  /** The newest sample of a group, by its name in the scenario. */
  readonly latest: (name: string) => GroupSample | undefined;
  /**
   * Reads now, besides the second's rhythm.
   *
   * @param members - whether members are described, too
   */
  readonly sample: (members?: boolean) => Promise<void>;
  /** Messages of this run that are not committed; undefined before anything was read. */
  readonly behind: (name: string) => number | undefined;
  /** The members of a group have joined: only from here on its members and rebalances are counted. */
  readonly joined: (name: string) => void;
  /** The consumers of a group are to be stopped: that they leave is no rebalance of its own. */
  readonly suspended: (name: string) => void;
  /** They are to be started again. */
  readonly resumed: (name: string) => void;
  /** A phase begins, with its visits where it has any, or has ended: null. */
  readonly onPhase: (phase: string | null, visits?: readonly PlannedVisit[]) => void;
  /** Points of a producer's report: partition, offset, and when it was due, in turn. */
  readonly addPoints: (
    phase: string,
    points: readonly number[],
    wallMs: (beforeUs: number) => number,
  ) => void;
  /** Of each group since the last call, by its name. */
  readonly takeInterval: () => Record<string, WatchedInterval>;
  /** Ends it: a last sample, and all that was measured. */
  readonly stop: (isCutShort?: boolean) => Promise<WatchedGroup[]>;
  /** What was found out about a group, once it has stopped. */
  readonly findings: (group: WatchedGroup, rules: GroupRules) => GroupFinding[];
}

export interface WatchOptions {
  readonly connection: ConnectionOptions;
  readonly targets: readonly WatchTarget[];
  /**
   * The run's first offset of each partition; undefined without a run: all that is not committed counts then,
   * and messages are due when the topic's end was seen to pass them.
   */
  readonly starts: readonly number[] | undefined;
  readonly isMeasured: (phase: string) => boolean;
  readonly timeoutMs: number;
  readonly log: Logger;
  /** A sample of all groups was taken. */
  readonly onSample?: ((watch: GroupWatch) => void) | undefined;
}

const everyMs = 1000;
/** Members are described every so many samples: each is two requests, and they change seldom. */
const membersEvery = 5;
/** Producers report each second what they sent: then the due times are known of what a sample shows. */
const settledMs = 2500;
/** A message of others has no due time: for it this long is waited. */
const longestSettleMs = 15_000;
/** How often due times are forgotten that no group needs any more. */
const forgetEvery = 16;

/**
 * Begins to watch groups.
 *
 * @throws `BROKER_REFUSED` where the user may not see a group; `BROKER_UNREACHABLE`
 */
export async function openGroupWatch(options: WatchOptions): Promise<GroupWatch> {
  const reader = await openGroupReader(options.connection, options.timeoutMs);
  const watch = new Watch(options, reader);
  try {
    await watch.begin();
  } catch (thrown) {
    await reader.close();
    throw thrown;
  }
  return watch;
}

/** Whether groups may be watched, before anything is changed. */
export async function checkGroups(
  connection: ConnectionOptions,
  targets: readonly WatchTarget[],
  timeoutMs: number,
): Promise<void> {
  if (targets.length === 0) return;
  const reader = await openGroupReader(connection, timeoutMs);
  try {
    const { committed, members } = await reader.read(targets, true);
    targets.forEach(({ group }, index) => {
      rejectUnreadable(group, [committed[index], members[index]]);
    });
  } finally {
    await reader.close();
  }
}

/**
 * Stops at an answer that says that a right is missing.
 *
 * @throws `BROKER_REFUSED`
 */
export function rejectUnreadable(group: string, answers: readonly (Answer<unknown> | undefined)[]): void {
  const refusal = answers.find(
    (one) => one !== undefined && 'error' in one && one.error.includes('AUTHORIZATION'),
  );
  if (refusal === undefined || !('error' in refusal)) return;
  const what = refusal.error.startsWith('TOPIC') ? 'the topic' : 'the group';
  throw new AlertSimError(
    'BROKER_REFUSED',
    `cannot watch the consumer group ${group}: the cluster does not let this user see ${what} (${refusal.error}); ` +
      `the right to DESCRIBE the group and its topic is enough`,
  );
}

/** A sample with what was known of the members when it was taken. */
interface SeenSample extends OffsetSample {
  readonly members: { readonly count: number; readonly state: string } | undefined;
  /** Whether they were away on purpose. */
  readonly absence: MembersSeen['absence'];
}

interface Watched {
  readonly target: WatchTarget;
  readonly lag: GroupLag;
  readonly members: MembersSeen;
  readonly trend: GroupTrend;
  readonly unreadable: Map<string, WatchedGroup['unreadable'][number]>;
  readonly bounds: LagBounds;
  readonly dues: Dues;
  /** Samples whose due times may still come. */
  waiting: SeenSample[];
  newest: SeenSample | undefined;
  latest: GroupSample | undefined;
  reachedSum: number;
  commits: number;
  lastMembers: SeenSample['members'];
}

/** Of a topic that groups are watched on. */
interface Topic {
  readonly points: DueTimes;
  readonly ends: DueTimes;
  /** The ends at the last sample, and when that was. */
  last: { readonly atMs: number; readonly ends: readonly (number | undefined)[] } | undefined;
}

class Watch implements GroupWatch {
  readonly #options: WatchOptions;
  readonly #reader: GroupReader;
  readonly #topics = new Map<string, Topic>();
  #groups: readonly Watched[] = [];
  #phase: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #visitTimer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  readonly #startMs = Date.now();
  #samples = 0;
  #warned = false;

  constructor(options: WatchOptions, reader: GroupReader) {
    this.#options = options;
    this.#reader = reader;
    for (const { topic } of options.targets)
      if (!this.#topics.has(topic))
        this.#topics.set(topic, { points: new DueTimes(), ends: new DueTimes(), last: undefined });
  }

  async begin(): Promise<void> {
    const { targets, starts } = this.#options;
    // With the first questions connections are made, so commits and ends may be seconds apart in their answers.
    await this.#reader.read(targets, true);
    const first = await this.#reader.read(targets, true);
    this.#groups = targets.map((target, index) => {
      rejectUnreadable(target.group, [first.committed[index], first.members[index]]);
      return this.#watched(target, starts ?? endsOf(first, target.topic));
    });
    this.#take(first);
    this.#timer = setInterval(() => {
      // A slow answer delays the next question; it is not asked twice.
      if (this.#reading === undefined) void this.sample();
    }, everyMs).unref();
  }

  #watched(target: WatchTarget, starts: LagBounds['starts']): Watched {
    const { points, ends } = this.#topic(target.topic);
    const dues = this.#options.starts === undefined ? ends : duesOfRun(points, ends);
    const bounds = { starts, wholeLag: this.#options.starts === undefined };
    const { isMeasured } = this.#options;
    return {
      ...{ target, bounds, dues, members: new MembersSeen(), trend: new GroupTrend(), unreadable: new Map() },
      lag: new GroupLag({ ...bounds, dues, isMeasured: (phase) => phase === '' || isMeasured(phase) }),
      ...{ waiting: [], newest: undefined, latest: undefined, reachedSum: 0, commits: 0 },
      lastMembers: undefined,
    };
  }

  latest(name: string): GroupSample | undefined {
    return this.#group(name)?.latest;
  }

  behind(name: string): number | undefined {
    return this.#group(name)?.latest?.lagMessages;
  }

  /** One that is being read counts as now only for those who asked before. */
  async sample(members = false): Promise<void> {
    await this.#reading;
    // One that another caller has begun since then may leave members out.
    while (members && this.#reading !== undefined) await this.#reading;
    this.#reading ??= this.#read(members).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(members: boolean): Promise<void> {
    const { targets, log } = this.#options;
    this.#samples += 1;
    try {
      this.#take(await this.#reader.read(targets, members || this.#samples % membersEvery === 0));
    } catch (thrown) {
      // Brokers go away for a while in many a run: the next second may be better.
      if (!this.#warned)
        log.warning('watch', `a second without a look at consumer groups: ${messageOf(thrown)}`);
      this.#warned = true;
    }
  }

  #take(reading: GroupsReading): void {
    for (const [name, topic] of this.#topics) this.#noteEnds(topic, reading, name);
    this.#groups.forEach((group, index) => {
      this.#takeMembers(group, reading.members[index]);
      const committed = reading.committed[index];
      const ends = reading.ends.get(group.target.topic);
      if (ends === undefined || 'error' in ends) noteUnreadable(group, 'ends', ends?.error ?? '');
      else if (committed === undefined || 'error' in committed)
        noteUnreadable(group, 'commits', committed?.error ?? '');
      else
        this.#addSample(group, {
          ...reading,
          phase: this.#phase,
          committed: committed.value,
          ends: ends.value,
        });
    });
    this.#settle(reading.atMs - settledMs);
    if (this.#samples % forgetEvery === 0) this.#forget();
    this.#options.onSample?.(this);
  }

  #takeMembers(group: Watched, answer: GroupsReading['members'][number]): void {
    if (answer === undefined) return;
    if ('error' in answer) {
      noteUnreadable(group, 'members', answer.error);
      return;
    }
    group.members.add(answer.value);
    group.lastMembers = { count: answer.value.members.length, state: answer.value.state };
  }

  #addSample(group: Watched, { atMs, phase, committed, ends }: OffsetSample): void {
    const { lastMembers, members } = group;
    const sample = { atMs, phase, committed, ends, members: lastMembers, absence: members.absence };
    group.newest = sample;
    group.waiting.push(sample);
    group.latest = sampleOf(group, sample);
    const { committed: reached } = group.latest;
    if (reached > group.reachedSum) group.commits += 1;
    group.reachedSum = Math.max(group.reachedSum, reached);
  }

  #noteEnds(topic: Topic, { ends: all, atMs }: GroupsReading, name: string): void {
    const answer = all.get(name);
    if (answer === undefined || 'error' in answer) return;
    const { last } = topic;
    answer.value.forEach((end, partition) => {
      if (end === undefined) return;
      const before = last?.ends[partition] ?? (last === undefined ? end : 0);
      if (last === undefined) topic.ends.add(partition, end - 1, atMs, '');
      if (end <= before) return;
      topic.ends.add(partition, before, last?.atMs ?? atMs, '');
      topic.ends.add(partition, end - 1, atMs, '');
    });
    const ends = answer.value.map((end, partition) => end ?? last?.ends[partition]);
    topic.last = { atMs, ends };
  }

  /** Counts the samples up to an instant: the due times of what they show have come. */
  #settle(untilMs: number): void {
    for (const group of this.#groups) {
      const unripe = group.waiting.findIndex(
        (sample) => sample.atMs > untilMs || !this.#isKnown(group, sample, untilMs),
      );
      const ripe = unripe < 0 ? group.waiting : group.waiting.slice(0, unripe);
      for (const sample of ripe) {
        group.lag.add(sample);
        group.trend.add(this.#sightingOf(group, sample));
      }
      group.waiting = group.waiting.slice(ripe.length);
    }
  }

  #isKnown({ target }: Watched, { atMs, committed }: OffsetSample, untilMs: number): boolean {
    if (this.#options.starts === undefined || atMs <= untilMs - longestSettleMs) return true;
    const { points } = this.#topic(target.topic);
    const { starts } = this.#options;
    return committed.every(
      (offset, partition) =>
        offset === null || offset <= (points.knownUntil(partition) ?? starts[partition] ?? 0),
    );
  }

  #sightingOf(group: Watched, sample: SeenSample): Parameters<GroupTrend['add']>[0] {
    const { phase, absence } = sample;
    const isMeasured = phase !== null && this.#options.isMeasured(phase);
    // Without a run, all of the time is one phase.
    const during = this.#options.starts === undefined ? 'watch' : isMeasured ? phase : null;
    const seen = sampleOf(group, sample);
    return {
      ...seen,
      members: absence === undefined ? seen.members : null,
      ...{ seconds: (sample.atMs - this.#startMs) / 1000, phase: during },
      isAtWork: (phase === null || isMeasured) && absence !== 'stopped',
    };
  }

  #forget(): void {
    for (const [name, { points, ends, last }] of this.#topics) {
      const groups = this.#groups.filter(({ target }) => target.topic === name);
      last?.ends.forEach((_, partition) => {
        const before = Math.min(...groups.map(({ lag }) => lag.needed(partition)));
        points.forget(partition, before);
        ends.forget(partition, before);
      });
    }
  }

  joined(name: string): void {
    this.#group(name)?.members.forget();
  }

  suspended(name: string): void {
    this.#group(name)?.members.suspend();
  }

  resumed(name: string): void {
    this.#group(name)?.members.resume();
  }

  onPhase(phase: string | null, visits: readonly PlannedVisit[] = []): void {
    this.#phase = phase;
    clearTimeout(this.#visitTimer);
    if (phase === null) return;
    const nowMs = Date.now();
    for (const { lag } of this.#groups) lag.begin(nowMs);
    if (visits.length === 0) return;
    for (const { lag } of this.#groups) lag.addVisits(phase, visits);
    this.#awaitVisit(visits, 1);
  }

  /** A sample when a visit is over, just before the next one begins. */
  #awaitVisit(visits: readonly PlannedVisit[], next: number): void {
    const visit = visits[next];
    if (visit === undefined) return;
    this.#visitTimer = setTimeout(
      () => {
        void this.sample();
        this.#awaitVisit(visits, next + 1);
      },
      Math.max(0, visit.dueMs - Date.now()),
    );
  }

  addPoints(phase: string, points: readonly number[], wallMs: (beforeUs: number) => number): void {
    // A run sends into one topic.
    const [topic] = this.#topics.values();
    for (let at = 0; topic !== undefined && at + 2 < points.length; at += 3)
      topic.points.add(points[at] ?? 0, points[at + 1] ?? 0, wallMs(points[at + 2] ?? 0), phase);
  }

  takeInterval(): Record<string, WatchedInterval> {
    const seen = this.#groups.flatMap((group): [string, WatchedInterval][] => {
      if (group.newest === undefined) return [];
      // With the points that have come since it was taken.
      const { committed, end, lagMessages, lagSeconds, members, partitions } = sampleOf(group, group.newest);
      const { commits } = group;
      group.commits = 0;
      const behind = partitions.flatMap(({ partition, lag }): [number, number][] =>
        lag > 0 ? [[partition, lag]] : [],
      );
      return [
        [
          group.target.name,
          {
            ...{ committed, end, lagMessages, lagSeconds, commits, members },
            ...{ partitions: behind, partitionCount: partitions.length },
          },
        ],
      ];
    });
    return Object.fromEntries(seen);
  }

  async stop(isCutShort = false): Promise<WatchedGroup[]> {
    clearInterval(this.#timer);
    clearTimeout(this.#visitTimer);
    await this.#reading;
    await this.#reader.close();
    this.#settle(Infinity);
    return this.#groups.map(({ target, lag, members, unreadable }) => ({
      ...target,
      ...lag.result(isCutShort),
      ...members.result(),
      unreadable: [...unreadable.values()],
    }));
  }

  findings(group: WatchedGroup, rules: GroupRules): GroupFinding[] {
    return this.#group(group.name)?.trend.findings(group, rules) ?? [];
  }

  #group(name: string): Watched | undefined {
    return this.#groups.find(({ target }) => target.name === name);
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new AlertSimError('INTERNAL', `the topic ${name} is not watched`);
    return topic;
  }
}

function sampleOf({ bounds, dues }: Watched, sample: SeenSample): GroupSample {
  const { partitions, messages, seconds } = lagOf(sample, bounds, dues);
  const end = partitions.reduce((sum, one) => sum + one.end - (bounds.starts[one.partition] ?? 0), 0);
  return {
    atMs: sample.atMs,
    committed: end - messages,
    end,
    lagMessages: messages,
    lagSeconds: seconds,
    partitions: partitions.map(({ partition, committed, end: of, lag }) => ({
      partition,
      committed,
      end: of,
      lag,
    })),
    members: sample.members?.count ?? null,
    state: sample.members?.state ?? null,
  };
}

function noteUnreadable({ unreadable }: Watched, what: 'commits' | 'ends' | 'members', error: string): void {
  unreadable.set(`${what} ${error}`, { what, error });
}

function endsOf({ ends }: GroupsReading, topic: string): readonly (number | undefined)[] {
  const answer = ends.get(topic);
  return answer === undefined || 'error' in answer ? [] : answer.value;
}
