import type { FindingOf, GroupFinding } from '../results/findings.js';
import type { IntervalRecord, RunSummary, WatchedGroup, WatchedInterval } from '../results/runFolder.js';
import { formatCount, formatCounted, formatDuration, formatRate, formatTimes, orDash } from './format.js';

/** The sentences about consumer groups that are not ours. */

/** A finding about a consumer group that is not ours. */
export function groupFindingText(finding: GroupFinding): string {
  switch (finding.kind) {
    case 'groupUnseen':
      return `nothing is known of the group ${finding.group}: its offsets could not be read even once`;
    case 'groupNeverCommitted':
      return neverCommittedText(finding);
    case 'messagesUncommitted': {
      const { group, uncommitted, committed, drainSeconds } = finding;
      const when =
        drainSeconds === null ? 'when the run ended' : `when the drain of ${drainSeconds} s was over`;
      return (
        `the group ${group} had not committed ${formatCount(uncommitted)} of ` +
        `${formatCounted(uncommitted + committed, 'message')} ${when}`
      );
    }
    case 'offsetsBeyondEnd':
      return (
        `the group ${finding.group} has committed offsets beyond the end of ${partitionsText(finding.partitions)}: they ` +
        'are of an older topic of this name, so it is not known what it read'
      );
    case 'offsetsMovedBack': {
      const messages = finding.partitions.reduce((sum, one) => sum + one.messages, 0);
      return (
        `the committed offsets of the group ${finding.group} went back in ${partitionsText(finding.partitions)}, by ` +
        `${formatCounted(messages, 'message')}: it was reset, or commits overtook each other`
      );
    }
    case 'lagGrew':
      return grewText(finding);
    case 'slowPartitions':
      return slowText(finding);
    case 'groupWithoutMembers': {
      const { group, withoutMembers, seconds } = finding;
      return withoutMembers === seconds
        ? `the group ${group} had no members that can be seen: its consumers assign their partitions themselves, or are ` +
            `a Kafka Streams application of the streams protocol, or none was running`
        : `the group ${group} had no members for ${formatDuration(withoutMembers)} of the ${formatDuration(seconds)} of the load`;
    }
    case 'groupStoodStill': {
      const { group, times, longestSeconds, usualSeconds } = finding;
      const usual =
        usualSeconds === null ? '' : `; it commits each ${formatDuration(usualSeconds)} otherwise`;
      return times === 1
        ? `the group ${group} committed nothing for ${formatDuration(longestSeconds)} while messages waited${usual}`
        : `the group ${group} committed nothing for up to ${formatDuration(longestSeconds)} while messages waited, ${formatTimes(times)}${usual}`;
    }
    case 'groupRebalanced': {
      const { group, rebalances } = finding;
      return `the group ${group} rebalanced ${formatTimes(rebalances)} during the run: it reads little while it does`;
    }
  }
}

function neverCommittedText({ group, uncommitted, membersMax }: FindingOf<'groupNeverCommitted'>): string {
  if (uncommitted === 0)
    return `the group ${group} has no members and has committed nothing on this topic: is its id right, and does it run?`;
  const why =
    membersMax === null
      ? ''
      : membersMax === 0
        ? ': it had no members; is its id right, and does it run? A share group has no committed offsets'
        : `, although it had ${formatCounted(membersMax, 'member')}: what a consumer reads without committing cannot be seen`;
  return `the group ${group} committed none of ${formatCounted(uncommitted, 'message')}${why}`;
}

function grewText({ phase, backlog, lagMessages, lagSeconds }: FindingOf<'lagGrew'>): string {
  const { group, offeredPerSecond, readPerSecond } = backlog;
  const age = lagSeconds === null ? '' : ` (${formatDuration(lagSeconds)})`;
  return (
    `phase ${phase}: the group ${group} fell back all the time: it committed ${formatRate(Math.max(0, readPerSecond))}/s of ` +
    `${formatRate(offeredPerSecond)}/s, and was ${formatCounted(lagMessages, 'message')}${age} behind at its end`
  );
}

function slowText({ group, groupId, of, partitions, others }: FindingOf<'slowPartitions'>): string {
  const most = Math.max(...partitions.map(({ maxLag }) => maxLag));
  const waits = partitions.map(({ waitSeconds }) => waitSeconds);
  const [shortest, longest] = [Math.min(...waits), Math.max(...waits)].map(formatDuration);
  const wait = shortest === longest ? longest : `${shortest} to ${longest}`;
  return (
    `the group ${group} is slow in ${partitionsText(partitions)} of ${of}: alerts wait ${wait} there on average until ` +
    `they are committed, and ${formatDuration(others.waitSeconds)} in the others; up to ${formatCounted(most, 'message')} ` +
    `against ${formatCount(others.maxLag)} (kafka-consumer-groups --describe --group ${groupId} names the member)`
  );
}

