import type { GroupSummary, OutputReport, RunSummary } from '../results/runFolder.js';
import type { BrokerMetrics, LatencySummary } from '../results/values.js';
import { processText } from './consumerWords.js';
import {
  formatBytes,
  formatCores,
  formatCount,
  formatDuration,
  formatMicroseconds,
  formatRate,
  formatRateTime,
  formatShare,
  orDash,
  tableText,
} from './format.js';
import { drainText, groupStories, membersText } from './groupWords.js';
import { catchUpLines } from './backlogWords.js';
import { endToEndText, foundText, noteTexts } from './words.js';

const verdictLines = {
  passed: 'PASSED: every expectation held',
  failed: 'FAILED',
  invalid: 'INVALID: the load generator itself was the limit, so this run is inconclusive about the broker',
  interrupted: 'INTERRUPTED: the results are those until then',
} as const;

const columns = [
  'phase',
  'acked',
  'in',
  'rate',
  'of target',
  'sent',
  'sent rate',
  'lag p99',
  'ack p50',
  'ack p99',
  'response p99',
  'end to end p99',
  'our CPU',
];

/** A run's result in words, several lines. */
export function summaryText(summary: RunSummary): string {
  return summary.watchedGroups.some(({ kind }) => kind === 'watched') ? watchText(summary) : runText(summary);
}

/** The result of a `watch`, which sends nothing. */
function watchText(summary: RunSummary): string {
  const { findings, outputs, verdict } = summary;
  return [
    ...watchedTable(summary),
    ...noteTexts(findings).map((note) => `note: ${note}`),
    ...outputs.map(outputLine),
    ...groupStories(summary),
    ...(verdict === 'passed' ? [] : [verdictLine(summary)]),
  ].join('\n');
}

function runText(summary: RunSummary): string {
  // The error that the run ends with says why.
  if (summary.findings.some(({ kind }) => kind === 'consumerNotReady'))
    return [...summary.outputs.map(outputLine), `${verdictLines[summary.verdict]}: nothing was sent`].join(
      '\n',
    );
  const rows = summary.phases.map(({ name, measured, counts, rate, latency, harness }) => [
    measured ? name : `(${name})`,
    formatCount(counts.acked),
    `${formatRateTime(rate.seconds)} s`,
    `${formatRate(rate.achievedPerSecond)}/s`,
    rate.ofTarget === null ? '' : formatShare(rate.ofTarget),
    formatBytes(rate.bytes),
    `${formatBytes(rate.bytesPerSecond)}/s`,
    text(latency.scheduleLag, 'p99'),
    text(latency.ack, 'p50'),
    text(latency.ack, 'p99'),
    text(latency.response, 'p99'),
    endToEndText(summary, name, 'p99') ?? '',
    harness?.cpuCores == null ? '' : formatCores(harness.cpuCores),
  ]);
  const { counts, groups, expectations, selfCheck } = summary;
  return [
    tableText(columns, rows),
    `our CPU is that of the whole load generator, in cores; its memory was at most ${formatBytes(Math.max(0, ...summary.phases.map(({ harness }) => harness?.rssBytesMax ?? 0)))}`,
    `scheduled ${formatCount(counts.scheduled)} = sent ${formatCount(counts.sent)} + unsent ${formatCount(counts.unsent)}${unknownText(counts)}; ` +
      `sent = acknowledged ${formatCount(counts.acked)} + failed ${formatCount(counts.failed)}; ` +
      `${formatCount(counts.acked)} in ${formatRateTime(summary.rate.seconds)} s: ${formatRate(summary.rate.achievedPerSecond)}/s; ` +
      `${formatBytes(summary.rate.bytes)} sent: ${formatBytes(summary.rate.bytesPerSecond)}/s`,
    ...groups.map(
      ({ group, received, lost, duplicated, reread, outOfOrder, behind, unmeasured, latency }) =>
        `group ${group}:${groupLatency(latency)} read ${formatCount(received)}, lost ${formatCount(lost)}${behindText(lost, behind)}, duplicated ${formatCount(duplicated)}, ` +
        `read twice ${formatCount(reread)}, out of order ${formatCount(outOfOrder)}` +
        (unmeasured === undefined
          ? ''
          : `; not measured (warm-up, other probes): read ${formatCount(unmeasured.received)}, lost ${formatCount(unmeasured.lost)}`),
    ),
    ...watchedTable(summary),
    ...summary.watchedGroups.flatMap(({ name, process }) =>
      process === undefined ? [] : [processText(name, process)],
    ),
    ...Object.entries(summary.broker ?? {}).map(([id, figures]) => `broker ${id}: ${brokerText(figures)}`),
    ...summary.catchUps.flatMap(catchUpLines),
    ...summary.searches.map(
      ({ phase, result, probes }) => `${phase}: ${result.text} (${probes.length} probes)`,
    ),
    ...shardLines(summary),
    ...selfCheck.map(({ text: finding }) => `self-check: ${finding}`),
    ...noteTexts(summary.findings).map((note) => `note: ${note}`),
    ...expectations.map(
      (result) =>
        `${result.passed ? 'held  ' : 'FAILED'}  ${result.expect}  (${foundText(result)}${result.default ? ', by default' : ''})`,
    ),
    ...summary.outputs.map(outputLine),
    verdictLine(summary),
  ].join('\n');
}

