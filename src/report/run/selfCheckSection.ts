import { dataTable } from '../html/dataTable.js';
import { html, type Markup } from '../html/markup.js';
import { noteTexts } from '../words.js';
import {
  formatBytes,
  formatCores,
  formatDuration,
  formatMicroseconds,
  formatShare,
  orDash,
} from '../format.js';
import { type ReportInputs, phaseRows } from './phaseRows.js';

/** Whether the load generator itself was the limit. */
export function selfCheckSection(inputs: ReportInputs): Markup {
  const { summary, manifest, intervals } = inputs.record;
  const limits = manifest?.scenario.limits;
  const findings = summary?.selfCheck ?? [];
  const disturbances = noteTexts(
    (summary?.findings ?? []).filter(({ kind }) => kind === 'machineLoad' || kind === 'freshBroker'),
  ).map((text) => ({ invalidates: false, text }));
  const listed = [...findings, ...disturbances];
  const allowed =
    limits === undefined
      ? ''
      : ` Allowed are a schedule lag of ${formatMicroseconds(limits.selfCheck.scheduleLagP99Us)} (p99) and a blocked event loop of ` +
        `${formatMicroseconds(limits.selfCheck.eventLoopDelayP99Us)} (p99).`;
  return html`<section aria-labelledby="self-check">
    <h2 id="self-check">Was the load generator the limit?</h2>
    ${
      summary === undefined
        ? html`<p>That is settled at a run’s end only.${allowed}</p>`
        : listed.length === 0
          ? html`<p>No: it kept its schedule, and nothing held it up.${allowed}</p>`
          : html`<ul>
                ${listed.map(
                  ({ invalidates, text }) =>
                    html`<li>
                      ${
                        invalidates
                          ? html`<span class="broken">✗ makes the run invalid</span> `
                          : html`<span class="muted">noted</span> `
                      }${text}
                    </li>`,
                )}
              </ul>
              <p>${allowed}</p>`
    }
    ${useTable(inputs)} ${workerTable(intervals)}
  </section>`;
}

/** A run from before it was recorded has none. */
function useTable(inputs: ReportInputs): Markup | undefined {
  const used = phaseRows(inputs).filter(({ harness }) => harness !== null);
  if (used.length === 0) return undefined;
  const whose =
    inputs.record.summary?.shards === undefined
      ? 'the load generator’s process'
      : 'the first shard’s process';
  return dataTable({
    caption: `What ${whose} used in each phase, all threads together`,
    showsCaption: true,
    columns: [{ head: 'Phase', align: 'left' }, { head: 'CPU, cores, mean' }, { head: 'Memory, at most' }],
    rows: used.map(({ name, measured, harness }) => [
      measured ? name : `(${name})`,
      orDash(harness?.cpuCores, formatCores),
      orDash(harness?.rssBytesMax, formatBytes),
    ]),
  });
}

function largest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (other ?? one) : Math.max(one, other);
}

function workerTable(intervals: ReportInputs['record']['intervals']): Markup | undefined {
  const workers = new Map<
    string,
    { delayUs: number; busy: number; cpuCores: number | null; queueFullSeconds: number; rssBytes: number }
  >();
  for (const [name, health] of intervals.flatMap((one) => Object.entries(one.workers))) {
    const before = workers.get(name) ?? {
      delayUs: 0,
      busy: 0,
      cpuCores: null,
      queueFullSeconds: 0,
      rssBytes: 0,
    };
    workers.set(name, {
      delayUs: Math.max(before.delayUs, health.eventLoopDelayP99Us),
      busy: Math.max(before.busy, health.eventLoopUtilization),
      cpuCores: largest(before.cpuCores, health.cpuCores),
      queueFullSeconds: before.queueFullSeconds + health.queueFullSeconds,
      rssBytes: Math.max(before.rssBytes, health.rssBytes),
    });
  }
  if (workers.size === 0) return undefined;
  return dataTable({
    caption: 'The worst interval of each worker thread',
    showsCaption: true,
    columns: [
      { head: 'Worker', align: 'left' },
      { head: 'Event loop blocked, p99' },
      { head: 'Event loop busy' },
      { head: 'CPU, cores' },
      { head: 'Client’s queue full, in all' },
      { head: 'Memory of the process' },
    ],
    rows: [...workers]
      .sort()
      .map(([name, { delayUs, busy, cpuCores, queueFullSeconds, rssBytes }]) => [
        name,
        formatMicroseconds(delayUs),
        formatShare(busy, 0),
        orDash(cpuCores, formatCores),
        formatDuration(queueFullSeconds),
        formatBytes(rssBytes),
      ]),
  });
}
