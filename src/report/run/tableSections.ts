import { dataTable } from '../html/dataTable.js';
import { html, type Markup } from '../html/markup.js';
import {
  formatCount,
  formatMicroseconds,
  formatRate,
  formatRateTime,
  formatShare,
  orDash,
} from '../format.js';
import { endToEndText } from '../words.js';
import { type ReportInputs, phaseRows } from './phaseRows.js';

/** The phases, a row each. */
export function phasesSection(inputs: ReportInputs): Markup {
  const { summary } = inputs.record;
  const phases = phaseRows(inputs);
  const micro = (value: number | null): string => orDash(value, formatMicroseconds);
  const rows = phases.map(({ name, measured, acked, rate, latency }) => [
    measured ? name : `(${name})`,
    formatRateTime(rate.seconds),
    formatCount(acked),
    formatRate(rate.achievedPerSecond),
    orDash(rate.planned?.seconds, formatRateTime),
    orDash(rate.planned?.messages, formatCount),
    orDash(rate.targetPerSecond, formatRate),
    orDash(rate.ofTarget, (share) => formatShare(share)),
    (rate.bytes / 1e6).toFixed(3),
    (rate.bytesPerSecond / 1e6).toFixed(3),
    micro(latency.scheduleLag.p99),
    micro(latency.ack.p50),
    micro(latency.ack.p99),
    micro(latency.response.p99),
    micro(latency.response.max),
    (summary && endToEndText(summary, name, 'p99')) ?? micro(latency.endToEnd.p99),
  ]);
  return html`<section aria-labelledby="phases">
    <h2 id="phases">Phases</h2>
    ${
      phases.length === 0
        ? html`<p>No phase began.</p>`
        : dataTable({
            caption:
              'The phases in order; one in brackets is not measured. Acknowledged and MB sent are divided by the time, what was due by the time in which it was due',
            showsCaption: true,
            columns: [
              { head: 'Phase', align: 'left' },
              { head: 'Time, s' },
              { head: 'Acknowledged' },
              { head: 'Achieved /s' },
              { head: 'Due in, s' },
              { head: 'Due' },
              { head: 'Target /s' },
              { head: 'Of target' },
              { head: 'MB sent' },
              { head: 'MB/s' },
              { head: 'Schedule lag p99' },
              { head: 'Ack p50' },
              { head: 'Ack p99' },
              { head: 'Response p99' },
              { head: 'Response max' },
              { head: 'End to end p99' },
            ],
            rows,
          })
    }
  </section>`;
}

/** What became of every message: counts that add up, and what each group of consumers received. */
export function ledgerSection(inputs: ReportInputs): Markup {
  const { summary } = inputs.record;
  return html`<section aria-labelledby="ledger">
    <h2 id="ledger">Every message accounted for</h2>
    ${summary === undefined ? partialLedger(inputs) : html`${sums(summary.counts)}${groupTable(inputs)}`}
  </section>`;
}

function sums(counts: NonNullable<ReportInputs['record']['summary']>['counts']): Markup {
  const { scheduled, sent, unsent, unknown, acked, failed } = counts;
  const row = (whole: string, total: number, parts: readonly (readonly [string, number])[]): Markup => {
    const sum = parts.reduce((all, [, part]) => all + part, 0);
    return html`<li>
      <b>${formatCount(total)}</b> ${whole} =
      ${parts.map(([name, part], index) => html`${index > 0 && ' + '}<b>${formatCount(part)}</b> ${name}`)}
      ${
        sum === total && unknown > 0
          ? html`<span class="broken">✗ ${formatCount(unknown)} unknown</span>`
          : sum === total
            ? html`<span class="held">✓ sums</span>`
            : html`<span class="broken">✗ differs by ${formatCount(total - sum)}</span>`
      }
    </li>`;
  };
  return html`<ul class="sums">
    ${row('scheduled', scheduled, [
      ['sent', sent],
      ['unsent', unsent],
      ...(unknown === 0 ? [] : ([['unknown: of workers that died', unknown]] as const)),
    ])}
    ${row('sent', sent, [
      ['acknowledged', acked],
      ['failed', failed],
    ])}
  </ul>`;
}

