import type { FindingOf, GroupFinding } from '../results/findings.js';
import type { WatchedGroup } from '../results/runFolder.js';
import { backlogLine } from './backlog.js';

/** What was seen of a watched group at one moment. */
export interface GroupSighting {
  /** After the run's start. */
  readonly seconds: number;
  /** The phase that was running; null while groups catch up. */
  readonly phase: string | null;
  /** Whether the group goes about its work: not in a warm-up, nor while a backlog is made for it. */
  readonly isAtWork: boolean;
  /** Messages of the run that are in the topic, and those of them that are not committed. */
  readonly end: number;
  readonly lagMessages: number;
  readonly lagSeconds: number | null;
  /** Null where they could not be read. */
  readonly members: number | null;
  /** Offsets of Kafka; `committed` is null where the group has none. */
  readonly partitions: readonly {
    readonly partition: number;
    readonly committed: number | null;
    readonly end: number;
  }[];
}

/** What findings depend on besides the group. */
export interface GroupRules {
  /** Whether the scenario has an expectation that sees what is not committed: it decides then what is late. */
  readonly isExpected: boolean;
  /** How long the groups had after the load; null where they were not waited for so long. */
  readonly drainSeconds: number | null;
  /** Whether a lag that grows in a phase is worth a finding: not where it grows on purpose. */
  readonly isJudged: (phase: string) => boolean;
}

/** What is kept of a phase. */
interface PhaseTrend {
  points: TrendPoint[];
  /** Every how many sightings one is kept. */
  stride: number;
  seen: number;
  /** By partition: the longest time without a commit though there was something to commit, seconds. */
  readonly silences: Map<number, number>;
}

interface TrendPoint {
  readonly seconds: number;
  readonly end: number;
  readonly lagMessages: number;
  readonly lagSeconds: number | null;
}

/** Above that every other point of a phase is dropped: a night has 36,000 seconds. */
const mostPoints = 2000;

/** What is found out about one watched group while a run goes on: its sightings go in, findings come out. */
export class GroupTrend {
  readonly #phases = new Map<string, PhaseTrend>();
  readonly #offsets = new Map<number, number>();
  /** By partition: when it last had nothing to commit, or something new was committed. */
  readonly #committedAt = new Map<number, number>();
  readonly #movedBack = new Map<number, number>();
  readonly #beyondEnd = new Map<number, number>();
  /** The seconds of each time in which nothing was committed though there was something to commit. */
  readonly #standstills: number[] = [];
  /**
   * When it last had nothing to commit, or something new was committed, and the last sighting that showed no progress
   * since then: where none could be taken, nothing is known. Undefined until its work begins.
   */
  #still: { readonly from: number; readonly until: number } | undefined;
  #hadOffsets = false;
  #sightings = 0;
  #lastSeconds: number | undefined;
  /** Seconds of the load in which members could be counted, and those of them in which there were none. */
  #underLoad = { seconds: 0, withoutMembers: 0 };

  /** Takes a sighting; in order of time. */
  add(sighting: GroupSighting): void {
    const { seconds: atSeconds, phase, members } = sighting;
    const lasted = atSeconds - (this.#lastSeconds ?? atSeconds);
    this.#sightings += 1;
    this.#lastSeconds = atSeconds;
    this.#noteProgress(sighting, this.#compareOffsets(sighting));
    if (phase === null) return;
    if (members !== null) {
      const { seconds, withoutMembers } = this.#underLoad;
      this.#underLoad = {
        seconds: seconds + lasted,
        withoutMembers: withoutMembers + (members === 0 ? lasted : 0),
      };
    }
    this.#keep(phase, sighting);
  }

