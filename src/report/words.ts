import { failureFix, failureMeaning, failuresText } from '../kafka/failures.js';
import {
  reasonsOf,
  selfCheckOf,
  type Finding,
  type FindingOf,
  type LatenessReason,
  type ProbeFinding,
} from '../results/findings.js';
import type { FolderFault } from '../results/readRunFolder.js';
import type { RunResult, RunSummary, SearchResult } from '../results/runFolder.js';
import type { ExpectationResult, Verdict } from '../results/values.js';
import type { LatencyName } from '../scenario/metricNames.js';
import { consumerFindingText } from './consumerWords.js';
import {
  formatClockTime,
  formatCount,
  formatCounted,
  formatLimit,
  formatMicroseconds,
  formatSeconds,
  formatShare,
  formatValue,
} from './format.js';
import { groupFindingText } from './groupWords.js';
import { backlogFindingText } from './backlogWords.js';
import { backlogText, notCaughtUpText, searchText } from './searchWords.js';

/** The sentences about a run, with groupWords.ts, consumerWords.ts and searchWords.ts. No other module makes them, and none takes them apart. */

/** Adds the sentences that `summary.json` has beside its data. */
export function withWords(result: RunResult): RunSummary {
  const { schemaVersion, run, verdict, findings, searches, shards, ...rest } = result;
  const reasons = reasonsOf(findings);
  return {
    // What people look for first comes first.
    ...{ schemaVersion, run, verdict },
    reasons: reasons.map((reason) => findingText(reason, searches)),
    ...rest,
    searches: searches.map((search) => ({
      ...search,
      result: { ...search.result, text: searchText(search, findings) },
      probes: search.probes.map((probe) => ({ ...probe, why: probe.findings.map(probeFindingText) })),
    })),
    selfCheck: selfCheckOf(findings).map((finding) => ({
      invalidates: reasons.includes(finding),
      text: findingText(finding, searches),
    })),
    findings,
    ...(shards === undefined ? {} : { shards: { ...shards, clockNote: clockNote(shards.clockBoundUs) } }),
  };
}

/**
 * A finding as a sentence without its full stop: `phase steady: 12 messages were larger than the topic
 * accepts (MSG_SIZE_TOO_LARGE); …`
 *
 * @param searches - of the run, for what they found
 */
export function findingText(finding: Finding, searches: readonly SearchResult[] = []): string {
  switch (finding.kind) {
    case 'workerFailed':
      return finding.message;
    case 'runTooLong':
      return `the run took longer than its limits.deadline of ${finding.limitSeconds} s and was ended`;
    case 'deliveryFailed':
      return deliveryText(finding);
    case 'messagesUnknown':
      return (
        `what became of ${finding.unknown} of the ${finding.scheduled} messages that were due is unknown: they may have ` +
        'been delivered, but a worker died before it reported them'
      );
    case 'messagesUnread':
      return unreadText(finding);
    case 'readingUnknown':
      return 'how much the groups have read is not known: a worker died before it reported';
    case 'nothingAcknowledged':
      return 'nothing was acknowledged';
    case 'lateHarness':
    case 'clientQueueFull':
    case 'alertsAwaited':
    case 'unsentMessages':
    case 'blockedEventLoop':
      return harnessText(finding);
    case 'messagesFailed':
      return failedText(finding);
    case 'outage':
      return outageText(finding);
    case 'freshBroker':
      return (
        `the broker ${finding.broker} had started ${formatSeconds(finding.ageSeconds)} before the first measured phase: ` +
        'its JVM was not warm yet, and a warm broker is faster'
      );
    case 'machineLoad':
      return loadText(finding);
    case 'catchUpUnfinished':
    case 'backlogRead':
    case 'backlogDeleted':
      return backlogFindingText(finding);
    case 'searchFailed': {
      const search = searches.find(({ phase }) => phase === finding.phase);
      return `phase ${finding.phase}: ${search === undefined ? 'the search found no rate' : searchText(search)}`;
    }
    case 'expectationFailed': {
      const { expectation } = finding;
      return `expected ${expectation.expect}${expectation.default ? ' (the default)' : ''}, found ${foundText(expectation)}`;
    }
    case 'olderReason':
      return finding.text;
    case 'consumerNotReady':
    case 'consumerEnded':
    case 'consumerMemoryGrew':
    case 'consumerKilled':
      return consumerFindingText(finding);
    default:
      return groupFindingText(finding);
  }
}

