import { rubinPerSecond } from '../measure/searchVerdict.js';
import type { Finding, ProbeFinding } from '../results/findings.js';
import type { ProbeResult, SearchResult } from '../results/runFolder.js';
import type { Backlog, LimitedBy } from '../results/values.js';
import {
  formatCount,
  formatMicroseconds,
  formatRate,
  formatSeconds,
  formatShare,
  formatTimes,
} from './format.js';

/**
 * The result of a search as a sentence.
 *
 * @param findings - of the run, for what they say of its groups
 */
export function searchText(search: SearchResult, findings: readonly Finding[] = []): string {
  const { result, probes } = search;
  const { kind, bracket, confidence, contradictions, harnessPerSecond, limitedBy } = result;
  const { heldPerSecond: held, failedPerSecond: failed } = bracket;
  const load = loadText(search);
  const what = conditionsText(search);
  const heldText = held === null ? 'nothing held' : `${load(held)} held ${what}`;
  const moved = contradictions.length === 0 ? '' : `; ${movedText(contradictions, load)}`;
  const setAside = probes.filter(
    ({ outcome, ratePerSecond }) => outcome === 'harness' && ratePerSecond === held,
  ).length;
  const times = `it held ${confidence.held} of ${confidence.of} times${setAsideText(setAside, search)}`;
  const whose = `${limitedBy === null ? '' : `; ${limitedByText(limitedBy)}`}${commitsText(search)}`;
  switch (kind) {
    case 'found':
      return (
        `${load(held)} is the ${search.visits === undefined ? 'highest rate' : 'largest visit'} that holds ${what}: ${times}, ` +
        `${load(failed)} failed; ${sizeText(search)}${whose}${moved}${stoodStillText(findings)}`
      );
    case 'at-least':
      return `at least ${load(held)}, the end of the range, hold ${what}: ${times}; ${sizeText(search)}${whose}${moved}${stoodStillText(findings)}`;
    case 'below':
      return `not even ${load(failed)}, the lowest ${search.visits === undefined ? 'rate' : 'visit'} of the range, holds ${what}${whose}${stoppedText(search)}${moved}`;
    case 'harness':
      return `the load generator was the limit at ${load(harnessPerSecond)}, so the limit of brokers and consumers was not found: ${heldText}${moved}`;
    case 'unstable':
      return `there is no stable limit for ${what}: between ${load(held)} and ${load(failed)}, ${movedText(contradictions, load)}${whose}`;
    case 'unfinished':
      return `the search did not come to its end: ${heldText}${failed === null ? '' : `, ${load(failed)} failed`}${whose}${stoppedText(search)}${moved}`;
  }
}

/** Whose limit it was, as half a sentence. */
function limitedByText(limitedBy: LimitedBy): string {
  switch (limitedBy.kind) {
    case 'consumer': {
      const { group, own, responseP99Us } = limitedBy;
      const acks =
        responseP99Us === null
          ? ''
          : `: 99 % of the alerts were acknowledged within ${formatMicroseconds(responseP99Us)}`;
      return `it is the limit of the consumer group ${group}${own ? ', consumers of this run on this machine' : ''}${acks}`;
    }
    case 'broker': {
      const late =
        limitedBy.responseP99Us === null
          ? ''
          : ` (response p99 ${formatMicroseconds(limitedBy.responseP99Us)})`;
      const why = {
        failed: 'messages failed',
        acksLate: `it acknowledged late${late}`,
        busy: 'its threads were busy more than 90 % of the time, so readers had to wait',
      } as const;
      return `it is the broker's limit: ${why[limitedBy.why]}`;
    }
    case 'harness':
      return 'it is the limit of the load generator';
  }
}

/** A load that was tried, in short, for a table: `500/s`, `13,000 alerts`. */
export function probeLoadText({ ratePerSecond, alertsPerVisit }: ProbeResult): string {
  return alertsPerVisit === undefined
    ? `${formatRate(ratePerSecond)}/s`
    : `${formatCount(alertsPerVisit)} alerts`;
}