function groupTable(inputs: ReportInputs): Markup {
  const groups = inputs.record.summary?.groups ?? [];
  if (groups.length === 0)
    return html`<p>
      No one read the stream, or a worker died before it reported: it is not known whether it holds
      everything.
    </p>`;
  return dataTable({
    caption:
      'What each consumer group received of the measured messages; in brackets, of the warm-up and of other probes',
    showsCaption: true,
    columns: [
      { head: 'Group', align: 'left' },
      { head: 'Received' },
      { head: 'Lost' },
      { head: 'Still to read at the end' },
      { head: 'Duplicated' },
      { head: 'Read twice' },
      { head: 'Out of order' },
      { head: 'Received though failed' },
    ],
    rows: groups.map((group) => [
      group.group,
      formatCount(group.received) + besides(group.unmeasured?.received),
      formatCount(group.lost) + besides(group.unmeasured?.lost),
      // It is looked up where something is lost: what is still to be read is late, the rest is missing.
      orDash(group.behind, formatCount),
      formatCount(group.duplicated),
      formatCount(group.reread),
      formatCount(group.outOfOrder),
      formatCount(group.receivedThoughFailed),
    ]),
  });
}

function besides(unmeasured: number | undefined): string {
  return unmeasured === undefined ? '' : ` (${formatCount(unmeasured)})`;
}

function partialLedger({ record }: ReportInputs): Markup {
  const sum = (of: 'sent' | 'acked' | 'failed' | 'received'): string =>
    formatCount(record.intervals.reduce((total, { counts }) => total + counts[of], 0));
  return html`<p>
    Until the last interval that was written, the warm-up included: <b>${sum('sent')}</b> sent,
    <b>${sum('acked')}</b> acknowledged, <b>${sum('failed')}</b> failed, <b>${sum('received')}</b> received by
    consumers. What was lost is settled at a run’s end only, so it is not known.
  </p>`;
}

/** The results of the outputs besides the run folder; undefined where there were none. */
export function outputsSection(inputs: ReportInputs): Markup | undefined {
  const outputs = inputs.record.summary?.outputs ?? [];
  if (outputs.length === 0) return undefined;
  return html`<section aria-labelledby="outputs">
    <h2 id="outputs">Outputs besides the run folder</h2>
    ${dataTable({
      caption: 'Points that arrived, and points that did not',
      columns: [
        { head: 'Output', align: 'left' },
        { head: 'Delivered' },
        { head: 'Not delivered' },
        { head: 'First fault', align: 'left' },
      ],
      rows: outputs.map(({ output, delivered, undelivered, fault }) => [
        output,
        formatCount(delivered),
        formatCount(undelivered),
        fault ?? 'none',
      ]),
    })}
  </section>`;
}

/** The machines of a run on several, each with its clock and problems; undefined for a run on one machine. */
export function shardsSection({ record }: ReportInputs): Markup | undefined {
  const { shards } = record.summary ?? {};
  if (shards === undefined) return undefined;
  return html`<section aria-labelledby="shards">
    <h2 id="shards">Shards</h2>
    <p>${sentence(shards.clockNote)}</p>
    ${dataTable({
      caption: `The shards of the run ${shards.runKey}; a clock differs from the broker’s by its bound at most`,
      showsCaption: true,
      columns: [
        { head: 'Shard', align: 'left' },
        { head: 'Machine', align: 'left' },
        { head: 'Clock bound' },
        { head: 'What befell it', align: 'left' },
      ],
      rows: shards.shards.map(({ shard, host, clockBoundUs, notes }) => [
        `shard ${shard}`,
        host ?? '–',
        orDash(clockBoundUs, (bound) => `± ${formatMicroseconds(bound)}`),
        notes.length === 0 ? html`<span class="held">✓ no trouble</span>` : notes.join('; '),
      ]),
    })}
  </section>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
