import type { LatencySummary } from '../measure/latency.js';
import type { RunSummary } from '../measure/summary.js';
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
];

/**
 * A run's result for a person to read.
 *
 * @param summary - the result
 * @returns several lines
 */
export function summaryText(summary: RunSummary): string {
  const rows = summary.phases.map(({ name, measured, counts, rate, latency }) => [
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
  ]);
  const { counts, groups, expectations, selfCheck, reasons } = summary;
  return [
    tableText(columns, rows),
    `scheduled ${formatCount(counts.scheduled)} = sent ${formatCount(counts.sent)} + unsent ${formatCount(counts.unsent)}; ` +
      `sent = acknowledged ${formatCount(counts.acked)} + failed ${formatCount(counts.failed)}; ` +
      `${formatBytes(summary.rate.bytesPerSecond)}/s on average`,
    ...groups.map(
      ({ group, received, lost, duplicated, reread, outOfOrder }) =>
        `group ${group}, warm-up included: read ${formatCount(received)}, lost ${lost}, duplicated ${duplicated}, ` +
        `read twice ${reread}, out of order ${outOfOrder}`,
    ),
    ...shardLines(summary),
    ...selfCheck.map(({ text: finding }) => `self-check: ${finding}`),
    ...expectations.map(
      ({ expect, actual, passed }) =>
        `${passed ? 'held  ' : 'FAILED'}  ${expect}  (${actual === null ? 'no sample' : foundText(expect, actual)})`,
    ),
    `${verdictLines[summary.verdict]}${reasons.length > 0 && summary.verdict !== 'invalid' ? `: ${reasons.join('; ')}` : ''}`,
  ].join('\n');
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

/** What was found, in the unit that the expectation is written in. */
function foundText(expectation: string, actual: number): string {
  if (/\.(p\d+|max|mean) /.test(expectation)) return formatMicroseconds(actual);
  if (expectation.endsWith('%')) return `${(100 * actual).toFixed(2)} %`;
  if (/\bachievedRate /.test(expectation)) return `${formatCount(actual)}/s`;
  if (/\bthroughput /.test(expectation)) return `${formatBytes(actual)}/s`;
  return String(actual);
}
