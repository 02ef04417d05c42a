import type { NumberFormat } from '../html/charts/parts.js';
import type { TimePanel } from '../html/charts/timeChart.js';
import { dataTable } from '../html/dataTable.js';
import { figureMarkup } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import {
  formatBytes,
  formatCores,
  formatCount,
  formatMicroseconds,
  formatPosition,
  formatShare,
  orDash,
} from '../format.js';
import type { BrokerMetricName } from '../../results/values.js';
import { brokerMeansOf } from '../../results/averages.js';
import type { Timeline, TimeGroup } from './timeline.js';
import { pointsOf, ratePanel, spanOf, timeView } from './timeParts.js';

/** Metrics that are drawn together, and the end of their axis, where that is fixed. */
const plots: readonly {
  readonly title: string;
  readonly format: NumberFormat;
  readonly figures: readonly (readonly [BrokerMetricName, string])[];
  readonly max?: number;
}[] = [
  { title: 'CPU of the broker’s process, in cores', format: '$cores', figures: [['cpuCores', 'CPU']] },
  {
    title: 'Idle threads of the broker',
    format: '$percent',
    max: 1,
    figures: [
      ['handlerIdle', 'Request handlers'],
      ['networkIdle', 'Network'],
    ],
  },
  {
    title: 'A produce request within the broker',
    format: '$milliseconds',
    figures: [
      ['produceTotalP99Ms', 'p99'],
      ['produceTotalMeanMs', 'Mean'],
    ],
  },
  {
    title: 'Bytes of the broker’s clients',
    format: '$bytesPerSecond',
    figures: [
      ['bytesInPerSecond', 'In'],
      ['bytesOutPerSecond', 'Out'],
    ],
  },
  {
    title: 'Requests that wait',
    format: '$short',
    figures: [
      ['requestQueueSize', 'Request queue'],
      ['responseQueueSize', 'Response queue'],
    ],
  },
];

const labels: Readonly<Record<BrokerMetricName, readonly [string, (value: number) => string]>> = {
  spanSeconds: ['Time that readings cover', (value) => `${value.toFixed(2)} s`],
  cpuCores: ['CPU, cores', formatCores],
  rssBytes: ['Resident memory', formatBytes],
  heapUsedBytes: ['Heap in use', formatBytes],
  gcShare: ['Time in garbage collection', formatShare],
  messagesInPerSecond: ['Messages in', (value) => `${formatCount(value)}/s`],
  bytesInPerSecond: ['Bytes in', (value) => `${formatBytes(value)}/s`],
  bytesOutPerSecond: ['Bytes out', (value) => `${formatBytes(value)}/s`],
  produceRequestsPerSecond: ['Produce requests', (value) => `${formatCount(value)}/s`],
  fetchRequestsPerSecond: ['Fetch requests', (value) => `${formatCount(value)}/s`],
  produceTotalMeanMs: ['Produce request, mean', milliseconds],
  produceTotalP99Ms: ['Produce request, worst p99', milliseconds],
  fetchTotalMeanMs: ['Fetch request, mean', milliseconds],
  fetchTotalP99Ms: ['Fetch request, worst p99', milliseconds],
  requestQueueSize: ['Request queue', (value) => value.toFixed(1)],
  responseQueueSize: ['Response queue', (value) => value.toFixed(1)],
  networkIdle: ['Network threads idle', formatShare],
  handlerIdle: ['Request handlers idle', formatShare],
  logFlushP99Ms: ['Log flush, worst p99', milliseconds],
  underReplicatedPartitions: ['Under-replicated partitions', (value) => value.toFixed(1)],
};

