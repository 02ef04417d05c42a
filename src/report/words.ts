import { failureFix, failureMeaning } from '../kafka/failures.js';
import type { Finding, FindingOf, LatenessReason } from '../results/findings.js';
import { formatCount, formatMicroseconds, formatSeconds } from './format.js';

/**
 * A finding as a sentence without its full stop: `phase steady: 12 messages were larger than the topic
 * accepts (MSG_SIZE_TOO_LARGE); …`
 */
export function findingText(finding: Finding): string {
  switch (finding.kind) {
    case 'lateHarness':
      return latenessText(finding);
    case 'clientQueueFull':
      return `phase ${finding.phase}: the client's queue was full for ${percent(finding.share)} of the time: the broker did not keep up`;
    case 'unsentMessages':
      return (
        `phase ${finding.phase}: ${formatCount(finding.unsent)} of ${messages(finding.scheduled)} were not sent in time, ` +
        'and the broker was not the reason'
      );
    case 'blockedEventLoop':
      return (
        `phase ${finding.phase}: the event loop of ${finding.worker} was blocked for ${ms(finding.delayP99Us)} at times ` +
        `(limit ${ms(finding.limitUs)})`
      );
    case 'messagesFailed': {
      const fix = failureFix(finding.error.code);
      return (
        `phase ${finding.phase}: ${messages(finding.count)} ${finding.count === 1 ? 'was' : 'were'} ` +
        `${failureMeaning(finding.error)}${fix === undefined ? '' : `; ${fix}`}`
      );
    }
    case 'outage':
      return outageText(finding);
    case 'freshBroker':
      return (
        `the broker ${finding.broker} had started ${formatSeconds(finding.ageSeconds)} before the first measured phase: ` +
        'its JVM was not warm yet, and a warm broker is faster'
      );
    case 'machineLoad':
      return loadText(finding);
  }
}

/** More outages of a phase are summed up. */
const listedOutages = 3;

/**
 * The findings of a run in words, apart from its verdict and the self-check, a sentence each without its full
 * stop. Many outages of one phase are one sentence.
 */
export function noteTexts(findings: readonly Finding[]): string[] {
  const outages = new Map<string, FindingOf<'outage'>[]>();
  const texts: string[] = [];
  for (const finding of findings) {
    if ('invalidates' in finding) continue;
    if (finding.kind !== 'outage') texts.push(findingText(finding));
    else outages.set(finding.phase, [...(outages.get(finding.phase) ?? []), finding]);
  }
  for (const [phase, ofPhase] of outages) {
    if (ofPhase.length <= listedOutages) texts.push(...ofPhase.map(findingText));
    else texts.push(outagesText(phase, ofPhase));
  }
  return texts;
}

function outagesText(phase: string, outages: readonly FindingOf<'outage'>[]): string {
  const [longest] = [...outages].sort((one, other) => other.lengthMs - one.lengthMs);
  const totalMs = outages.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  return (
    `phase ${phase}: ${outages.length} outages, ${formatSeconds(totalMs / 1000)} in all, in which partitions got no ` +
    `acknowledgement though messages were in flight; the longest ${formatSeconds((longest?.lengthMs ?? 0) / 1000)} ` +
    `from ${clockTime(longest?.startedAt ?? '')} UTC`
  );
}

function latenessText({ phase, because, ...finding }: FindingOf<'lateHarness'>): string {
  const { lagP99Us, limitUs, late, messages: count } = finding;
  return (
    `phase ${phase}: ${formatCount(late)} of ${messages(count)} were handed over more than ${ms(limitUs)} after they ` +
    `were due (p99 ${ms(lagP99Us)})${latenessWords(because, finding.responseP99Us)}`
  );
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
  }
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
    `phase ${phase}: an outage of ${formatSeconds(lengthMs / 1000)} from ${clockTime(startedAt)} UTC: ` +
    `no acknowledgement${where} though messages were in flight; ${recovery}`
  );
}

function loadText({ phase, ...load }: FindingOf<'machineLoad'>): string {
  const { otherCores, cores, idleCores, loadAverage, cpuWaitShare, withoutBrokers } = load;
  const others = withoutBrokers ? 'other programs' : 'other programs, and brokers that run here,';
  const waited =
    cpuWaitShare === null ? '' : `; programs waited for a core in ${percent(cpuWaitShare)} of the time`;
  return (
    `phase ${phase}: ${others} used ${otherCores.toFixed(1)} of this machine's ${cores} cores, and ` +
    `${idleCores.toFixed(1)} were idle (load average ${loadAverage.toFixed(1)}${waited}): results may be worse than ` +
    'on a quiet machine'
  );
}

function clockTime(iso: string): string {
  return iso.slice(11, 23);
}

function messages(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'message' : 'messages'}`;
}

function ms(microseconds: number): string {
  return `${(microseconds / 1000).toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}
