import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompareResult } from '../../compare/result.js';
import { fileError } from '../../fileErrors.js';
import { readRunFolder } from '../../results/readRunFolder.js';
import { version } from '../../version.js';
import { driftText } from '../compareText.js';
import { formatInstant } from '../format.js';
import { dataTable } from '../html/dataTable.js';
import { type Markup, html } from '../html/markup.js';
import { pageText } from '../html/page.js';
import { type VariantTimeline, overlaySection } from './overlaySection.js';
import { variantSection } from './variantSection.js';
import { type Timeline, timelineOf } from '../run/timeline.js';
import { measuredPhases } from '../run/phaseRows.js';

/** Fewer than the report of one run has, because several are overlaid. */
const limits = { groups: 240, columns: 1 };

/**
 * Writes `compare.html` into the folder of a comparison, from the folders of its runs.
 *
 * @throws `BAD_INPUT_FILE` when a run's folder is missing; `BAD_USAGE` when nothing can be written there
 */
export async function writeCompareReport(folder: string, result: CompareResult): Promise<string> {
  const variants: VariantTimeline[] = [];
  const counted = result.runs.filter((run) => run.counted && !run.control);
  for (const variant of new Set(counted.map((run) => run.variant))) {
    const timelines: Timeline[] = [];
    for (const run of counted.filter((one) => one.variant === variant)) {
      const record = await readRunFolder(run.folder);
      timelines.push(await timelineOf(record.intervals, record.histograms(), measuredPhases(record), limits));
    }
    variants.push({ variant, timelines });
  }
  const page = compareReport(result, variants);
  const path = join(folder, 'compare.html');
  const partial = join(folder, '.compare.html.part');
  try {
    await writeFile(partial, page);
    await rename(partial, path);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    const fix = 'make the folder writable';
    throw fileError(thrown, { task: `write ${path}`, code: 'BAD_USAGE', fix });
  }
  return path;
}

/**
 * The page `compare.html`: verdicts, differences with their intervals, percentile curves and timelines
 * overlaid, settings that differ, and all runs.
 */
function compareReport(result: CompareResult, timelines: readonly VariantTimeline[]): string {
  const { comparison, experiment, comparedAt } = result;
  const { rules } = comparison;
  const order =
    experiment === null
      ? 'finished runs'
      : `${experiment.stoppedAfter ?? experiment.repeats} repeats in ${experiment.order} order` +
        `${experiment.interrupted ? ', interrupted' : ''}${experiment.stoppedAfter === null ? '' : ', stopped early'}`;
  const header = html`<div class="headline">
      <p class="kind">Comparison by rubin-alert-sim</p>
      <button type="button" class="scheme" hidden>Dark colours</button>
    </div>
    <h1>${result.scenario}</h1>
    <p class="when">
      <time datetime="${comparedAt}">${formatInstant(comparedAt)}</time>, ${order}; all against
      ${rules.baseline}<br /><code>${result.id}</code>
    </p>`;
  const body = html`${comparison.variants.map((variant, index) => variantSection(variant, result, index))}
  ${overlaySection(timelines)} ${settingsSection(result)} ${runsSection(result)}`;
  const footer = html`<p>
    Made by rubin-alert-sim ${version} from the folders of the runs. Charts by Apache ECharts. This page loads
    nothing from a network.
  </p>`;
  return pageText({ title: `${result.scenario}: comparison`, header, body, footer });
}

function settingsSection({ differences }: CompareResult): Markup {
  return html`<section aria-labelledby="settings">
    <h2 id="settings">Settings that differ</h2>
    ${
      differences.length === 0
        ? html`<p>None: the runs are alike in all that was recorded of them.</p>`
        : differencesTable(differences)
    }
  </section>`;
}

function differencesTable(differences: CompareResult['differences']): Markup {
  return dataTable({
    caption: 'Settings that differ',
    columns: [
      { head: 'Setting', align: 'left' },
      { head: 'Values', align: 'left' },
      { head: 'Why', align: 'left' },
    ],
    rows: differences.map(({ path, values, ofVariant }) => [
      path,
      values.map(({ value, groups }) => `${value} (${groups.join(', ')})`).join(', '),
      ofVariant ? 'compared' : 'not what is compared',
    ]),
  });
}

function runsSection({ runs, drift, comparison }: CompareResult): Markup {
  return html`<section aria-labelledby="runs">
    <h2 id="runs">Runs</h2>
    ${drift.map((finding) => html`<p class="note">Drift: ${driftText(finding)}.</p>`)}
    ${
      comparison.missing.length > 0 &&
      html`<p class="note">Not measured in all runs: ${comparison.missing.join(', ')}.</p>`
    }
    ${dataTable({
      caption: 'All runs in their order',
      columns: [
        { head: 'Run', align: 'left' },
        { head: 'Variant', align: 'left' },
        { head: 'Repeat' },
        { head: 'Counts', align: 'left' },
      ],
      rows: runs.map(({ run, variant, block, control, counted, remark }) => [
        run,
        variant,
        control ? 'control' : block === null ? '' : String(block + 1),
        `${counted ? 'yes' : 'no'}${remark === null ? '' : `: ${remark}`}`,
      ]),
    })}
  </section>`;
}