/** The brokers' metrics on one time axis with the alert rate; a sentence where there are none. */
export function brokerSection(timeline: Timeline): Markup {
  const { groups } = timeline;
  const brokers = [...new Set(groups.flatMap(({ broker }) => Object.keys(broker)))].sort();
  if (brokers.length === 0) {
    return html`<section aria-labelledby="broker">
      <h2 id="broker">The broker’s load</h2>
      <p>The brokers’ own metrics were not recorded in this run. They are for the local broker, with JMX.</p>
    </section>`;
  }
  return html`<section aria-labelledby="broker">
    <h2 id="broker">The broker’s load</h2>
    ${figureMarkup({ ...brokerFigure(groups, brokers), table: timeTable(groups, brokers) })}${phaseTable(groups, brokers)}
  </section>`;
}

function brokerFigure(groups: readonly TimeGroup[], brokers: readonly string[]) {
  const span = spanOf(groups);
  const panels: TimePanel[] = [ratePanel(groups, 120)];
  for (const { title, format, figures, max } of plots) {
    const series = figures.flatMap(([figure, name], order) =>
      brokers.flatMap((id, which) => {
        const points = pointsOf(groups, ({ broker }) => broker[id]?.[figure]);
        if (points.every(([, value]) => value === null)) return [];
        return [
          {
            name: brokers.length === 1 ? name : `${name}, broker ${id}`,
            color: `series${1 + ((order + which * figures.length) % 5)}`,
            points,
          },
        ];
      }),
    );
    if (series.length > 0) {
      panels.push({ title, format, series, heightPx: 90, ...(max === undefined ? {} : { max }) });
    }
  }
  const description = `The rate and the load of ${brokers.length === 1 ? 'the broker' : `${brokers.length} brokers`} on one axis of time.`;
  return {
    id: 'broker-load',
    title: 'Alert rate and broker load',
    caption: 'The broker’s own metrics while the load rises, on one time axis.',
    description,
    ...timeView('Load', groups, { description, span, panels }),
  };
}

function timeTable(groups: readonly TimeGroup[], brokers: readonly string[]) {
  const figures = recordedFigures(groups);
  return {
    caption: 'The brokers’ metrics over time',
    columns: [
      { head: 'Time', align: 'left' as const },
      { head: 'Broker', align: 'left' as const },
      { head: 'Alerts /s' },
      ...figures.map((name) => ({ head: labels[name][0] })),
    ],
    rows: groups.flatMap(({ startSeconds, achievedPerSecond, broker }) =>
      brokers
        .filter((id) => broker[id] !== undefined)
        .map((id) => [
          formatPosition(startSeconds),
          id,
          formatCount(achievedPerSecond),
          ...figures.map((name) => textOf(name, broker[id]?.[name])),
        ]),
    ),
  };
}

function phaseTable(groups: readonly TimeGroup[], brokers: readonly string[]): Markup {
  const figures = recordedFigures(groups);
  const phases = [...new Set(groups.flatMap(({ phase }) => (phase === null ? [] : [phase])))];
  const intervals = groups.flatMap((group) => group.intervals);
  const means = phases.map((phase) => brokerMeansOf(intervals, [phase]));
  const rows = brokers.flatMap((id) =>
    figures.map((name) => [
      brokers.length === 1 ? labels[name][0] : `${labels[name][0]}, broker ${id}`,
      ...means.map((ofPhase) => textOf(name, ofPhase?.[id]?.[name])),
    ]),
  );
  return dataTable({
    caption:
      'The brokers’ metrics in each phase: means (of requests: over all requests), and the worst second’s percentiles',
    showsCaption: true,
    columns: [{ head: 'Figure', align: 'left' }, ...phases.map((head) => ({ head }))],
    rows,
  });
}

function recordedFigures(groups: readonly TimeGroup[]): BrokerMetricName[] {
  const told = new Set(
    groups.flatMap(({ broker }) => Object.values(broker).flatMap((one) => Object.keys(one))),
  );
  return (Object.keys(labels) as BrokerMetricName[]).filter((name) => told.has(name));
}

function textOf(name: BrokerMetricName, value: number | undefined): string {
  return orDash(value, labels[name][1]);
}

function milliseconds(value: number): string {
  return formatMicroseconds(1000 * value);
}