  /** The findings about the group, those that decide the verdict first. */
  findings(group: WatchedGroup, rules: GroupRules): GroupFinding[] {
    const { name } = group;
    if (this.#sightings === 0) return [{ kind: 'groupUnseen', group: name }];
    const isSilent =
      group.kind === 'watched'
        ? !this.#hadOffsets && (group.uncommitted > 0 || group.members?.max === 0)
        : group.uncommitted > 0 && group.committed === 0 && this.#movedBack.size === 0;
    const committed: GroupFinding[] = isSilent
      ? [
          {
            kind: 'groupNeverCommitted',
            group: name,
            uncommitted: group.uncommitted,
            membersMax: group.members?.max ?? null,
          },
        ]
      : [...uncommitted(group, rules), ...this.#growth(name, rules)];
    return [
      ...this.#strayOffsets(name),
      ...committed,
      ...slowPartitions(group),
      ...this.#stoodStill(group),
      ...(isSilent ? [] : this.#memberless(name)),
      ...((group.rebalances ?? 0) > 0
        ? [{ kind: 'groupRebalanced' as const, group: name, rebalances: group.rebalances ?? 0 }]
        : []),
    ];
  }

  /**
   * A commit that goes back is a reset. One beyond the partition's end is of an older topic of that name; end
   * and commits are read one after the other, so a commit counts only against the end that was read after it.
   *
   * @returns whether something was committed since the last sighting
   */
  #compareOffsets({ seconds, partitions }: GroupSighting): boolean {
    let hasCommitted = false;
    for (const { partition, committed, end } of partitions) {
      const before = this.#offsets.get(partition);
      if (before !== undefined && before > end) {
        this.#beyondEnd.set(partition, Math.max(this.#beyondEnd.get(partition) ?? 0, before - end));
      }
      const isNew = committed !== (before ?? null) || !this.#committedAt.has(partition);
      if (isNew || (committed ?? 0) >= end) this.#committedAt.set(partition, seconds);
      if (committed === null) continue;
      this.#hadOffsets = true;
      if (before !== undefined && committed < before) {
        this.#movedBack.set(partition, (this.#movedBack.get(partition) ?? 0) + before - committed);
      }
      hasCommitted ||= this.#sightings > 1 && committed > (before ?? -1);
      this.#offsets.set(partition, committed);
    }
    return hasCommitted;
  }

  #noteProgress({ seconds, isAtWork, lagMessages }: GroupSighting, hasCommitted: boolean): void {
    const { from = seconds, until = seconds } = this.#still ?? {};
    if (!isAtWork || (this.#still === undefined && !hasCommitted)) {
      this.#still = undefined;
    } else if (!hasCommitted && lagMessages > 0) {
      this.#still = { from, until: seconds };
    } else {
      if (until - from > shortestStandstill) this.#standstills.push(until - from);
      this.#still = { from: seconds, until: seconds };
    }
  }

  #keep(phase: string, { seconds, end, lagMessages, lagSeconds }: GroupSighting): void {
    const kept: PhaseTrend = this.#phases.get(phase) ?? {
      points: [],
      stride: 1,
      seen: 0,
      silences: new Map(),
    };
    this.#phases.set(phase, kept);
    if (kept.seen % kept.stride === 0) kept.points.push({ seconds, end, lagMessages, lagSeconds });
    kept.seen += 1;
    for (const [partition, at] of this.#committedAt) {
      kept.silences.set(partition, Math.max(kept.silences.get(partition) ?? 0, seconds - at));
    }
    if (kept.points.length <= mostPoints) return;
    kept.points = kept.points.filter((_, index) => index % 2 === 0);
    kept.stride *= 2;
  }

