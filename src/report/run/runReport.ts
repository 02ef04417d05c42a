import { html } from '../html/markup.js';
import { pageText } from '../html/page.js';
import { version } from '../../version.js';
import { formatDuration } from '../format.js';
import { brokerSection } from './brokerSection.js';
import { distributionSection } from './distributionSection.js';
import type { ReportInputs } from './figures.js';
import { searchSections } from './searchSection.js';
import { settingsSection } from './settingsSection.js';
import { selfCheckSection } from './selfCheckSection.js';
import { ledgerSection, outputsSection, phasesSection, shardsSection } from './tableSections.js';
import { timeSection } from './timeSection.js';
import { verdictSection } from './verdictSection.js';

/**
 * The text of `report.html`: one page that needs nothing else.
 *
 * @param remarks - what is missing or damaged in its folder, a sentence each
 */
export function runReport(inputs: ReportInputs, remarks: readonly string[]): string {
  const { record, course } = inputs;
  const { summary, manifest } = record;
  const scenario = summary?.run.scenario ?? manifest?.scenario.name ?? record.id;
  const variant = summary?.run.variant ?? manifest?.scenario.variant;
  const startedAt = summary?.run.startedAt ?? manifest?.startedAt;
  const seconds =
    summary === undefined
      ? undefined
      : (Date.parse(summary.run.endedAt) - Date.parse(summary.run.startedAt)) / 1000;
  const header = html`<div class="headline">
      <p class="kind">Report of a run of rubin-alert-sim</p>
      <button type="button" class="scheme" hidden>Dark colours</button>
    </div>
    <h1>${scenario}${variant && html` <span class="variant">variant ${variant}</span>`}</h1>
    <p class="when">
      ${startedAt && html`<time datetime="${startedAt}">${whenText(startedAt)}</time>`}${
        seconds !== undefined && `, ${formatDuration(seconds)} with preparation and drain`
      }${manifest && `, on ${String(manifest.host.name)}`}
      <br /><code>${record.id}</code>
    </p>`;
  const body = html`${verdictSection(inputs, remarks)} ${searchSections(inputs)}
  ${timeSection(course, record)} ${distributionSection(inputs)} ${phasesSection(inputs)}
  ${brokerSection(course)} ${ledgerSection(inputs)} ${selfCheckSection(inputs)} ${shardsSection(inputs)}
  ${outputsSection(inputs)} ${settingsSection(manifest)}`;
  const footer = html`<p>
    Made by rubin-alert-sim ${version} from the run folder alone. Charts by Apache ECharts. This page loads
    nothing from a network.
  </p>`;
  return pageText({
    title: `${scenario}${variant ? `, ${variant}` : ''}: report of a run`,
    header,
    body,
    footer,
  });
}

/** A time that reads the same everywhere: `2026-11-24 09:42:05 UTC`. */
function whenText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
