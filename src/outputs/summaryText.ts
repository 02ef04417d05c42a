import type { BrokerFigures } from '../measure/brokerFigures.js';
import type { LatencySummary } from '../measure/latency.js';
import type { OutputReport, RunSummary } from '../measure/summary.js';
import { noteTexts } from './findingWords.js';
import { tableText } from './table.js';
import { formatBytes, formatCount, formatMicroseconds } from './units.js';

const verdictLines = {
  passed: 'PASSED: every expectation held',
  failed: 'FAILED',
  invalid: 'INVALID: the harness itself was the limit, so this run proves nothing about the broker',
  interrupted: 'INTERRUPTED: figures are those until then',
} as const;

const columns = [
  'phase',
  'acked',
  'rate',
  'of target',
  'MB/s',
  'lag p99',
  'ack p50',
  'ack p99',
  'response p99',
  'end to end p99',
  'our CPU',
];

/**
 * A run's result for a person to read.
 *
 * @param summary - the result
 * @returns several lines
 */
export function summaryText(summary: RunSummary): string {
  const rows = summary.phases.map(({ name, measured, counts, rate, latency, harness }) => [
    measured ? name : `(${name})`,
    formatCount(counts.acked),
    `${formatCount(rate.achievedPerSecond)}/s`,
    rate.targetPerSecond === null || rate.targetPerSecond === 0
      ? ''
      : `${((100 * rate.achievedPerSecond) / rate.targetPerSecond).toFixed(1)} %`,
    (rate.bytesPerSecond / 1e6).toFixed(1),
    text(latency.scheduleLag, 'p99'),
    text(latency.ack, 'p50'),
    text(latency.ack, 'p99'),
    text(latency.response, 'p99'),
    text(latency.endToEnd, 'p99'),
    harness.cpuCores === null ? '' : harness.cpuCores.toFixed(2),
  ]);
  const { counts, groups, expectations, selfCheck, reasons } = summary;
  return [
    tableText(columns, rows),
    `our CPU is that of the whole harness, in cores; its memory was ${formatBytes(Math.max(0, ...summary.phases.map(({ harness }) => harness.rssBytesMax)))} at the most`,
    `scheduled ${formatCount(counts.scheduled)} = sent ${formatCount(counts.sent)} + unsent ${formatCount(counts.unsent)}${unknownText(counts)}; ` +
      `sent = acknowledged ${formatCount(counts.acked)} + failed ${formatCount(counts.failed)}; ` +
      `${formatBytes(summary.rate.bytesPerSecond)}/s on average`,
    ...groups.map(
      ({ group, received, lost, duplicated, reread, outOfOrder, behind }) =>
        `group ${group}, warm-up included: read ${formatCount(received)}, lost ${lost}${behindText(lost, behind)}, duplicated ${duplicated}, ` +
        `read twice ${reread}, out of order ${outOfOrder}`,
    ),
    ...Object.entries(summary.broker ?? {}).map(([id, figures]) => `broker ${id}: ${brokerText(figures)}`),
    ...(summary.searches ?? []).map(
      ({ phase, result, probes }) => `${phase}: ${result.text} (${probes.length} probes)`,
    ),
    ...shardLines(summary),
    ...selfCheck.map(({ text: finding }) => `self-check: ${finding}`),
    ...noteTexts(summary.findings ?? []).map((note) => `note: ${note}`),
    ...expectations.map(
      ({ expect, actual, passed, default: byDefault }) =>
        `${passed ? 'held  ' : 'FAILED'}  ${expect}  (${actual === null ? 'no sample' : foundText(expect, actual)}${byDefault ? ', by default' : ''})`,
    ),
    ...summary.outputs.map(outputLine),
    `${verdictLines[summary.verdict]}${reasons.length > 0 && summary.verdict !== 'invalid' ? `: ${reasons.join('; ')}` : ''}`,
  ].join('\n');
}

function unknownText({ unknown = 0 }: RunSummary['counts']): string {
  return unknown === 0 ? '' : ` + UNKNOWN ${formatCount(unknown)} (of workers that died)`;
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

/**
 * What was found, in the unit that the expectation is written in.
 *
 * @param expectation - what was expected: `ack.p99 < 50ms`
 * @param actual - what was found, in the metric's base unit
 * @returns for example `5.00 ms`
 */
export function foundText(expectation: string, actual: number): string {
  if (/\.(p\d+|max|mean) /.test(expectation)) return formatMicroseconds(actual);
  if (expectation.endsWith('%')) return `${(100 * actual).toFixed(2)} %`;
  if (/\b(achievedRate|rate) /.test(expectation)) return `${formatCount(actual)}/s`;
  if (/\bthroughput /.test(expectation)) return `${formatBytes(actual)}/s`;
  if (/\bbroker\.cpuCores /.test(expectation)) return `${actual.toFixed(2)} cores`;
  return String(actual);
}

function brokerText({ cpuCores, rssBytes, handlerIdle, produceTotalMeanMs }: BrokerFigures[string]): string {
  return [
    ...(cpuCores === undefined ? [] : [`${cpuCores.toFixed(2)} cores busy`]),
    ...(rssBytes === undefined ? [] : [`${formatBytes(rssBytes)} resident`]),
    ...(handlerIdle === undefined ? [] : [`request handlers ${(100 * handlerIdle).toFixed(1)} % idle`]),
    ...(produceTotalMeanMs === undefined
      ? []
      : [`${formatMicroseconds(1000 * produceTotalMeanMs)} a produce request`]),
  ].join(', ');
}