/** How a backlog grew: `the group readers fell back all the time: it read 500/s of 667/s`. */
export function backlogText({ group, offeredPerSecond, readPerSecond, part }: Backlog): string {
  const of = `${formatRate(Math.max(0, readPerSecond))}/s of ${formatRate(offeredPerSecond)}/s`;
  if (group === null) return `the broker fell back all the time: it acknowledged ${of}`;
  if (part === undefined) return `the group ${group} fell back all the time: it read ${of}`;
  return `the group ${group} fell back all the time in ${part.name}, by ${formatShare(part.share, 0)} of what is due there`;
}

/** A group that was given up. */
export function notCaughtUpText({
  group,
  behind,
  readPerSecond,
  drainSeconds,
}: Extract<ProbeFinding, { kind: 'notCaughtUp' }>): string {
  const waited = formatSeconds(drainSeconds);
  if (group === undefined) return `the groups had not read everything ${waited} after it`;
  const rest = behind === undefined ? 'messages' : `${formatCount(behind)} messages`;
  const pace =
    readPerSecond === undefined || readPerSecond === 0
      ? 'and reads nothing'
      : `and reads ${formatRate(readPerSecond)}/s`;
  return `the group ${group} has still ${rest} to read ${waited} after it, ${pace}`;
}

/** A load in the search's own terms, by its mean rate. */
function loadText({ visits }: SearchResult): (perSecond: number | null) => string {
  return (perSecond) =>
    perSecond === null
      ? visits === undefined
        ? 'no rate'
        : 'no visit'
      : visits === undefined
        ? `${formatRate(perSecond)} alerts/s`
        : `${formatCount(Math.round(perSecond * visits.cadenceSeconds))} alerts per visit`;
}

function conditionsText({ conditions, holdSeconds, visits }: SearchResult): string {
  const what = conditions.join(', ');
  if (visits === undefined) return `${what} for ${holdSeconds} s`;
  const count = Math.round(holdSeconds / visits.cadenceSeconds);
  return `${what} for ${count} visits, one each ${visits.cadenceSeconds} s`;
}

/** How often watched groups commit, and what that did to the search. */
function commitsText({ commitIntervals, askedHoldSeconds, holdSeconds }: SearchResult): string {
  const rare = commitIntervals.filter(({ seconds }) => seconds >= 0.5);
  if (rare.length === 0) return '';
  const each = rare.map(({ group, seconds }) => `${group} commits every ${seconds.toFixed(1)} s`).join(', ');
  const longer =
    askedHoldSeconds === undefined
      ? ''
      : ` and each rate was judged for ${holdSeconds} s instead of ${askedHoldSeconds} s to see it`;
  return `; ${each}: its lag counts beyond that${longer}`;
}

function stoppedText({ result }: SearchResult): string {
  return result.stopped === undefined
    ? ''
    : `; the search ended there because ${notCaughtUpText(result.stopped)}: begin at a lower load, or raise limits.drain`;
}

function setAsideText(probes: number, { visits }: SearchResult): string {
  if (probes === 0) return '';
  const at = visits === undefined ? 'at this rate' : 'of this visit';
  return ` (${probes === 1 ? 'one more probe' : `${probes} more probes`} ${at} set aside, because the load generator was late)`;
}

function movedText(
  contradictions: SearchResult['result']['contradictions'],
  load: (perSecond: number) => string,
): string {
  const each = contradictions.map(
    ({ probes, ratePerSecond, now }) => `after ${probes} probes ${now} than ${load(ratePerSecond)}`,
  );
  return `the limit moved ${formatTimes(contradictions.length)} during the search (${each.join(', ')})`;
}

/** A probe between two pauses holds more than the group can. */
function stoodStillText(findings: readonly Finding[]): string {
  return findings
    .flatMap((one) => (one.kind === 'groupStoodStill' ? [one] : []))
    .map(
      ({ group, times, longestSeconds }) =>
        `; but ${group} stood still ${formatTimes(times)}, for up to ${formatSeconds(longestSeconds)}: ` +
        'this holds only between such pauses',
    )
    .join('');
}

function sizeText({ result: { timesRubin, bytesPerSecond } }: SearchResult): string {
  const bytes = bytesPerSecond === null ? '' : `, ${(bytesPerSecond / 1e6).toFixed(1)} MB/s`;
  return `${formatRate(timesRubin ?? 0)} times Rubin's average (10,000 alerts each 37 s: ${rubinPerSecond.toFixed(2)}/s)${bytes}`;
}
