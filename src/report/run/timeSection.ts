import type { Finding } from '../../results/findings.js';
import { heatMap, type HeatCell } from '../html/charts/heatMap.js';
import type { TimeSpan } from '../html/charts/parts.js';
import { timeChart, timeChartHeightPx, type TimePanel } from '../html/charts/timeChart.js';
import { figureMarkup, type Figure } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import { formatCount, formatDuration, formatMicroseconds, formatPosition, orDash } from '../format.js';
import type { RunRecord } from '../../results/readRunFolder.js';
import type { IntervalRecord } from '../../results/runFolder.js';
import type { LatencySummary } from '../../results/values.js';
import { type LatencyName, latencyNames } from '../../scenario/metricNames.js';
import { latencyWords, statisticLabel } from '../words.js';
import { type Timeline, type TimeGroup, bucketStartUs, resolutionSeconds } from './timeline.js';
import { phaseBands, phaseStrip, pointsOf, ratePanel, spanOf, timeView } from './timeParts.js';

const statistics = ['p50', 'p90', 'p99', 'p999', 'max'] as const;

/** The timeline: rates, latencies, their distribution, and messages in flight. */
export function timeSection(timeline: Timeline, { intervals, summary }: RunRecord): Markup {
  const { groups } = timeline;
  const intervalCount = intervals.length;
  const outages = outageSpans(summary?.findings ?? [], intervals[0]);
  if (groups.length === 0) {
    return html`<section aria-labelledby="time">
      <h2 id="time">Over time</h2>
      <p>No interval was written, so nothing can be drawn over time.</p>
    </section>`;
  }
  const span = spanOf(groups);
  const merged =
    groups.length < intervalCount
      ? `The ${formatCount(intervalCount)} intervals of this run are drawn as ${formatCount(groups.length)} points of up to ` +
        `${formatDuration(resolutionSeconds(groups))}. Percentiles are those of merged histograms, never means.`
      : '';
  return html`<section aria-labelledby="time">
    <h2 id="time">Over time</h2>
    <p>
      Time counts from the run’s start, in minutes and seconds.
      ${outages.length > 0 && 'Outages are shaded in red. '}${merged}
    </p>
    ${figureMarkup(rateFigure(groups, span, outages))}${figureMarkup(latencyFigure(timeline, span, outages))}
    ${figureMarkup(heatFigure(timeline, span))}${figureMarkup(backlogFigure(groups, span, outages))}
  </section>`;
}

/** When the broker acknowledged nothing, in seconds after the run's start. */
function outageSpans(findings: readonly Finding[], first: IntervalRecord | undefined): TimeSpan[] {
  if (first === undefined) return [];
  const originMs = Date.parse(first.time) - 1000 * (first.startSeconds + first.seconds);
  return findings.flatMap((finding) => {
    if (finding.kind !== 'outage') return [];
    const startSeconds = (Date.parse(finding.startedAt) - originMs) / 1000;
    return [{ startSeconds, endSeconds: startSeconds + finding.lengthMs / 1000 }];
  });
}

function rateFigure(groups: readonly TimeGroup[], span: TimeSpan, marks: readonly TimeSpan[]): Figure {
  const panels: TimePanel[] = [
    ratePanel(groups, 190),
    {
      title: 'Bytes of messages',
      format: '$bytesPerSecond',
      heightPx: 90,
      series: [
        {
          name: 'Bytes',
          color: 'series3',
          points: pointsOf(groups, ({ phase, bytesPerSecond }) => (phase === null ? null : bytesPerSecond)),
          look: 'area',
        },
      ],
    },
  ];
  const most = Math.max(...groups.map(({ achievedPerSecond }) => achievedPerSecond));
  const description = `Target and achieved rate over time: up to ${formatCount(most)} messages per second were acknowledged.`;
  return {
    id: 'rate',
    title: 'Rate',
    caption: 'Messages that were due, and messages that the broker acknowledged. Flat out nothing is due.',
    description,
    ...timeView('Rate', groups, { description, span, marks, panels }),
    table: {
      caption: 'Rate over time',
      columns: [
        { head: 'Time', align: 'left' },
        { head: 'Phase', align: 'left' },
        { head: 'Target /s' },
        { head: 'Achieved /s' },
        { head: 'MB/s' },
        { head: 'Failed' },
      ],
      rows: groups.map((group) => [
        formatPosition(group.startSeconds),
        group.phase ?? 'catching up',
        orDash(group.targetPerSecond, formatCount),
        formatCount(group.achievedPerSecond),
        (group.bytesPerSecond / 1e6).toFixed(1),
        formatCount(group.failed),
      ]),
    },
  };
}