/** Why a probe of a search did not hold, as half a sentence. */
export function probeFindingText(finding: ProbeFinding): string {
  switch (finding.kind) {
    case 'deliveryFailed':
      return deliveryText(finding);
    case 'messagesUnsent':
      return `${finding.count} messages were not sent in time`;
    case 'expectationFailed':
      return `${finding.expectation.expect} did not hold: ${foundText(finding.expectation)}`;
    case 'backlogGrew':
      return backlogText(finding.backlog);
    case 'notCaughtUp':
      return notCaughtUpText(finding);
    default:
      return harnessText(finding);
  }
}

/** More outages of a phase are summed up. */
const listedOutages = 3;

/**
 * The findings of a run in words, apart from its verdict and the self-check, a sentence each without its full
 * stop. Many outages of one phase are one sentence.
 */
export function noteTexts(findings: readonly Finding[]): string[] {
  const elsewhere = new Set([...reasonsOf(findings), ...selfCheckOf(findings)]);
  const outages = new Map<string, FindingOf<'outage'>[]>();
  const texts: string[] = [];
  for (const finding of findings) {
    if (elsewhere.has(finding)) continue;
    if (finding.kind !== 'outage') texts.push(findingText(finding));
    else outages.set(finding.phase, [...(outages.get(finding.phase) ?? []), finding]);
  }
  for (const [phase, ofPhase] of outages) {
    if (ofPhase.length <= listedOutages) texts.push(...ofPhase.map((outage) => findingText(outage)));
    else texts.push(outagesText(phase, ofPhase));
  }
  return texts;
}

/** What a run folder lacks, as a sentence without its full stop. */
export function faultText(fault: FolderFault): string {
  switch (fault.kind) {
    case 'missing':
      return `there is no ${fault.file}: ${missingMeans[fault.file]}`;
    case 'cutOff':
      return `the last line of ${fault.file} is cut off`;
    case 'damaged': {
      const where = fault.line === undefined ? fault.file : `line ${fault.line} of ${fault.file}`;
      return `${where} ${fault.why}; it was left out`;
    }
  }
}

const missingMeans: Readonly<Record<FolderFault['file'], string>> = {
  'manifest.json': 'on what the run ran is not known',
  'summary.json': 'the run ended before its result was written, or it still goes on',
  'intervals.ndjson': 'there is no timeline of the run',
  'latency.hlog': 'the distribution of the latencies is not known',
};

/**
 * How long it took until consumers read, as `12.3 ms`; with several groups that of each, as `fast 12.3 ms,
 * slow 4.20 s`, because a slow one would hide the others. Undefined where nothing was read.
 *
 * @param phase - undefined for all measured ones
 */
export function endToEndText(
  { groups, latency, phases }: RunSummary,
  phase: string | undefined,
  statistic: 'p50' | 'p99',
): string | undefined {
  const texts = groups.flatMap((group) => {
    const own =
      phase === undefined ? group.latency : group.phases.find(({ name }) => name === phase)?.latency;
    const value = own?.endToEnd[statistic] ?? null;
    return value === null ? [] : [`${group.name} ${formatMicroseconds(value)}`];
  });
  if (groups.length > 1 && texts.length > 0) return texts.join(', ');
  const all = phase === undefined ? latency : phases.find(({ name }) => name === phase)?.latency;
  const value = all?.endToEnd[statistic] ?? null;
  return value === null ? undefined : formatMicroseconds(value);
}

