import type { FindingOf } from '../results/findings.js';
import type { CatchUp } from '../results/runFolder.js';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatMicroseconds,
  formatRate,
  formatSeconds,
} from './format.js';

/** What only the user can do, so that a backlog is made or read. */
export function readerRequestText(
  kind: 'stopConsumers' | 'stopUnseenConsumers' | 'startConsumers',
  groupId: string,
): string {
  switch (kind) {
    case 'stopConsumers':
      return `stop the consumers of the group ${groupId}: the backlog is made when it has no members (waiting up to 10 minutes)`;
    case 'stopUnseenConsumers':
      return (
        `stop the consumers of the group ${groupId} if they run: none of its members can be seen, so the run cannot see ` +
        'whether they have stopped; the backlog is made in 30 s'
      );
    case 'startConsumers':
      return `start the consumers of the group ${groupId} now: the run measures how they catch up (waiting up to 10 minutes)`;
  }
}

/** How groups caught up, a line each: `drain: mine read 60,000 alerts (5.00 GB) in 41.2s, ...`. */
export function catchUpLines({ phase, backlog, groups, whilePerSecond, compared }: CatchUp): string[] {
  const meanwhile = whilePerSecond === null ? '' : `, while ${formatRate(whilePerSecond)}/s were sent`;
  return [
    ...groups.map(
      (group) =>
        `${phase}: ${groupText(group, backlog)}${meanwhile}${group.readEarly > 0 ? '; it had not stopped before' : ''}`,
    ),
    ...(compared === null
      ? []
      : [
          `${phase}: ${[
            `ack p99 ${p99(compared.ack.during)} (in ${compared.phase} ${p99(compared.ack.before)})`,
            ...compared.groups.map(
              ({ name, endToEnd }) =>
                `${name} end to end p99 ${p99(endToEnd.during)} (${p99(endToEnd.before)})`,
            ),
          ].join(', ')}`,
        ]),
  ];
}

/** A finding about a catch-up, as a sentence. */
export function backlogFindingText(
  finding: FindingOf<'catchUpUnfinished' | 'backlogRead' | 'backlogDeleted'>,
): string {
  switch (finding.kind) {
    case 'catchUpUnfinished':
      return `the group ${finding.group} had not caught up in ${finding.phase}: ${formatCount(finding.leftBehind)} messages were left`;
    case 'backlogRead':
      return (
        `the group ${finding.group} read ${formatCounted(finding.read, 'message')} while its backlog was made: it had not ` +
        `stopped, so ${finding.phase} does not show how it catches up`
      );
    case 'backlogDeleted':
      return (
        `the stream's retention deleted ${formatCount(finding.messages)} messages of the run before they were read: raise ` +
        'retention.ms and retention.bytes of its topic'
      );
  }
}

function groupText(
  {
    name,
    behind,
    read,
    seconds,
    startSeconds,
    drainPerSecond,
    drainBytesPerSecond,
    leftBehind,
  }: CatchUp['groups'][number],
  backlog: CatchUp['backlog'],
): string {
  const size = backlog.messages === 0 ? '' : ` (${formatBytes((behind * backlog.bytes) / backlog.messages)})`;
  const bytes = drainBytesPerSecond === null ? '' : `, ${formatBytes(drainBytesPerSecond)}/s`;
  const rate = drainPerSecond === null ? '' : ` at ${formatRate(drainPerSecond)} alerts/s${bytes}`;
  const started =
    startSeconds === null ? '' : `, ${formatSeconds(startSeconds)} of them until the first one,`;
  const nothing = read === 0 ? 'it read nothing, and ' : '';
  return seconds === null
    ? `${name} did not catch up with ${formatCount(behind)} alerts${size}${rate}: ${nothing}${formatCount(leftBehind)} were left`
    : `${name} caught up with ${formatCount(behind)} alerts${size} in ${formatSeconds(seconds)}${started}${rate}`;
}

function p99({ p99: value }: { readonly p99: number | null }): string {
  return value === null ? 'unknown' : formatMicroseconds(value);
}
