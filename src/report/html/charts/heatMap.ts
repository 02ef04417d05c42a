import type { ChartOption } from '../figure.js';
import {
  axisLook,
  commonParts,
  decades,
  plotLeftPx,
  plotRightPx,
  timeAxis,
  tooltipLook,
  type TimeSpan,
} from './parts.js';

/** A cell: from and to in seconds, from and to in microseconds, and the number of its values. */
export interface HeatCell extends TimeSpan {
  readonly lowUs: number;
  readonly highUs: number;
  readonly count: number;
}

/**
 * Latency over time as a heat map: it shows what a line of percentiles hides, such as two paths that messages
 * took. The colour is the logarithm of values per second, because a single late message must be visible
 * beside thousands.
 */
export function heatMap(description: string, span: TimeSpan, cells: readonly HeatCell[]): ChartOption {
  const look = axisLook(true);
  const powers = cells.map(({ count, startSeconds, endSeconds }) =>
    Math.log10(count / (endSeconds - startSeconds)),
  );
  const { min, max } = decades(cells.flatMap(({ lowUs, highUs }) => [lowUs, highUs]));
  return {
    ...commonParts(description),
    grid: { left: plotLeftPx, right: plotRightPx, top: 10, bottom: 74 },
    tooltip: { ...tooltipLook(), trigger: 'item', formatter: '$heatTip' },
    xAxis: timeAxis(span, 0, true),
    yAxis: {
      ...look,
      type: 'log',
      min,
      max,
      axisLabel: { ...(look.axisLabel as ChartOption), formatter: '$latency' },
    },
    visualMap: {
      type: 'continuous',
      dimension: 4,
      min: Math.min(0, ...powers),
      max: Math.max(1, ...powers),
      calculable: false,
      orient: 'horizontal',
      left: 0,
      bottom: 6,
      itemWidth: 12,
      itemHeight: 120,
      hoverLink: false,
      text: ['more per second', 'fewer'],
      textStyle: { color: '@muted', fontSize: 11 },
      formatter: '$powerPerSecond',
      inRange: { color: ['@heat0', '@heat1', '@heat2', '@heat3', '@heat4'] },
    },
    series: [
      {
        type: 'custom',
        renderItem: '$heatCell',
        clip: true,
        dimensions: ['from', 'to', 'low', 'high', 'power'],
        encode: { x: [0, 1], y: [2, 3], tooltip: [4] },
        data: cells.map(({ startSeconds, endSeconds, lowUs, highUs }, index) => [
          round(startSeconds),
          round(endSeconds),
          round(lowUs),
          round(highUs),
          round(powers[index] ?? 0),
        ]),
      },
    ],
  };
}

function round(value: number): number {
  return Number(value.toPrecision(7));
}