/** The value of an expectation in its unit, or that there is none. */
export function foundText({ actual, unit }: Pick<ExpectationResult, 'actual' | 'unit'>): string {
  return actual === null ? 'no sample' : formatValue(actual, unit);
}

/**
 * An expectation as a sentence: `Phase steady: the 99th percentile of the acknowledgement time is below 50
 * ms`. One of an unknown metric stays as it was written.
 */
export function expectationWords({
  expect,
  metric,
  scope,
  operator,
  limit,
  unit,
}: ExpectationResult): string {
  const subject = subjectOf(metric);
  if (subject === undefined) return expect;
  const amount = `${formatLimit(limit, unit)}${metric === 'achievedRate' && unit === 'fraction' ? ' of the target' : ''}`;
  const sentence = `${subject} ${operatorWords[operator]} ${amount}`;
  switch (scope.kind) {
    case 'run':
      return sentence.charAt(0).toUpperCase() + sentence.slice(1);
    case 'phase':
      return `Phase ${scope.name}: ${sentence}`;
    case 'group':
      return `Consumer group ${scope.name}: ${sentence}`;
  }
}

/** The short name of a percentile or moment for a column's heading: `p99.9`. */
export function statisticLabel(statistic: string): string {
  return statistic === 'p999' ? 'p99.9' : statistic === 'p9999' ? 'p99.99' : statistic;
}

export const latencyWords: Readonly<
  Record<LatencyName, { readonly label: string; readonly meaning: string }>
> = {
  scheduleLag: {
    label: 'Schedule lag',
    meaning:
      'from when a message was due until the load generator handed it over: how punctual the load generator was',
  },
  ack: {
    label: 'Ack',
    meaning:
      'from handing over until the broker’s acknowledgement (ack): the broker’s service and the client’s queue',
  },
  response: {
    label: 'Response',
    meaning:
      'from when a message was due until its acknowledgement: schedule lag and acknowledgement together',
  },
  endToEnd: {
    label: 'End to end',
    meaning: 'from when a message was due until a consumer read it: what those downstream feel',
  },
};

/** A verdict as a headline, and what it means. */
export const verdictWords: Readonly<
  Record<Verdict | 'none', { readonly headline: string; readonly meaning: string }>
> = {
  passed: { headline: 'Passed', meaning: 'Every expectation held, and nothing was lost.' },
  failed: { headline: 'Failed', meaning: 'Something that had to hold did not.' },
  invalid: {
    headline: 'Invalid',
    meaning:
      'The load generator itself was the limit, not the broker: it could not send when messages were due. ' +
      'This run is inconclusive about the broker.',
  },
  interrupted: {
    headline: 'Interrupted',
    meaning: 'The run was stopped before its end. The results are those until then.',
  },
  none: {
    headline: 'No result',
    meaning:
      'The run ended before its result was written, or it still goes on. ' +
      'The results are those of the intervals that were written; expectations were not checked.',
  },
};

/** The headline of a `watch`, which sends nothing and so has nothing to pass. */
export const watchWords = {
  headline: 'Watched',
  meaning: 'Nothing was sent: this is what others sent, and what consumer groups committed of it.',
} as const;

/** Why a run does not count, or counts although it did not pass, half a sentence; null for one that passed. */
export function remarkText({ verdict, reasons }: Pick<RunSummary, 'verdict' | 'reasons'>): string | null {
  if (verdict === 'passed') return null;
  return verdict === 'interrupted' ? verdict : `${verdict}: ${reasons.join('; ')}`;
}

function deliveryText({ count, errors }: FindingOf<'deliveryFailed'>): string {
  return `${count} messages failed${errors.length === 0 ? '' : `: ${failuresText(errors)}`}`;
}

