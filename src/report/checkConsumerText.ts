import { reasonsOf, type Finding } from '../results/findings.js';
import type { RunSummary, WatchedGroup } from '../results/runFolder.js';
import { formatBytes, formatCores, formatCount, formatCounted, formatSeconds } from './format.js';
import type { JUnitCase, JUnitOutcome } from './junit.js';
import { findingText, noteTexts } from './words.js';

/** What a check of a consumer came to. */
export interface CheckedConsumer {
  readonly summary: RunSummary;
  readonly withinSeconds: number;
  /** Undefined where the consumer's own file was not asked for. */
  readonly written: CheckedIds | undefined;
}

/** Which alerts the file of a consumer names. */
export interface CheckedIds {
  readonly file: string;
  readonly alerts: number;
  readonly missing: number;
  readonly missingIds: readonly string[];
  readonly withoutId: number;
}

/** What commits cannot show. */
const unseenText =
  'not seen: an alert that is committed and not processed, or committed before it is processed; --ids-from FILE ' +
  'compares what your consumer wrote';

/** The result of a check in words, several lines. */
export function checkConsumerText(checked: CheckedConsumer): string {
  const { summary, written } = checked;
  const { counts, rate, findings } = summary;
  const [group] = summary.watchedGroups;
  const isInterrupted = summary.verdict === 'interrupted';
  const failures = failuresOf(checked);
  const failed = failures.map((failure) => `FAILED: ${failure}`);
  if (findings.some(({ kind }) => kind === 'consumerNotReady')) return failed.join('\n');
  return [
    `sent       ${formatCounted(counts.acked, 'alert')} in ${formatSeconds(rate.seconds)}, ${formatBytes(rate.bytes)}`,
    ...(group === undefined ? [] : groupLines(group, checked)),
    ...(written === undefined ? [] : [`written    ${writtenText(written)}`]),
    ...noteTexts(findings.filter(isAboutConsumers)).map((note) => `note: ${note}`),
    ...failed,
    ...(isInterrupted ? ['INTERRUPTED: the numbers are those until then'] : []),
    ...(failures.length === 0 && !isInterrupted ? ['PASSED'] : []),
    ...(written === undefined && !isInterrupted ? [unseenText] : []),
  ].join('\n');
}

/** What a check of a consumer came to, as the tests of a JUnit report. */
export function checkConsumerCases(checked: CheckedConsumer): JUnitCase[] {
  const { summary, withinSeconds, written } = checked;
  const { counts, rate, findings } = summary;
  const [group] = summary.watchedGroups;
  const textOf = (isIt: (finding: Finding) => boolean): string | undefined =>
    reasonsOf(findings)
      .filter(isIt)
      .map((finding) => findingText(finding))
      .join('; ') || undefined;
  const notReady = textOf(({ kind }) => kind === 'consumerNotReady');
  const died = textOf(({ kind }) => kind === 'consumerEnded');
  const uncommitted = group === undefined ? undefined : uncommittedText(group, withinSeconds);
  const consumers = ['consumerNotReady', 'consumerEnded', 'messagesUncommitted', 'groupNeverCommitted'];
  const others = textOf(({ kind }) => !consumers.includes(kind) && kind !== 'expectationFailed');
  const outcome = (failure: string | undefined): JUnitOutcome =>
    failure === undefined ? { kind: 'passed' } : { kind: 'failed', message: failure };
  const afterStart = (failure: string | undefined): JUnitOutcome =>
    notReady === undefined ? outcome(failure) : { kind: 'skipped' };
  const cases: JUnitCase[] = [
    {
      name: 'the consumer joins its group',
      seconds: group?.process?.readySeconds ?? 0,
      outcome: outcome(notReady),
    },
    {
      name: `${formatCounted(counts.scheduled, 'alert')} are sent`,
      seconds: rate.seconds,
      outcome: afterStart(others),
    },
    {
      name: `every alert is committed within ${formatSeconds(withinSeconds)}`,
      seconds: group?.drainSeconds ?? withinSeconds,
      outcome: afterStart(uncommitted),
    },
    { name: 'the consumer runs until it is stopped', seconds: 0, outcome: afterStart(died) },
  ];
  if (written !== undefined) {
    const missing = written.missing === 0 ? undefined : writtenText(written);
    cases.push({ name: 'every alert is written', seconds: 0, outcome: afterStart(missing) });
  }
  return cases;
}

