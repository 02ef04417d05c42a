import { percentileCurve } from '../html/charts/percentileCurve.js';
import { timeChart, timeChartHeightPx, type TimePanel, type TimeSeries } from '../html/charts/timeChart.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { formatMicroseconds, orDash } from '../format.js';
import { type LatencyName, latencyNames } from '../../scenario/metricNames.js';
import { latencyWords } from '../words.js';
import type { Timeline, TimeGroup } from '../run/timeline.js';

/** Timelines of one variant. */
export interface VariantTimeline {
  readonly variant: string;
  /** One for each of its repeats that count. */
  readonly timelines: readonly Timeline[];
}

/** As many variants can be told apart by colour. */
const colors = ['series1', 'series2', 'series3', 'series4', 'series5'] as const;
const curvePercentiles = [50, 90, 99, 99.9] as const;

/** The variants overlaid: percentile curves, and timelines; undefined where there is nothing to draw. */
export function overlaySection(timelines: readonly VariantTimeline[]): Markup | undefined {
  const shown = timelines.slice(0, colors.length).filter((one) => one.timelines.length > 0);
  if (shown.length === 0) return undefined;
  const left = timelines.length - shown.length;
  return html`<section aria-labelledby="overlay">
    <h2 id="overlay">On top of each other</h2>
    ${left > 0 && html`<p>The first ${shown.length} variants are drawn; ${left} are not.</p>`}
    ${curveFigure(shown)} ${timeFigure(shown)}
  </section>`;
}

function curveFigure(variants: readonly VariantTimeline[]): Markup {
  const distributionsOf = (name: LatencyName) =>
    variants.flatMap(({ variant, timelines }, index) => {
      const [first, ...others] = timelines.map(({ whole }) => whole[name].histogram);
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

/** The first repeat of each variant, from its first interval on: more lines would add nothing. */
function timeFigure(variants: readonly VariantTimeline[]): Markup {
  const firsts = variants.map(({ variant, timelines }) => {
    const [timeline] = timelines;
    const startSeconds = timeline?.groups[0]?.startSeconds ?? 0;
    return { variant, timeline, secondOf: (group: TimeGroup): number => group.endSeconds - startSeconds };
  });
  const series = (of: (timeline: Timeline, group: number) => number | null): TimeSeries[] =>
    firsts.map(({ variant, timeline, secondOf }, index) => ({
      name: variant,
      color: colors[index] ?? 'series1',
      points: (timeline?.groups ?? []).map((group, at) => [
        secondOf(group),
        timeline === undefined ? null : of(timeline, at),
      ]),
    }));
  const panels: TimePanel[] = [
    {
      title: 'Acknowledged',
      format: '$perSecond',
      heightPx: 140,
      series: series((timeline, at) => timeline.groups[at]?.achievedPerSecond ?? null),
    },
    {
      title: 'Response p99',
      format: '$latency',
      isLogarithmic: true,
      heightPx: 160,
      series: series((timeline, at) => positive(timeline.latency.response[at]?.p99)),
    },
    {
      title: 'Ack p50',
      format: '$latency',
      isLogarithmic: true,
      heightPx: 140,
      series: series((timeline, at) => positive(timeline.latency.ack[at]?.p50)),
    },
  ];
  const ends = firsts.flatMap(({ timeline, secondOf }) => (timeline?.groups.slice(-1) ?? []).map(secondOf));
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
      rows: firsts.flatMap(({ variant, timeline, secondOf }) =>
        (timeline?.groups ?? []).map((group, at) => [
          variant,
          secondOf(group).toFixed(1),
          `${group.achievedPerSecond.toFixed(0)}/s`,
          orDash(timeline?.latency.response[at]?.p99, formatMicroseconds),
        ]),
      ),
    },
  });
}

function positive(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.max(1, value);
}