/** More are counted. */
const listedPartitions = 12;

/** `partition 3`, `partitions 2 and 6`, `partitions 0, 3, 16–31 and 12 more`; in order. */
function partitionsText(partitions: readonly { readonly partition: number }[]): string {
  const runs: [number, number][] = [];
  for (const { partition } of partitions) {
    const last = runs.at(-1);
    if (last?.[1] === partition - 1) last[1] = partition;
    else runs.push([partition, partition]);
  }
  // Two neighbours are as short as two numbers.
  const parts = runs.flatMap(([from, to]) =>
    to - from === 1 ? [[from, from] as const, [to, to] as const] : [[from, to] as const],
  );
  const listed = parts.slice(0, listedPartitions);
  const rest = parts.slice(listedPartitions).reduce((sum, [from, to]) => sum + to - from + 1, 0);
  const texts = listed.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  const last = rest > 0 ? `${rest} more` : texts.pop();
  const noun = partitions.length === 1 ? 'partition' : 'partitions';
  return `${noun} ${texts.length === 0 ? last : `${texts.join(', ')} and ${last}`}`;
}

/** How long after the last alert everything was committed; in `watch`, where a stream goes on, nothing. */
export function drainText({ kind, drainSeconds, committed, uncommitted }: WatchedGroup): string {
  if (drainSeconds !== null) return formatDuration(drainSeconds);
  return kind === 'watched' || committed + uncommitted === 0 ? '–' : 'never';
}

/** `4`, or `0 to 4` where members came or went; `–` where they could not be read. */
export function membersText({ members }: WatchedGroup): string {
  return orDash(members, ({ min, max }) => (min === max ? String(min) : `${min} to ${max}`));
}

/** How a group keeps up in a second: `mine 1,234 behind (2.10 s)`. */
export function behindText(name: string, { lagMessages, lagSeconds }: WatchedInterval): string {
  const age = lagSeconds === null || lagMessages === 0 ? '' : ` (${formatDuration(lagSeconds)})`;
  return `${name} ${formatCount(lagMessages)} behind${age}`;
}

/** More groups are summed up. */
const mostGroupsNamed = 3;

/** Each group in a second, or of many the one that is furthest behind. */
export function watchedText(watched: IntervalRecord['watched']): string[] {
  const groups = Object.entries(watched);
  if (groups.length <= mostGroupsNamed) return groups.map(([name, seen]) => behindText(name, seen));
  const [worst] = groups.sort(([, one], [, other]) => other.lagMessages - one.lagMessages);
  return worst === undefined ? [] : [`${groups.length} groups, furthest ${behindText(...worst)}`];
}

/** How groups kept up, a sentence each; of many, those that were furthest behind. */
export function groupStories({ watchedGroups }: Pick<RunSummary, 'watchedGroups'>): string[] {
  const worst = [...watchedGroups]
    .sort((one, other) => (other.lag.messages.max ?? 0) - (one.lag.messages.max ?? 0))
    .slice(0, mostGroupsNamed);
  const others = watchedGroups.length - worst.length;
  return [
    ...worst.map(groupStory),
    ...(others > 0 ? [`${formatCounted(others, 'other group')} had less to catch up with.`] : []),
  ];
}

function groupStory(group: WatchedGroup): string {
  const { name, kind, committed, uncommitted, lag, drainSeconds, commits } = group;
  const { messages, seconds } = lag;
  if (messages.max === null) return `The group ${name} was not seen.`;
  const age = seconds.max === null ? '' : ` (${formatDuration(seconds.max)})`;
  const furthest =
    messages.max === 0 ? 'never behind' : `up to ${formatCounted(messages.max, 'message')}${age} behind`;
  if (kind === 'watched') {
    const last = messages.max === 0 ? '' : `, and ${formatCounted(messages.last ?? 0, 'message')} at the end`;
    return (
      `The group ${name} was ${furthest}${last}. ` +
      `It committed ${formatCounted(committed, 'message')}, ${formatRate(commits.perSecond)}/s.`
    );
  }
  const done =
    uncommitted > 0
      ? `committed ${formatCount(committed)} of ${formatCounted(committed + uncommitted, 'message')}`
      : `committed every message` +
        (drainSeconds === null ? '' : `, the last of them ${formatDuration(drainSeconds)} after it was due`);
  return `The group ${name} ${done}; it was ${furthest}.`;
}
