import { XYShowMode } from '@grafana/grafana-foundation-sdk/xychart';
import { latencyByPhase, latencyOverRate, overElapsed, ratesByPhase } from '../compareQueries.js';
import { composeDashboard, type ClassicDashboard } from '../compose.js';
import { figures, overFigure } from '../panels.js';
import {
  datasourceVariable,
  latencyVariable,
  phaseVariable,
  resolutionVariable,
  runVariable,
  variantVariable,
} from '../variables.js';

const elapsed = { x: 'elapsed', xUnit: 's', xLabel: 'seconds since the run’s start', show: XYShowMode.Lines };
const latencies = { measurement: 'alertsim_latency', where: `"latency" = '$latency' AND ` };
const rates = { measurement: 'alertsim_rate' };
const brokers = { measurement: 'alertsim_broker' };

/** Several runs overlaid. */
export function compareRuns(): ClassicDashboard {
  return composeDashboard({
    uid: 'alertsim-compare',
    title: 'Compare runs',
    description:
      'Two or more runs on one axis of seconds since their start, as latency over rate, and in tables by phase. Choose the runs, and a time range that holds all of them.',
    variables: [
      datasourceVariable(),
      variantVariable(),
      runVariable(),
      phaseVariable(),
      latencyVariable(),
      resolutionVariable(),
    ],
    from: 'now-6h',
    rows: [
      {
        title: 'Latency over rate',
        panels: [
          overFigure({
            title: 'p99 over rate ($latency)',
            description:
              'Each point is a second of a run: its 99th percentile over the rate in it, whatever the time. The better run stays flat further to the right.',
            unit: 'µs',
            queries: [{ query: latencyOverRate }],
            width: 24,
            height: 9,
            x: 'rate',
            xUnit: 'suffix: alerts/s',
            xLabel: 'alerts/s',
            show: XYShowMode.Points,
            min: null,
            logarithmic: true,
          }),
        ],
      },
      {
        title: 'On one axis: seconds since the start',
        panels: [
          overFigure({
            ...elapsed,
            title: 'Achieved rate',
            description: 'Alerts acknowledged a second.',
            unit: 'suffix: alerts/s',
            queries: [{ query: overElapsed('mean("achieved")', 'alerts/s', rates) }],
            width: 12,
          }),
          overFigure({
            ...elapsed,
            title: 'p99 ($latency)',
            description: 'The 99th percentile of each second; of a longer step that of its worst second.',
            unit: 'µs',
            queries: [{ query: overElapsed('max("p99")', 'p99', latencies) }],
            width: 12,
            min: null,
            logarithmic: true,
          }),
          overFigure({
            ...elapsed,
            title: 'Median ($latency)',
            description: 'The median of each second; of a longer step that of its worst second.',
            unit: 'µs',
            queries: [{ query: overElapsed('max("p50")', 'p50', latencies) }],
            width: 12,
            min: null,
            logarithmic: true,
          }),
          overFigure({
            ...elapsed,
            title: 'The broker’s CPU',
            description:
              'Cores that the broker’s process used. Only runs have it that could ask the broker, as those on the local broker can.',
            unit: 'suffix: cores',
            queries: [{ query: overElapsed('max("cpuCores")', 'cores', brokers) }],
            width: 12,
          }),
        ],
      },
      {
        title: 'By run and phase',
        panels: [
          figures({
            title: 'Rates',
            description:
              'Alerts a second that were due and that were acknowledged, and how many in all, over each phase in the time range.',
            unit: 'short',
            queries: [{ query: ratesByPhase }],
            width: 24,
            overrides: {
              '^(target|achieved)$': [{ id: 'unit', value: 'suffix: alerts/s' }],
              '^failed$': [
                { id: 'custom.cellOptions', value: { type: 'color-text' } },
                {
                  id: 'thresholds',
                  value: {
                    mode: 'absolute',
                    steps: [
                      { value: null, color: 'green' },
                      { value: 1, color: 'red' },
                    ],
                  },
                },
              ],
            },
          }),
          figures({
            title: 'Latency ($latency)',
            description:
              'The mean over each phase, weighted by alerts; the 99th percentile of its middle second and of its worst. The percentile of a whole phase needs its histograms: it is in the run folder’s summary and report.',
            unit: 'µs',
            queries: [{ query: latencyByPhase }],
            width: 24,
          }),
        ],
      },
    ],
  });
}
