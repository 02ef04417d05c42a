import type { VariantComparison } from '../../compare/comparison.js';
import type { Verdict } from '../../compare/verdict.js';
import type { CompareResult } from '../../coordinator/compareResult.js';
import { latencyNames, type LatencyName } from '../../measure/latencySet.js';
import { version } from '../../version.js';
import { byVerdict, shiftText, valueText, verdictParts } from '../compareText.js';
import { percentileCurve } from '../html/charts/percentileCurve.js';
import { timeChart, timeChartHeightPx, type TimePanel, type TimeSeries } from '../html/charts/timeChart.js';
import { dataTable, factList } from '../html/dataTable.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { pageText } from '../html/page.js';
import type { Course } from '../report/course.js';
import type { TimeGroup } from '../report/timeGroups.js';
import { formatMicroseconds } from '../units.js';
import { latencyWords } from '../report/words.js';
import { forest, forestHeightPx } from './forest.js';

/** What is drawn of one variant. */
export interface VariantCourse {
  /** Its name. */
  readonly variant: string;
  /** The course of each of its repeats that count. */
  readonly courses: readonly Course[];
}

/** As many variants can be told apart by colour. */
const colors = ['series1', 'series2', 'series3', 'series4', 'series5'] as const;
const colorOfVerdict: Readonly<Record<Verdict, string>> = {
  better: 'endToEnd',
  worse: 'response',
  'no difference': 'achieved',
  'cannot tell': 'target',
};
const curvePercentiles = [50, 90, 99, 99.9] as const;

/**
 * The page about a comparison: verdicts, differences with their intervals, percentile curves and the course over time
 * on top of each other, settings that differ, and all runs.
 *
 * @param result - what was found
 * @param courses - what is drawn of each variant
 * @returns the text of `compare.html`
 */