/** The group was late, or it is past the position where the messages should be. */
function unreadText({ group, lost, unmeasured, behind, drainSeconds }: FindingOf<'messagesUnread'>): string {
  const drain = drainSeconds === null ? 'the run was interrupted' : `the drain of ${drainSeconds} s was over`;
  const late = `the group was ${behind} messages behind when ${drain}`;
  const why =
    behind === null
      ? 'it is not known how far behind the group was'
      : behind === 0
        ? 'missing: the group had read to the end of the stream'
        : behind >= lost
          ? `late: ${late}`
          : `${late}: the other ${lost - behind} are missing`;
  const beside = unmeasured > 0 ? `, ${unmeasured} of them not measured,` : '';
  return `${lost} acknowledged messages${beside} were not read by the group ${group} (${why})`;
}

function harnessText(
  finding: FindingOf<
    'lateHarness' | 'clientQueueFull' | 'alertsAwaited' | 'unsentMessages' | 'blockedEventLoop'
  >,
): string {
  const { phase } = finding;
  switch (finding.kind) {
    case 'lateHarness':
      return (
        `phase ${phase}: ${formatCount(finding.late)} of ${formatCounted(finding.messages, 'message')} were handed over ` +
        `more than ${formatMicroseconds(finding.limitUs)} after they were due ` +
        `(p99 ${formatMicroseconds(finding.lagP99Us)})${latenessWords(finding.because, finding.responseP99Us)}`
      );
    case 'clientQueueFull':
      return `phase ${phase}: the client's queue was full for ${percent(finding.share)} of the time: the broker did not keep up`;
    case 'alertsAwaited':
      return (
        `phase ${phase}: for ${percent(finding.share)} of the time an alert was due that was not made or read yet: ` +
        'the load generator was the bottleneck, not the broker'
      );
    case 'unsentMessages':
      return (
        `phase ${phase}: ${formatCount(finding.unsent)} of ${formatCounted(finding.scheduled, 'message')} were not sent in ` +
        'time, and the broker was not the reason'
      );
    case 'blockedEventLoop':
      return (
        `phase ${phase}: the event loop of ${finding.worker} was blocked for ${formatMicroseconds(finding.delayP99Us)} at ` +
        `times (limit ${formatMicroseconds(finding.limitUs)})`
      );
  }
}

function latenessWords(because: LatenessReason, responseP99Us: number | null): string {
  switch (because) {
    case 'harness':
      return '';
    case 'pushedBack':
      return ', because the broker pushed back';
    case 'outage':
      return ', because the broker acknowledged nothing for a time';
    case 'immaterial':
      return `, which is little beside a response p99 of ${formatMicroseconds(responseP99Us ?? 0)}`;
    case 'fewMessages':
      return ', too few for a p99 that means something';
    case 'irrelevant':
      return ', which changes nothing that this scenario asks of consumers';
  }
}

function failedText({ phase, count, error }: FindingOf<'messagesFailed'>): string {
  const fix = failureFix(error.code);
  return (
    `phase ${phase}: ${formatCounted(count, 'message')} ${count === 1 ? 'was' : 'were'} ` +
    `${failureMeaning(error)}${fix === undefined ? '' : `; ${fix}`}`
  );
}

function outageText({
  phase,
  startedAt,
  lengthMs,
  recoveredAfterMs,
  partitions,
}: FindingOf<'outage'>): string {
  const { silent, of } = partitions;
  const where = silent >= of ? '' : ` in ${silent} of ${of} partitions`;
  const recovery =
    recoveredAfterMs === null
      ? 'no recovery was seen'
      : `responses were as fast as before ${formatSeconds(recoveredAfterMs / 1000)} later`;
  return (
    `phase ${phase}: an outage of ${formatSeconds(lengthMs / 1000)} from ${formatClockTime(startedAt)}: ` +
    `no acknowledgement${where} though messages were in flight; ${recovery}`
  );
}