function verdictLine({ verdict, reasons }: RunSummary): string {
  return `${verdictLines[verdict]}${reasons.length > 0 && verdict !== 'invalid' ? `: ${reasons.join('; ')}` : ''}`;
}

const watchedColumns = [
  'watched group',
  'committed',
  'left',
  'lag p50',
  'lag p99',
  'lag max',
  'age p99',
  'age max',
  'all after',
  'within 60 s',
  'commit p50',
  'commit p99',
  'commits each',
  'members',
];

/** How the watched groups kept up; empty where there were none. */
function watchedTable({ watchedGroups }: RunSummary): string[] {
  if (watchedGroups.length === 0) return [];
  const rows = watchedGroups.map((group) => [
    group.name,
    formatCount(group.committed),
    formatCount(group.uncommitted),
    ...[group.lag.messages.p50, group.lag.messages.p99, group.lag.messages.max].map(count),
    ...[group.lag.seconds.p99, group.lag.seconds.max].map(duration),
    drainText(group),
    orDash(group.committedWithin60s, formatShare),
    text(group.commitLatency, 'p50'),
    text(group.commitLatency, 'p99'),
    duration(group.commits.intervalSeconds?.p50),
    membersText(group),
  ]);
  return [tableText(watchedColumns, rows)];
}

function count(value: number | null): string {
  return orDash(value, formatCount);
}

function duration(value: number | null | undefined): string {
  return orDash(value, formatDuration);
}

function unknownText({ unknown }: RunSummary['counts']): string {
  return unknown === 0 ? '' : ` + UNKNOWN ${formatCount(unknown)} (of workers that died)`;
}

function groupLatency(latency: GroupSummary['latency']): string {
  if (latency === null || latency.endToEnd.count === 0) return '';
  return ` end to end p50 ${text(latency.endToEnd, 'p50')}, p99 ${text(latency.endToEnd, 'p99')};`;
}

/** A group that reads on would have read what is behind it: that is late; the rest is missing. */
function behindText(lost: number, behind: number | undefined): string {
  if (lost <= 0 || behind === undefined) return '';
  const late = Math.min(lost, behind);
  return ` (${formatCount(late)} late: it was ${formatCount(behind)} messages behind; ${formatCount(lost - late)} missing)`;
}

function outputLine({ output, delivered, undelivered, fault }: OutputReport): string {
  const arrived = `${output}: ${formatCount(delivered)} points delivered`;
  if (undelivered > 0) return `${arrived}, ${formatCount(undelivered)} NOT: ${fault ?? 'the time was up'}`;
  return fault === null ? arrived : `${arrived} in the end; for a time: ${fault}`;
}

function shardLines({ shards }: RunSummary): string[] {
  if (shards === undefined) return [];
  return [
    `shards: ${shards.shards.map(({ shard, host }) => `${shard} on ${host ?? 'no machine'}`).join(', ')}`,
    shards.clockNote,
    ...shards.shards.flatMap(({ notes }) => notes),
  ];
}

function text(latency: LatencySummary, of: 'p50' | 'p99'): string {
  const value = latency[of];
  return value === null ? '' : formatMicroseconds(value);
}

function brokerText({
  cpuCores,
  rssBytes,
  handlerIdle,
  produceTotalMeanMs,
}: NonNullable<BrokerMetrics[string]>): string {
  return [
    ...(cpuCores === undefined ? [] : [`${formatCores(cpuCores)} cores busy`]),
    ...(rssBytes === undefined ? [] : [`${formatBytes(rssBytes)} resident`]),
    ...(handlerIdle === undefined ? [] : [`request handlers ${formatShare(handlerIdle)} idle`]),
    ...(produceTotalMeanMs === undefined
      ? []
      : [`${formatMicroseconds(1000 * produceTotalMeanMs)} a produce request`]),
  ].join(', ');
}