/** Why the consumer did not pass, a sentence each. */
function failuresOf({ summary, withinSeconds, written }: CheckedConsumer): readonly string[] {
  const [group] = summary.watchedGroups;
  const reasons = reasonsOf(summary.findings);
  const isReady = reasons.every(({ kind }) => kind !== 'consumerNotReady');
  const said = reasons.filter(
    ({ kind }) =>
      kind !== 'expectationFailed' &&
      kind !== 'messagesUncommitted' &&
      // Nothing is sent for a consumer that did not come.
      (isReady || kind === 'consumerNotReady'),
  );
  // Of a check that was cut short only what happened is known, not what would have.
  if (summary.verdict === 'interrupted')
    return said
      .filter(({ kind }) => kind === 'consumerNotReady' || kind === 'consumerEnded')
      .map((finding) => findingText(finding));
  const uncommitted =
    group === undefined || !isReady || said.some(({ kind }) => kind === 'groupNeverCommitted')
      ? undefined
      : uncommittedText(group, withinSeconds);
  return [
    ...(uncommitted === undefined ? [] : [uncommitted]),
    ...said.map((finding) => findingText(finding)),
    ...(written === undefined || written.missing === 0 || !isReady ? [] : [writtenText(written)]),
  ];
}

function groupLines(group: WatchedGroup, { summary, withinSeconds }: CheckedConsumer): string[] {
  const { committed, uncommitted, drainSeconds, lag, process } = group;
  const isJudged = summary.verdict !== 'interrupted' && committed + uncommitted > 0;
  const drain =
    drainSeconds === null
      ? isJudged
        ? `, and not all of them within ${formatSeconds(withinSeconds)}`
        : ''
      : `, the last one ${formatSeconds(Math.max(0, drainSeconds))} after it was due (at most ${formatSeconds(withinSeconds)} allowed)`;
  const seconds = lag.seconds.max === null ? '' : `, ${formatSeconds(lag.seconds.max)}`;
  const members = process?.members ?? [];
  const rssBytes = Math.max(0, ...members.map(({ rssBytesMax }) => rssBytesMax));
  return [
    `committed  ${formatCount(committed)} of ${formatCounted(committed + uncommitted, 'alert')}${drain}`,
    `lag        at most ${formatCounted(lag.messages.max ?? 0, 'alert')}${seconds}`,
    ...(process === undefined
      ? []
      : [
          `consumer   ${formatCores(process.cpuCores)} cores, at most ${formatBytes(rssBytes)}` +
            `${members.length > 1 ? ' a member' : ''}; its output is in ${members.map(({ log }) => log).join(', ')}`,
        ]),
  ];
}

function uncommittedText(
  { committed, uncommitted, drainSeconds }: WatchedGroup,
  withinSeconds: number,
): string | undefined {
  if (drainSeconds !== null && drainSeconds <= withinSeconds) return undefined;
  if (committed + uncommitted === 0) return 'there was no alert to commit';
  return drainSeconds !== null
    ? `the last alert was committed ${formatSeconds(drainSeconds)} after it was due, not within ${formatSeconds(withinSeconds)}`
    : `${formatCount(uncommitted)} of ${formatCounted(committed + uncommitted, 'alert')} were not committed within ${formatSeconds(withinSeconds)}`;
}

function writtenText({ file, alerts, missing, missingIds, withoutId }: CheckedIds): string {
  const unknown = withoutId === 0 ? '' : ` (${formatCounted(withoutId, 'alert')} without a known id apart)`;
  if (missing === 0) return `${file} names all ${formatCounted(alerts - withoutId, 'alert')}${unknown}`;
  const some = missingIds.length < missing ? ', for example' : ':';
  return `${file} does not name ${formatCount(missing)} of ${formatCounted(alerts - withoutId, 'alert')}${unknown}${some} ${missingIds.join(', ')}`;
}

/** Notes about the broker and the machine are for those who measure it. */
function isAboutConsumers({ kind }: Finding): boolean {
  return ![
    'messagesUncommitted',
    'freshBroker',
    'machineLoad',
    'outage',
    'messagesFailed',
    'clientQueueFull',
  ].includes(kind);
}
