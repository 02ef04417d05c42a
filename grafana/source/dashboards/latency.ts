import { composeDashboard, type ClassicDashboard } from '../compose.js';
import {
  achievedRate,
  afterAcknowledgement,
  histogram,
  latencies,
  meanLatency,
  ownField,
  percentile,
  type Latency,
} from '../ownFigures.js';
import { figure, heatMap, lines } from '../panels.js';
import {
  datasourceVariable,
  latencyVariable,
  phaseVariable,
  runVariable,
  variantVariable,
} from '../variables.js';

const meanings: Readonly<Record<Latency, string>> = {
  scheduleLag: 'Due → handed to the client: does the simulator keep its own schedule?',
  ack: 'Handed to the client → acknowledged: the broker’s service, and the client’s queue.',
  response: 'Due → acknowledged: what a user feels. It counts from the schedule, so a stall is not hidden.',
  endToEnd: 'Due → read by a consumer: what a downstream broker feels.',
};

const shown = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
  ['max', 'max'],
] as const;

/** Where the time of an alert goes. */
export function latency(): ClassicDashboard {
  return composeDashboard({
    uid: 'alertsim-latency',
    title: 'Latency',
    description:
      'Where the time of an alert goes: every alert in a heat map, percentiles of the four latencies, and what the whole is made of.',
    variables: [datasourceVariable(), variantVariable(), runVariable(), phaseVariable(), latencyVariable()],
    from: 'now-15m',
    refresh: '5s',
    rows: [
      {
        title: 'Every alert ($latency)',
        panels: [
          ...shown.slice(0, 4).map(([field, name]) =>
            figure({
              title: `${name}, worst second`,
              description: `The highest ${name} of a second in the time shown. No percentile is averaged.`,
              unit: 'µs',
              queries: [{ query: percentile(field, '$latency'), alias: '$tag_run' }],
              width: 6,
              calculation: 'max',
            }),
          ),
          heatMap({
            title: 'Heat map ($latency)',
            description:
              'How many alerts took how long: a row for each bucket, named by its upper bound, ten to a decade. Two bands are two kinds of alerts or two states of the broker, which percentiles do not show.',
            unit: 'µs',
            queries: [{ query: histogram, alias: '$tag_le' }],
            width: 24,
            height: 10,
          }),
        ],
      },
      {
        title: 'Percentiles',
        panels: latencies.map((name) =>
          lines({
            title: name,
            description: `${meanings[name]} Where a pixel stands for several seconds, the worst of them is shown.`,
            unit: 'µs',
            queries: shown.map(([field, label]) => ({
              query: percentile(field, name),
              alias: `${label} $tag_run`,
            })),
            width: 12,
            min: null,
            logarithmic: true,
          }),
        ),
      },
      {
        title: 'What it is made of',
        panels: [
          lines({
            title: 'Latency stack',
            description:
              'Means, which add up: waiting to be sent, until acknowledged, and from then until read. The top is the mean end-to-end latency. Choose one run.',
            unit: 'µs',
            queries: [
              { query: meanLatency('scheduleLag'), alias: '1 schedule lag $tag_run' },
              { query: meanLatency('ack'), alias: '2 acknowledgement $tag_run' },
              { query: afterAcknowledgement, alias: '3 until read $tag_run' },
            ],
            width: 16,
            height: 9,
            min: null,
            stacked: true,
          }),
          lines({
            title: 'Rate',
            description: 'Alerts acknowledged a second, and alerts in flight, to read the latencies by.',
            unit: 'short',
            queries: [
              { query: achievedRate, alias: 'alerts/s $tag_run' },
              { query: ownField('max', 'inFlight', 'alertsim_rate'), alias: 'in flight $tag_run' },
            ],
            width: 8,
            height: 9,
          }),
        ],
      },
    ],
  });
}
