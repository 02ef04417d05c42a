import { dataTable } from '../html/dataTable.js';
import { html, type Markup } from '../html/markup.js';
import { formatMicroseconds } from '../units.js';
import type { ReportInputs } from './figures.js';

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
        clockBoundUs === null ? '–' : `± ${formatMicroseconds(clockBoundUs)}`,
        notes.length === 0 ? html`<span class="held">✓ no trouble</span>` : notes.join('; '),
      ]),
    })}
  </section>`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