function outagesText(phase: string, outages: readonly FindingOf<'outage'>[]): string {
  const [longest] = [...outages].sort((one, other) => other.lengthMs - one.lengthMs);
  const totalMs = outages.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  return (
    `phase ${phase}: ${outages.length} outages, ${formatSeconds(totalMs / 1000)} in all, in which partitions got no ` +
    `acknowledgement though messages were in flight; the longest ${formatSeconds((longest?.lengthMs ?? 0) / 1000)} ` +
    `from ${formatClockTime(longest?.startedAt ?? '')}`
  );
}

function loadText({ phase, ...load }: FindingOf<'machineLoad'>): string {
  const { otherCores, consumerCores, cores, idleCores, loadAverage, cpuWaitShare, withoutBrokers } = load;
  const others = withoutBrokers ? 'other programs' : 'other programs, and brokers that run here,';
  const waited =
    cpuWaitShare === null ? '' : `; programs waited for a core in ${percent(cpuWaitShare)} of the time`;
  return (
    `phase ${phase}: ${others} used ${otherCores.toFixed(1)} of this machine's ${cores} cores, ` +
    `${consumerCores === undefined ? '' : `the scenario's own consumers ${consumerCores.toFixed(1)}, `}and ` +
    `${idleCores.toFixed(1)} were idle (load average ${loadAverage.toFixed(1)}${waited}): results may be worse than ` +
    'on a quiet machine'
  );
}

function clockNote(boundUs: number): string {
  return boundUs === 0
    ? 'one machine, one clock: endToEnd is exact'
    : `endToEnd goes from machine to machine, whose clocks agree to ${boundUs} µs: it is reported in steps no finer than ` +
        'that, and values that are not above it are not reported; the other latencies have one clock each, and are exact';
}

function percent(share: number): string {
  return formatShare(share, share < 0.1 ? 1 : 0);
}

const operatorWords: Readonly<Record<ExpectationResult['operator'], string>> = {
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
  '==': 'is exactly',
};

const latencySubjects: Readonly<Record<string, string>> = {
  scheduleLag: 'schedule lag',
  ack: 'acknowledgement time',
  response: 'response time',
  endToEnd: 'end-to-end time',
  commitLatency: 'commit latency',
};

const statisticSubjects: Readonly<Record<string, string>> = {
  p50: 'the median of the',
  p90: 'the 90th percentile of the',
  p95: 'the 95th percentile of the',
  p99: 'the 99th percentile of the',
  p999: 'the 99.9th percentile of the',
  max: 'the longest',
  mean: 'the mean',
};

const otherSubjects: Readonly<Record<string, string>> = {
  scheduled: 'the number of messages that were due',
  sent: 'the number of messages sent',
  unsent: 'the number of messages that were due and not sent',
  acked: 'the number of messages acknowledged',
  failed: 'the number of messages that failed',
  consumed: 'the number of messages read',
  lost: 'the number of messages acknowledged and not read',
  duplicated: 'the number of messages that the broker holds twice',
  outOfOrder: 'the number of messages out of order',
  achievedRate: 'the achieved rate',
  throughput: 'the throughput',
  'catchUp.seconds': 'the time in which the slowest group caught up',
  'catchUp.drainRate': 'the rate at which the slowest group caught up',
  rate: 'the rate that the search found',
  lag: 'the lag',
  'drain.max': 'the longest time until everything was committed',
  committedWithin60s: 'the share of messages committed within 60 s',
  'broker.cpuCores': 'the CPU of the busiest broker',
  'broker.handlerIdle': 'the idle time of the busiest broker’s request handlers',
  'broker.networkIdle': 'the idle time of the busiest broker’s network threads',
};

function subjectOf(metric: string): string | undefined {
  const other = otherSubjects[metric];
  if (other !== undefined) return other;
  const [name = '', statistic = ''] = metric.split('.');
  const latency = latencySubjects[name];
  const which = statisticSubjects[statistic];
  return latency === undefined || which === undefined ? undefined : `${which} ${latency}`;
}
