import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../fileErrors.js';
import { type FolderFault, readRunFolder } from '../../results/readRunFolder.js';
import { version } from '../../version.js';
import { formatDuration, formatInstant } from '../format.js';
import { html } from '../html/markup.js';
import { pageText } from '../html/page.js';
import { faultText } from '../words.js';
import { brokerSection } from './brokerSection.js';
import { catchUpSection } from './catchUpSection.js';
import { distributionSection } from './distributionSection.js';
import { groupsSection } from './groupSection.js';
import { searchSections } from './searchSection.js';
import { selfCheckSection } from './selfCheckSection.js';
import { settingsSection } from './settingsSection.js';
import { ledgerSection, outputsSection, phasesSection, shardsSection } from './tableSections.js';
import { timeSection } from './timeSection.js';
import { verdictSection } from './verdictSection.js';
import { timelineOf } from './timeline.js';
import { type ReportInputs, isWatch, measuredPhases } from './phaseRows.js';

/** Damaged lines are listed up to here; a file of nothing else would fill the page. */
const remarksShown = 8;

/**
 * Writes `report.html` into a run folder, from what the folder holds.
 *
 * @throws `BAD_INPUT_FILE` when it is not a run folder, or a newer version of this program wrote it;
 * `BAD_USAGE` when nothing can be written there
 */
export async function writeReport(folder: string): Promise<string> {
  const record = await readRunFolder(folder);
  const faults = [...record.faults];
  const histograms = record.histograms((fault) => faults.push(fault));
  const timeline = await timelineOf(record.intervals, histograms, measuredPhases(record));
  // Nothing is sent in a watch, so nothing has a latency.
  const isMissed = (fault: FolderFault): boolean =>
    !(isWatch(record) && fault.kind === 'missing' && fault.file === 'latency.hlog');
  const remarks = faults.filter(isMissed).map(faultText);
  const more = remarks.length - remarksShown;
  const shown = more > 0 ? [...remarks.slice(0, remarksShown), `and ${more} more of this kind`] : remarks;
  const page = runReport({ record, timeline }, shown);
  const path = join(record.path, 'report.html');
  const partial = join(record.path, '.report.html.part');
  try {
    await writeFile(partial, page);
    await rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    const fix = 'make the folder writable, or report on a copy of it';
    throw fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', fix });
  }
  return path;
}

/**
 * The text of `report.html`: one page that needs nothing else.
 *
 * @param remarks - what is missing or damaged in its folder, a sentence each
 */
function runReport(inputs: ReportInputs, remarks: readonly string[]): string {
  const { record, timeline } = inputs;
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
      ${startedAt && html`<time datetime="${startedAt}">${formatInstant(startedAt)}</time>`}${
        seconds !== undefined && `, ${formatDuration(seconds)} with preparation and drain`
      }${manifest && `, on ${String(manifest.host.name)}`}
      <br /><code>${record.id}</code>
    </p>`;
  const head = verdictSection(inputs, remarks);
  const body = isWatch(record)
    ? html`${head} ${groupsSection(inputs)} ${settingsSection(manifest)}`
    : html`${head} ${searchSections(inputs)} ${catchUpSection(inputs)} ${groupsSection(inputs)}
      ${timeSection(timeline, record)} ${distributionSection(inputs)} ${phasesSection(inputs)}
      ${brokerSection(timeline)} ${ledgerSection(inputs)} ${selfCheckSection(inputs)} ${shardsSection(inputs)}
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
