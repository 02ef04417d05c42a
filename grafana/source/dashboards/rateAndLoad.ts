import { XYShowMode } from '@grafana/grafana-foundation-sdk/xychart';
import { growth, growthOfAll, meanSince, reading } from '../brokerFigures.js';
import { latencyOverRate } from '../compareQueries.js';
import { composeDashboard, type ClassicDashboard } from '../compose.js';
import { achievedRate, achievedShare, ownField, percentile, targetRate } from '../ownFigures.js';
import { dashed, figure, lines, overFigure, rightAxis } from '../panels.js';
import {
  brokerVariable,
  datasourceVariable,
  latencyVariable,
  phaseVariable,
  runVariable,
  topicVariable,
  variantVariable,
} from '../variables.js';

/** jmxtrans reads every 5 s; two readings make a slope. */
const jmxInterval = '10s';

/** What the alert rate does to the broker, on one time axis. */
export function rateAndLoad(): ClassicDashboard {
  return composeDashboard({
    uid: 'alertsim-rate-load',
    title: 'Alert rate and broker load',
    description:
      'The alert rate, and what it does to the broker, on one time axis: raise the rate, and see where latencies leave the floor and idle time ends.',
    variables: [
      datasourceVariable(),
      variantVariable(),
      runVariable(),
      phaseVariable(),
      topicVariable(),
      brokerVariable(),
      latencyVariable(),
    ],
    from: 'now-15m',
    refresh: '5s',
    rows: [
      {
        title: 'Now',
        panels: [
          figure({
            title: 'Target rate',
            description: 'Alerts that are due each second. Phases that run flat out have none.',
            unit: 'suffix: alerts/s',
            queries: [{ query: targetRate, alias: '$tag_run' }],
            width: 4,
          }),
          figure({
            title: 'Achieved rate',
            description: 'Alerts that the broker acknowledged each second.',
            unit: 'suffix: alerts/s',
            queries: [{ query: achievedRate, alias: '$tag_run' }],
            width: 4,
          }),
          figure({
            title: 'Achieved of target',
            description:
              'Acknowledged of due. Under 99 % the broker or the simulator does not keep up; the row “Is the simulator the limit?” says which.',
            unit: 'percent',
            queries: [{ query: achievedShare, alias: '$tag_run' }],
            width: 4,
            thresholds: ['red', [95, 'orange'], [99, 'green']],
          }),
          figure({
            title: 'Response p99',
            description:
              'One alert of a hundred took longer from when it was due until it was acknowledged. Rubin wants alerts out in a minute; a broker with head-room answers in milliseconds.',
            unit: 'µs',
            queries: [{ query: percentile('p99', 'response'), alias: '$tag_run' }],
            width: 4,
            thresholds: ['green', [100_000, 'orange'], [1_000_000, 'red']],
          }),
          figure({
            title: 'Failed',
            description:
              'Alerts that the broker did not take, in the whole time shown. Anything but 0 is bad.',
            unit: 'short',
            queries: [{ query: ownField('sum', 'failed', 'alertsim_rate'), alias: '$tag_run' }],
            width: 4,
            calculation: 'sum',
            thresholds: ['green', [1, 'red']],
          }),
          figure({
            title: 'Still to read',
            description:
              'Alerts that the slowest consumer group has not read yet. It must not grow without end.',
            unit: 'short',
            queries: [{ query: ownField('max', 'messages', 'alertsim_lag'), alias: '$tag_run' }],
            width: 4,
          }),
        ],
      },
      {
        title: 'The rate, and where the knee is',
        panels: [
          lines({
            title: 'Alert rate',
            description:
              'Target (dashed), what the broker acknowledged, and what the broker itself counted (all brokers together). They lie on one another until the knee; preloading shows on the broker’s line alone.',
            unit: 'suffix: alerts/s',
            queries: [
              { query: targetRate, alias: 'target $tag_run' },
              { query: achievedRate, alias: 'achieved $tag_run' },
              {
                query: growthOfAll({
                  measurement: 'kafka_topic',
                  where: `"name" = 'MessagesInPerSec' AND "topic" =~ /^$topic$/`,
                  by: ['topic'],
                }),
                alias: 'broker, $tag_topic',
              },
            ],
            width: 16,
            height: 9,
            interval: jmxInterval,
            overrides: { '^target': dashed },
          }),
          overFigure({
            title: 'Latency over rate ($latency)',
            description:
              'Each point is a second: its 99th percentile over the rate in it. Flat at the left, steep at the right; the bend is the knee.',
            unit: 'µs',
            queries: [{ query: latencyOverRate }],
            width: 8,
            height: 9,
            x: 'rate',
            xUnit: 'suffix: alerts/s',
            xLabel: 'alerts/s',
            show: XYShowMode.Points,
            min: null,
            logarithmic: true,
          }),
          lines({
            title: 'Response and acknowledgement',
            description:
              'Median and 99th percentile, the worst second of each pixel. Response counts from when an alert was due: where it leaves acknowledgement behind, alerts wait before they are sent.',
            unit: 'µs',
            queries: [
              { query: percentile('p50', 'response'), alias: 'response p50 $tag_run' },
              { query: percentile('p99', 'response'), alias: 'response p99 $tag_run' },
              { query: percentile('p50', 'ack'), alias: 'ack p50 $tag_run' },
              { query: percentile('p99', 'ack'), alias: 'ack p99 $tag_run' },
            ],
            width: 12,
            min: null,
            logarithmic: true,
            thresholds: ['transparent', [100_000, 'orange'], [1_000_000, 'red']],
          }),
          lines({
            title: 'Request time in the broker',
            description:
              'Mean time from a produce request’s arrival to its answer, since the reading before, and its 99th percentile over Kafka’s decaying window of about five minutes. Fetch requests wait for data on purpose.',
            unit: 'ms',
            queries: [
              {
                query: meanSince({
                  measurement: 'kafka_request',
                  where: `"name" = 'TotalTimeMs' AND "request" =~ /^(Produce|FetchConsumer)$/`,
                  by: ['request'],
                }),
                alias: '$tag_request mean $tag_hostname',
              },
              {
                query: reading(
                  { measurement: 'kafka_request', where: `"name" = 'TotalTimeMs' AND "request" = 'Produce'` },
                  '99thPercentile',
                ),
                alias: 'Produce p99 $tag_hostname',
              },
            ],
            width: 12,
            interval: jmxInterval,
          }),
        ],
      },
      {
        title: 'What the broker has left',
        panels: [
          lines({
            title: 'Idle time of threads',
            description:
              'Share of the time in which threads had nothing to do. Network threads under 30 % are the limit. Request handlers: one pool is 100 %; a broker that is its own controller has two, so 200 % is all idle (KAFKA-19606).',
            unit: 'percentunit',
            queries: [
              {
                query: reading({ measurement: 'kafka_network_idle' }, 'Value'),
                alias: 'network threads $tag_hostname',
              },
              {
                query: growth({ measurement: 'kafka_handler_idle' }, 'Count', 1e9),
                alias: 'request handlers $tag_hostname',
              },
            ],
            width: 8,
            interval: jmxInterval,
            thresholds: ['red', [0.3, 'transparent']],
          }),
          lines({
            title: 'CPU',
            description:
              'The broker’s process and the whole machine, as shares of all cores. On a machine that the simulator shares with the broker, the difference is mostly the simulator.',
            unit: 'percentunit',
            queries: [
              { query: reading({ measurement: 'jvm_os' }, 'ProcessCpuLoad'), alias: 'broker $tag_hostname' },
              { query: reading({ measurement: 'jvm_os' }, 'SystemCpuLoad'), alias: 'machine $tag_hostname' },
            ],
            width: 8,
            interval: '5s',
            max: 1,
            thresholds: ['transparent', [0.9, 'red']],
          }),
          lines({
            title: 'Queues',
            description:
              'Requests that wait for a handler, and alerts that the simulator has sent and not seen acknowledged (right axis). Both grow from the knee on.',
            unit: 'short',
            queries: [
              {
                query: reading(
                  { measurement: 'kafka_request_channel', where: `"name" = 'RequestQueueSize'` },
                  'Value',
                  'max',
                ),
                alias: 'requests $tag_hostname',
              },
              { query: ownField('max', 'inFlight', 'alertsim_rate'), alias: 'in flight $tag_run' },
            ],
            width: 8,
            interval: '5s',
            overrides: { '^in flight': rightAxis('short', 'alerts in flight') },
          }),
          lines({
            title: 'Bytes',
            description:
              'Bytes of alerts that the simulator sent, and bytes into and out of the brokers. Out is in times the number of consumer groups, while they keep up.',
            unit: 'Bps',
            queries: [
              {
                query: ownField('mean', 'bytesPerSecond', 'alertsim_rate'),
                alias: 'sent $tag_run',
              },
              {
                query: growthOfAll({ measurement: 'kafka_broker', where: `"name" = 'BytesInPerSec'` }),
                alias: 'into the brokers',
              },
              {
                query: growthOfAll({ measurement: 'kafka_broker', where: `"name" = 'BytesOutPerSec'` }),
                alias: 'out of the brokers',
              },
            ],
            width: 12,
            interval: jmxInterval,
          }),
          lines({
            title: 'Consumers',
            description:
              'Alerts that each group has still to read. A slope that does not end says that it is too slow.',
            unit: 'short',
            queries: [{ query: ownField('max', 'messages', 'alertsim_lag', 'group'), alias: '$tag_group' }],
            width: 12,
          }),
        ],
      },
      {
        title: 'Is the simulator the limit?',
        panels: [
          lines({
            title: 'Schedule lag',
            description:
              'From when an alert was due until it was handed to the client. Above some milliseconds without a full queue, the simulator is late, and the run says nothing of the broker.',
            unit: 'µs',
            queries: [{ query: percentile('p99', 'scheduleLag'), alias: 'p99 $tag_run' }],
            width: 8,
            min: null,
            logarithmic: true,
          }),
          lines({
            title: 'Event loops',
            description: 'The longest that each worker’s event loop was held up (99th percentile).',
            unit: 'µs',
            queries: [
              {
                query: ownField('max', 'eventLoopDelayP99Us', 'alertsim_worker', 'worker'),
                alias: '$tag_worker',
              },
            ],
            width: 8,
          }),
          lines({
            title: 'Client’s queue full',
            description:
              'Seconds in which an alert had to wait for room in the client’s queue, within each second. Above 0 the broker pushes back: lateness is the broker’s then.',
            unit: 's',
            queries: [
              {
                query: ownField('max', 'queueFullSeconds', 'alertsim_worker', 'worker'),
                alias: '$tag_worker',
              },
            ],
            width: 8,
          }),
        ],
      },
    ],
  });
}