function latencyFigure({ groups, latency }: Timeline, span: TimeSpan, marks: readonly TimeSpan[]): Figure {
  const shown = latencyNames.filter((name) => latency[name].some((one) => one !== undefined));
  const panelOf = (statistic: (typeof statistics)[number]): TimePanel => ({
    title: `${statisticLabel(statistic)} of each interval`,
    format: '$latency',
    heightPx: 260,
    isLogarithmic: true,
    series: shown.map((name) => ({
      name: latencyWords[name].label,
      color: name,
      points: pointsOf(groups, (_, index) => visible(latency[name][index]?.[statistic])),
    })),
  });
  const worst = Math.max(0, ...latency.response.map((one) => one?.p99 ?? 0));
  const description = `Percentiles of the latencies over time. The highest response p99 of an interval is ${formatMicroseconds(worst)}.`;
  const cell = (one: LatencySummary | undefined, of: (typeof statistics)[number]): string =>
    orDash(one?.[of], formatMicroseconds);
  return {
    id: 'latency',
    title: 'Latency',
    caption: 'One percentile of the four latencies. The axis is logarithmic.',
    description,
    choice: 'Percentile',
    firstView: 'p99',
    views: statistics.map((statistic) => ({
      label: statisticLabel(statistic),
      option: timeChart({
        description,
        span,
        bands: phaseBands(groups),
        marks,
        panels: [panelOf(statistic)],
      }),
    })),
    strip: phaseStrip(groups, span),
    heightPx: timeChartHeightPx([panelOf('p99')]),
    table: {
      caption: 'Latency over time',
      columns: [
        { head: 'Time', align: 'left' },
        { head: 'Phase', align: 'left' },
        ...latencyNames.flatMap((name) => [
          { head: `${latencyWords[name].label} p50` },
          { head: `${latencyWords[name].label} p99` },
        ]),
        { head: 'Response max' },
      ],
      rows: groups.map((group, index) => [
        formatPosition(group.startSeconds),
        group.phase ?? 'catching up',
        ...latencyNames.flatMap((name) => [
          cell(latency[name][index], 'p50'),
          cell(latency[name][index], 'p99'),
        ]),
        cell(latency.response[index], 'max'),
      ]),
    },
  };
}

function heatFigure({ groups, heat }: Timeline, span: TimeSpan): Figure {
  const shown = latencyNames.filter((name) => heat[name].some(({ counts }) => counts.size > 0));
  const description =
    'Heat map of latency over time: a column is an interval, a row a range of latencies, and the darker a cell, ' +
    'the more messages took so long.';
  const decadesOf = (name: LatencyName): number[] => {
    const counts = new Array<number>(rangeLabels.length).fill(0);
    for (const column of heat[name]) {
      for (const [bucket, count] of column.counts) {
        const decade = Math.min(rangeLabels.length - 1, Math.max(0, Math.floor(bucket / 8) - 1));
        counts[decade] = (counts[decade] ?? 0) + count;
      }
    }
    return counts;
  };
  return {
    id: 'heat',
    title: 'Distribution of latency',
    caption:
      'Every message: a column is an interval, a row a range of latencies. Colour shows how many messages took so long.',
    description,
    choice: 'Latency',
    firstView: latencyWords.response.label,
    views: (shown.length === 0 ? (['response'] as const) : shown).map((name) => ({
      label: latencyWords[name].label,
      option: heatMap(`${latencyWords[name].label}. ${description}`, span, cellsOf(heat[name])),
    })),
    strip: phaseStrip(groups, span),
    heightPx: 350,
    table: {
      caption: 'How many messages took how long',
      columns: [{ head: 'Latency', align: 'left' }, ...rangeLabels.map((head) => ({ head }))],
      rows: shown.map((name) => [latencyWords[name].label, ...decadesOf(name).map(formatCount)]),
    },
  };
}

const rangeLabels = [
  'below 100 µs',
  '100 µs to 1 ms',
  '1 to 10 ms',
  '10 to 100 ms',
  '100 ms to 1 s',
  '1 to 10 s',
  'above 10 s',
] as const;

function cellsOf(columns: Timeline['heat'][LatencyName]): HeatCell[] {
  return columns.flatMap(({ startSeconds, endSeconds, counts }) =>
    [...counts].map(([bucket, count]) => ({
      startSeconds,
      endSeconds,
      lowUs: bucketStartUs(bucket),
      highUs: bucketStartUs(bucket + 1),
      count,
    })),
  );
}

function backlogFigure(groups: readonly TimeGroup[], span: TimeSpan, marks: readonly TimeSpan[]): Figure {
  const names = [...new Set(groups.flatMap(({ lag }) => Object.keys(lag)))];
  const panels: TimePanel[] = [
    {
      title: 'In flight: handed over, not yet answered',
      format: '$short',
      heightPx: 110,
      series: [
        {
          name: 'In flight',
          color: 'series1',
          points: pointsOf(groups, ({ inFlight }) => inFlight),
          look: 'area',
        },
      ],
    },
    ...(names.length === 0
      ? []
      : [
          {
            title: 'Still to be read by each consumer group',
            format: '$short' as const,
            heightPx: 110,
            series: names.map((name, index) => ({
              name,
              color: `series${1 + ((index + 1) % 5)}`,
              points: pointsOf(groups, ({ lag }) => lag[name]),
            })),
          },
        ]),
  ];
  const most = Math.max(...groups.map(({ inFlight }) => inFlight));
  const description = `Messages under way over time: at most ${formatCount(most)} in flight.`;
  return {
    id: 'backlog',
    title: 'Under way',
    caption: 'Messages that wait: in the client and the broker, and for consumers.',
    description,
    ...timeView('Under way', groups, { description, span, marks, panels }),
    table: {
      caption: 'Messages under way over time',
      columns: [
        { head: 'Time', align: 'left' },
        { head: 'Phase', align: 'left' },
        { head: 'In flight' },
        ...names.map((name) => ({ head: `To read: ${name}` })),
      ],
      rows: groups.map((group) => [
        formatPosition(group.startSeconds),
        group.phase ?? 'catching up',
        formatCount(group.inFlight),
        ...names.map((name) => orDash(group.lag[name], formatCount)),
      ]),
    },
  };
}

/** A logarithmic axis has no 0: what is below a microsecond is drawn as one. */
function visible(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.max(1, value);
}
