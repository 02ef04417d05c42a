import { constants } from 'node:os';
import type { ConsumerFinding, FindingOf } from '../results/findings.js';
import type { ConsumerProcess } from '../results/runFolder.js';
import {
  formatBytes,
  formatClockTime,
  formatCores,
  formatCount,
  formatCounted,
  formatSeconds,
} from './format.js';

/** The sentences about programs that a run started as consumers. */

/** A finding about a program that a run started as a consumer. */
export function consumerFindingText(finding: ConsumerFinding): string {
  switch (finding.kind) {
    case 'consumerNotReady':
      return notReadyText(finding);
    case 'consumerEnded':
      return endedText(finding);
    case 'consumerMemoryGrew': {
      const { fromBytes, toBytes, seconds, bytesPerHour } = finding;
      const onwards =
        bytesPerHour === null
          ? '; a longer run shows whether it goes on'
          : `: ${formatBytes(bytesPerHour)} an hour, if it goes on so`;
      return (
        `the memory of the consumer ${nameOf(finding)} grew all the time, from ${formatBytes(fromBytes)} to ` +
        `${formatBytes(toBytes)} in ${formatSeconds(seconds)}${onwards}`
      );
    }
    case 'consumerKilled':
      return `the consumer ${nameOf(finding)} did not end when it was asked to (SIGTERM), and was killed`;
  }
}

/** What a group's programs took: `mine: 4 processes, 1.2 cores, at most 120 MB each, 2 restarts`. */
export function processText(group: string, { cpuCores, members }: ConsumerProcess): string {
  const most = Math.max(0, ...members.map(({ rssBytesMax }) => rssBytesMax));
  const restarts = members.reduce((sum, one) => sum + one.restarts, 0);
  return (
    `${group}: ${formatCounted(members.length, 'program')}, ${formatCores(cpuCores)} cores, at most ${formatBytes(most)} ` +
    `each, ${formatCounted(restarts, 'restart')}; output in ${members.map(({ log }) => log).join(', ')}`
  );
}

function notReadyText(finding: FindingOf<'consumerNotReady'>): string {
  const { group, members, of, seconds, member, exitCode } = finding;
  const output = outputText(finding);
  if (member === null) {
    return (
      `the group ${group} had ${members === null ? 'no known members' : `${formatCount(members)} of ${formatCounted(of, 'member')}`} ` +
      `after ${formatSeconds(seconds)}, so nothing was sent: give it longer with ready, or write ready: 0s for ` +
      `consumers that do not join their group, or whose members cannot be seen${output}`
    );
  }
  const who = nameOf({ group, member });
  if (exitCode === 127) return `the command of the consumer ${who} was not found${output}`;
  if (exitCode === 126) return `the command of the consumer ${who} cannot be executed${output}`;
  return `the consumer ${who} ended with ${howText(finding)} before it had joined its group, so nothing was sent${output}`;
}

function endedText(finding: FindingOf<'consumerEnded'>): string {
  const { at, uptimeSeconds, committed, times, restarts } = finding;
  const what =
    committed === null
      ? ''
      : `, when its group had committed ${formatCounted(committed, 'alert')} of the run`;
  const again =
    times === 1
      ? restarts === 0
        ? ''
        : '; it was started again'
      : `; it ended ${formatCount(times)} times in all, and was started again ${formatCount(restarts)} times`;
  return (
    `the consumer ${nameOf(finding)} ended with ${howText(finding)} at ${formatClockTime(at)}, ` +
    `${formatSeconds(uptimeSeconds)} after its start${what}${again}${outputText(finding)}`
  );
}

/** Shells have numbers above 128 for programs that a signal ended. */
function howText({
  exitCode,
  signal,
}: {
  readonly exitCode: number | null;
  readonly signal: string | null;
}): string {
  if (signal !== null) return signal;
  if (exitCode === null) return 'an error of the system';
  const [name] = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128) ?? [];
  return `exit code ${exitCode}${name === undefined ? '' : ` (${name})`}`;
}

function outputText({
  lastLines,
  log,
}: {
  readonly lastLines: readonly string[];
  readonly log: string;
}): string {
  return lastLines.length === 0
    ? '; it printed nothing'
    : `; its last lines (all in ${log}): ${lastLines.join(' | ')}`;
}

function nameOf({ group, member }: { readonly group: string; readonly member: number }): string {
  return `${group}/${member}`;
}