export function compareReport(result: CompareResult, courses: readonly VariantCourse[]): string {
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
      <time datetime="${comparedAt}">${comparedAt.slice(0, 19).replace('T', ' ')} UTC</time>, ${order}; all
      against ${rules.baseline}<br /><code>${result.id}</code>
    </p>`;
  const body = html`${comparison.variants.map((variant, index) => variantSection(variant, result, index))}
  ${overlaySection(courses)} ${settingsSection(result)} ${runsSection(result)}`;
  const footer = html`<p>
    Made by rubin-alert-sim ${version} from the folders of the runs. Charts by Apache ECharts. This page loads
    nothing from a network.
  </p>`;
  return pageText({ title: `${result.scenario}: comparison`, header, body, footer });
}

function variantSection(variant: VariantComparison, { comparison }: CompareResult, index: number): Markup {
  const { rules, confidence, family } = comparison;
  const drawn = variant.metrics.filter(
    ({ metric, change }) => metric.scale === 'ratio' && Number.isFinite(change.low),
  );
  const percent = (log: number): number => 100 * (Math.exp(log) - 1);
  const description = `Change of ${drawn.length} metrics of ${variant.variant} against ${rules.baseline}, with intervals.`;
  const columns = ['Metric', rules.baseline, variant.variant, 'Verdict', 'Change', 'Shift'];
  const table = {
    caption: `${variant.variant} against ${rules.baseline}`,
    columns: columns.map((head, at) => (at === 0 || at > 2 ? { head, align: 'left' as const } : { head })),
    rows: variant.metrics.map(({ metric, baseline, candidate, verdict, text, shift }) => [
      metric.title,
      valueText(metric, baseline),
      valueText(metric, candidate),
      marked(verdict, html`<span class="whole">${verdict}</span>`),
      html`<span class="whole">${verdictParts(text).change}</span>`,
      html`<span class="whole">${shiftText(metric, shift)}</span>`,
    ]),
  };
  return html`<section aria-labelledby="variant-${index}">
    <h2 id="variant-${index}">${variant.variant} against ${rules.baseline}</h2>
    ${factList(
      byVerdict(variant.metrics).map(({ verdict, titles }) => [
        verdict === 'no difference' ? `no difference within ${100 * rules.margin} %` : verdict,
        marked(verdict, titles.join(', ')),
      ]),
    )}
    ${dataTable(table)}
    ${
      drawn.length > 0 &&
      figureMarkup({
        id: `forest-${index}`,
        title: 'Differences with their intervals',
        caption:
          `A dot is the change that was found, a line where the true one lies with ${Number((100 * confidence).toPrecision(4))} % ` +
          `confidence; ${family} comparisons share an error rate of ${100 * rules.alpha} %. In the shaded band a difference ` +
          'does not matter. What lies beyond +400 % is drawn there.',
        description,
        views: [
          {
            label: 'Change',
            option: forest(
              description,
              drawn.map(({ metric, change, verdict }) => ({
                name: metric.title,
                value: percent(change.value),
                low: percent(change.low),
                high: percent(change.high),
                color: colorOfVerdict[verdict],
              })),
              100 * rules.margin,
            ),
          },
        ],
        heightPx: forestHeightPx(drawn.length),
      })
    }
  </section>`;
}

/** What was found stands out; what was not does not. */
function marked(verdict: Verdict, text: Markup | string): Markup | string {
  switch (verdict) {
    case 'better':
      return html`<span class="better">${text}</span>`;
    case 'worse':
      return html`<span class="worse">${text}</span>`;
    case 'no difference':
    case 'cannot tell':
      return text;
  }
}

function overlaySection(courses: readonly VariantCourse[]): Markup | undefined {
  const shown = courses.slice(0, colors.length).filter((one) => one.courses.length > 0);
  if (shown.length === 0) return undefined;
  const left = courses.length - shown.length;
  return html`<section aria-labelledby="overlay">
    <h2 id="overlay">On top of each other</h2>
    ${left > 0 && html`<p>The first ${shown.length} variants are drawn; ${left} are not.</p>`}
    ${curveFigure(shown)} ${timeFigure(shown)}
  </section>`;
}

function curveFigure(variants: readonly VariantCourse[]): Markup {
  const distributionsOf = (name: LatencyName) =>
    variants.flatMap(({ variant, courses }, index) => {
      const [first, ...others] = courses.map(({ whole }) => whole[name].histogram);
      if (first === undefined) return [];
      // The repeats' values are merged; percentiles are never averaged.
      const merged = first;
      for (const other of others) merged.add(other);
      if (merged.totalCount === 0) return [];
      const valueAt = (percentile: number): number =>
        Math.min(merged.maxValue, merged.getValueAtPercentile(percentile));
      return [{ name: variant, color: colors[index] ?? 'series1', count: merged.totalCount, valueAt }];
    });
  const views = latencyNames
    .map((name) => ({ name, distributions: distributionsOf(name) }))
    .filter(({ distributions }) => distributions.length > 0);
  const description = `Percentile curves of ${variants.length} variants, all repeats of each together.`;
  return figureMarkup({
    id: 'curves',
    title: 'Percentile curves',
    caption:
      'All messages of all repeats of a variant together. How sure a difference is, the intervals above say: they count repeats, not messages.',
    description,
    choice: 'Latency',
    firstView: latencyWords.response.label,
    views: views.map(({ name, distributions }) => ({
      label: latencyWords[name].label,
      option: percentileCurve(description, distributions),
    })),
    heightPx: 380,
    table: {
      caption: 'Percentiles by variant',
      columns: [
        { head: 'Latency', align: 'left' },
        { head: 'Variant', align: 'left' },
        ...curvePercentiles.map((percentile) => ({ head: `p${percentile}` })),
      ],
      rows: views.flatMap(({ name, distributions }) =>
        distributions.map(({ name: variant, valueAt }) => [
          latencyWords[name].label,
          variant,
          ...curvePercentiles.map((percentile) => formatMicroseconds(valueAt(percentile))),
        ]),
      ),
    },
  });
}

/** The first repeat of each variant, from its first interval on: more lines than that say nothing more. */
function timeFigure(variants: readonly VariantCourse[]): Markup {
  const firsts = variants.map(({ variant, courses }) => {
    const [course] = courses;
    const startSeconds = course?.groups[0]?.startSeconds ?? 0;
    return { variant, course, secondOf: (group: TimeGroup): number => group.endSeconds - startSeconds };
  });
  const series = (of: (course: Course, group: number) => number | null): TimeSeries[] =>
    firsts.map(({ variant, course, secondOf }, index) => ({
      name: variant,
      color: colors[index] ?? 'series1',
      points: (course?.groups ?? []).map((group, at) => [
        secondOf(group),
        course === undefined ? null : of(course, at),
      ]),
    }));
  const panels: TimePanel[] = [
    {
      title: 'Acknowledged',
      format: '$perSecond',
      heightPx: 140,
      series: series((course, at) => course.groups[at]?.achievedPerSecond ?? null),
    },
    {
      title: 'Response p99',
      format: '$latency',
      isLogarithmic: true,
      heightPx: 160,
      series: series((course, at) => positive(course.latency.response[at]?.p99)),
    },
    {
      title: 'Ack p50',
      format: '$latency',
      isLogarithmic: true,
      heightPx: 140,
      series: series((course, at) => positive(course.latency.ack[at]?.p50)),
    },
  ];
  const ends = firsts.flatMap(({ course, secondOf }) => (course?.groups.slice(-1) ?? []).map(secondOf));
  const description = 'Rate and latencies over time, the first repeat of each variant.';
  return figureMarkup({
    id: 'time',
    title: 'Over time',
    caption: 'The first repeat of each variant that counts, from the beginning of its warm-up.',
    description,
    views: [
      {
        label: 'Time',
        option: timeChart({
          description,
          span: { startSeconds: 0, endSeconds: Math.max(1, ...ends) },
          bands: [],
          panels,
        }),
      },
    ],
    heightPx: timeChartHeightPx(panels),
    table: {
      caption: 'Rate and latencies over time',
      columns: [
        { head: 'Variant', align: 'left' },
        { head: 'Second' },
        { head: 'Acknowledged' },
        { head: 'Response p99' },
      ],
      rows: firsts.flatMap(({ variant, course, secondOf }) =>
        (course?.groups ?? []).map((group, at) => [
          variant,
          secondOf(group).toFixed(1),
          `${group.achievedPerSecond.toFixed(0)}/s`,
          latencyText(course?.latency.response[at]?.p99),
        ]),
      ),
    },
  });
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
    ${drift.map(({ text }) => html`<p class="note">Drift: ${text}.</p>`)}
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

function positive(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.max(1, value);
}

function latencyText(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : formatMicroseconds(value);
}
