import { percentileCurve } from '../html/charts/percentileCurve.js';
import { stackedBars, stackedBarsHeightPx } from '../html/charts/stackedBars.js';
import { dataTable } from '../html/dataTable.js';
import { figureMarkup, type Figure } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { formatCount, formatMicroseconds, orDash } from '../format.js';
import type { LatencySummary } from '../../results/values.js';
import { type LatencyName, latencyNames } from '../../scenario/metricNames.js';
import { latencyWords, statisticLabel } from '../words.js';
import { type PhaseRow, type ReportInputs, phaseRows, wholeLatency } from './phaseRows.js';

const statistics = ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'] as const;

/** All latencies of the run: percentiles, the curve of percentiles, and the parts of a latency. */
export function distributionSection(inputs: ReportInputs): Markup {
  const latency = wholeLatency(inputs);
  const groups = inputs.record.summary?.groups ?? [];
  const micro = (value: number | null): string => orDash(value, formatMicroseconds);
  const rowOf = (label: string, summary: LatencySummary): string[] => [
    label,
    formatCount(summary.count),
    ...statistics.map((statistic) => micro(summary[statistic])),
  ];
  return html`<section aria-labelledby="latencies">
    <h2 id="latencies">Latency of all measured phases</h2>
    <dl class="meanings">
      ${latencyNames.map(
        (name) =>
          html`<div>
            <dt><span class="swatch ${name}" aria-hidden="true"></span>${latencyWords[name].label}</dt>
            <dd>${latencyWords[name].meaning}</dd>
          </div>`,
      )}
    </dl>
    ${dataTable({
      caption: 'Percentiles of all measured phases',
      columns: [
        { head: 'Latency', align: 'left' },
        { head: 'Values' },
        ...statistics.map((statistic) => ({ head: statisticLabel(statistic) })),
      ],
      rows: [
        ...latencyNames.map((name) => rowOf(latencyWords[name].label, latency[name])),
        ...(groups.length < 2
          ? []
          : groups.flatMap((group) =>
              group.latency === null
                ? []
                : [rowOf(`${latencyWords.endToEnd.label}, ${group.name}`, group.latency.endToEnd)],
            )),
      ],
    })}
    ${figureMarkup(curveFigure(inputs))}${stackOf(inputs)}
  </section>`;
}

const curvePercentiles = [50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99] as const;

function curveFigure(inputs: ReportInputs): Figure {
  const { whole } = inputs.timeline;
  const shown = latencyNames.filter((name) => whole[name].histogram.totalCount > 0);
  const distributions = shown.map((name) => ({
    name: latencyWords[name].label,
    color: name,
    count: whole[name].histogram.totalCount,
    valueAt: (percentile: number) =>
      Math.min(whole[name].histogram.maxValue, whole[name].histogram.getValueAtPercentile(percentile)),
  }));
  const description = `Percentile curves of ${shown.length} latencies, from the median to the 99.99th percentile.`;
  return {
    id: 'percentiles',
    title: 'Percentiles',
    caption:
      'How long the slowest messages took: each step to the right is ten times rarer. ' +
      `A curve ends where its messages end.${foreignValues(inputs)}`,
    description,
    views: [{ label: 'Percentiles', option: percentileCurve(description, distributions) }],
    heightPx: 380,
    table: {
      caption: 'Percentiles from latency.hlog',
      columns: [
        { head: 'Latency', align: 'left' },
        { head: 'Values' },
        ...curvePercentiles.map((percentile) => ({ head: `p${percentile}` })),
      ],
      rows: distributions.map(({ name, count, valueAt }) => [
        name,
        formatCount(count),
        ...curvePercentiles.map((percentile) =>
          // Below one value beyond, the percentile is only the largest value.
          count * (1 - percentile / 100) < 0.999 ? '–' : formatMicroseconds(valueAt(percentile)),
        ),
      ]),
    },
  };
}

/**
 * In version 0.1.0 the log distinguished intervals, not phases: what was answered after the next phase began
 * counts there.
 */
function foreignValues({ timeline, record }: ReportInputs): string {
  const inLog = timeline.whole.ack.histogram.totalCount;
  const measured = record.summary?.latency.ack.count;
  if (measured === undefined || inLog === measured || inLog === 0) return '';
  return (
    ` The curves are drawn by intervals, so they hold ${formatCount(inLog)} acknowledgements ` +
    `where the table above has ${formatCount(measured)}: messages of the warm-up that were answered after its end, or the reverse.`
  );
}

function stackOf(inputs: ReportInputs): Markup | undefined {
  const phases = phaseRows(inputs).filter(({ latency }) => latency.ack.count > 0);
  return phases.length === 0 ? undefined : figureMarkup(stackFigure(phases));
}

/** Means add up, percentiles do not: hence means. */
function stackFigure(phases: readonly PhaseRow[]): Figure {
  const names = phases.map(({ name, measured }) => (measured ? name : `(${name})`));
  const mean = (phase: PhaseRow, name: LatencyName): number => phase.latency[name].mean ?? 0;
  const lag = phases.map((phase) => mean(phase, 'scheduleLag'));
  const ack = phases.map((phase) => mean(phase, 'ack'));
  const rest = phases.map((phase) =>
    phase.latency.endToEnd.count === 0 ? 0 : Math.max(0, mean(phase, 'endToEnd') - mean(phase, 'response')),
  );
  const sums = phases.map((_, index) => (lag[index] ?? 0) + (ack[index] ?? 0) + (rest[index] ?? 0));
  const partsOf = (of: (value: number, index: number) => number) => [
    { name: 'Schedule lag', color: 'scheduleLag', values: lag.map(of) },
    { name: 'Ack', color: 'ack', values: ack.map(of) },
    { name: 'On to the consumer', color: 'endToEnd', values: rest.map(of) },
  ];
  const description =
    'Mean latency of each phase, in parts: schedule lag, acknowledgement, and on to the consumer.';
  const time = stackedBars(
    description,
    names,
    partsOf((value) => value),
    '$latency',
  );
  const share = stackedBars(
    description,
    names,
    partsOf((value, index) => value / Math.max(1e-9, sums[index] ?? 0)),
    '$percent',
  );
  const isUneven = Math.max(...sums) > 20 * Math.min(...sums);
  return {
    id: 'stack',
    title: 'Where the time goes',
    caption: 'The mean latency of each phase in parts. Means add up; percentiles would not.',
    description,
    choice: 'Show',
    firstView: isUneven ? 'Share' : 'Time',
    views: [
      { label: 'Time', option: time },
      { label: 'Share', option: share },
    ],
    heightPx: stackedBarsHeightPx(phases.length),
    table: {
      caption: 'Mean latency in parts',
      columns: [
        { head: 'Phase', align: 'left' },
        { head: 'Schedule lag' },
        { head: 'Ack' },
        { head: 'Response' },
        { head: 'On to the consumer' },
        { head: 'End to end' },
      ],
      rows: phases.map((phase, index) => [
        names[index] ?? '',
        meanText(phase, 'scheduleLag'),
        meanText(phase, 'ack'),
        meanText(phase, 'response'),
        phase.latency.endToEnd.count === 0
          ? '–'
          : formatMicroseconds(mean(phase, 'endToEnd') - mean(phase, 'response')),
        meanText(phase, 'endToEnd'),
      ]),
    },
  };
}

function meanText(phase: PhaseRow, name: LatencyName): string {
  return orDash(phase.latency[name].mean, formatMicroseconds);
}