  #growth(group: string, { isJudged }: GroupRules): FindingOf<'lagGrew'>[] {
    return [...this.#phases].flatMap(([phase, { points: all, silences }]): FindingOf<'lagGrew'>[] => {
      // Between two commits every lag grows: it is judged over several, and not before the first.
      const commitSeconds = middleOf([...silences.values()]);
      const points = all.filter(({ seconds }) => seconds >= (all[0]?.seconds ?? 0) + commitSeconds);
      const [first] = points;
      const last = points.at(-1);
      if (first === undefined || last === undefined || !isJudged(phase)) return [];
      const seconds = last.seconds - first.seconds;
      if (seconds <= 0 || seconds < fewestCommits * commitSeconds) return [];
      const offeredPerSecond = (last.end - first.end) / seconds;
      const line = backlogLine(
        points.map((point) => ({ seconds: point.seconds, backlog: point.lagMessages })),
        offeredPerSecond,
      );
      if (line?.grows !== true) return [];
      const { lagMessages, lagSeconds } = last;
      const readPerSecond = offeredPerSecond - (lagMessages - first.lagMessages) / seconds;
      const backlog = { group, offeredPerSecond, readPerSecond, grows: true };
      return [{ kind: 'lagGrew', phase, backlog, lagMessages, lagSeconds }];
    });
  }

  #stoodStill({ name, commits: { intervalSeconds } }: WatchedGroup): FindingOf<'groupStoodStill'>[] {
    const usualSeconds = intervalSeconds?.p50 ?? null;
    const found = this.#standstills.filter((seconds) => seconds > fewestCommits * (usualSeconds ?? 0));
    const longestSeconds = Math.max(...found);
    return found.length === 0
      ? []
      : [{ kind: 'groupStoodStill', group: name, times: found.length, longestSeconds, usualSeconds }];
  }

  #strayOffsets(group: string): GroupFinding[] {
    const listed = (offsets: ReadonlyMap<number, number>): FindingOf<'offsetsMovedBack'>['partitions'] =>
      [...offsets]
        .map(([partition, messages]) => ({ partition, messages }))
        .sort((one, other) => one.partition - other.partition);
    return [
      ...(this.#beyondEnd.size === 0
        ? []
        : [{ kind: 'offsetsBeyondEnd' as const, group, partitions: listed(this.#beyondEnd) }]),
      ...(this.#movedBack.size === 0
        ? []
        : [{ kind: 'offsetsMovedBack' as const, group, partitions: listed(this.#movedBack) }]),
    ];
  }

  #memberless(group: string): GroupFinding[] {
    const { seconds, withoutMembers } = this.#underLoad;
    return withoutMembers === 0 ? [] : [{ kind: 'groupWithoutMembers', group, seconds, withoutMembers }];
  }
}

/** A lag is judged over at least so many commits, and a group stands still if it leaves out so many. */
const fewestCommits = 3;

/** Less may be a rebalance, or a broker's pause. */
const shortestStandstill = 10;

/** The middle one, of an even number the smaller of the two; 0 without values. */
function middleOf(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.ceil(values.length / 2) - 1] ?? 0;
}

/** In `watch` a stream goes on, and a lag at the end is no fault. */
function uncommitted(
  { name, kind, committed, uncommitted }: WatchedGroup,
  { isExpected, drainSeconds }: GroupRules,
): FindingOf<'messagesUncommitted'>[] {
  if (kind === 'watched' || uncommitted === 0) return [];
  return [
    { kind: 'messagesUncommitted', fails: !isExpected, group: name, uncommitted, committed, drainSeconds },
  ];
}

/** A partition is slow where its alerts wait this many times as long as in the middle one. */
const slowRatio = 3;
/** And longer by this, or by the time between two commits: samples are a second apart. */
const slowSeconds = 2;
/** And its lag was this at least: one alert may wait for chance. */
const slowMessages = 5;

/**
 * The partitions that are far behind the others. How long an alert of a partition waits until it is committed is,
 * unlike the lag, the same in a partition with few alerts and in one with many.
 */
export function slowPartitions({
  name,
  group,
  partitions,
  commits,
}: Pick<WatchedGroup, 'name' | 'group' | 'partitions' | 'commits'>): FindingOf<'slowPartitions'>[] {
  const waits = partitions.flatMap(({ meanWaitSeconds, ...rest }) =>
    meanWaitSeconds === null ? [] : [{ ...rest, waitSeconds: meanWaitSeconds }],
  );
  // Of two partitions, one can be slow.
  const middle = middleOf(waits.map(({ waitSeconds }) => waitSeconds));
  const least = Math.max(slowSeconds, commits.intervalSeconds?.p50 ?? 0);
  const isSlow = ({ waitSeconds, maxLag }: (typeof waits)[number]): boolean =>
    waitSeconds > slowRatio * middle && waitSeconds - middle > least && maxLag >= slowMessages;
  const slow = waits.filter(isSlow);
  if (slow.length === 0) return [];
  const others = waits.filter((one) => !isSlow(one));
  return [
    {
      kind: 'slowPartitions',
      group: name,
      groupId: group,
      of: waits.length,
      partitions: slow
        .map(({ partition, waitSeconds, maxLag, maxLagSeconds }) => ({
          ...{ partition, waitSeconds, maxLag, maxLagSeconds },
        }))
        .sort((one, other) => one.partition - other.partition),
      others: {
        waitSeconds: middle,
        maxLag: Math.max(0, ...others.map(({ maxLag }) => maxLag)),
      },
    },
  ];
}
