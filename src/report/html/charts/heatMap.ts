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
  const { min, max } = decades(cells.flatMap(({ lowUs, highUs }) => [lowUs, highUs]));
  return heatOption(description, span, {
    yAxis: { type: 'log', min, max },
    labels: '$latency',
    tip: '$heatTip',
    ends: ['more per second', 'fewer'],
    power: '$powerPerSecond',
    data: cells.map(({ startSeconds, endSeconds, lowUs, highUs, count }) => [
      ...[startSeconds, endSeconds, lowUs, highUs],
      Math.log10(count / (endSeconds - startSeconds)),
    ]),
  });
}

/** A cell: from and to in seconds, neighbouring partitions, and the largest lag of one of them. */
export interface LagCell extends TimeSpan {
  readonly firstPartition: number;
  readonly lastPartition: number;
  /** Messages, 1 or more. */
  readonly lag: number;
}

/**
 * The lag of each partition over time as a heat map, which shows the partitions that are behind the others.
 * The colour is the logarithm of the lag; where nothing is behind there is no cell.
 *
 * @param partitions - their number
 */
export function partitionMap(
  description: string,
  span: TimeSpan,
  partitions: number,
  cells: readonly LagCell[],
): ChartOption {
  return heatOption(description, span, {
    // The first one is at the top.
    yAxis: { type: 'value', min: -0.5, max: partitions - 0.5, inverse: true, minInterval: 1, splitNumber: 8 },
    labels: '$partition',
    tip: '$partitionTip',
    ends: ['further behind', 'less'],
    power: '$power',
    data: cells.map(({ startSeconds, endSeconds, firstPartition, lastPartition, lag }) => [
      ...[startSeconds, endSeconds, firstPartition - 0.5, lastPartition + 0.5],
      Math.log10(lag),
    ]),
  });
}

interface Heat {
  readonly yAxis: ChartOption;
  /** Functions of the page's script, for the axis, the tooltip and the legend. */
  readonly labels: string;
  readonly tip: string;
  readonly power: string;
  /** What the ends of the legend mean. */
  readonly ends: readonly [string, string];
  /** From and to, low and high, and the decimal logarithm of what the colour shows. */
  readonly data: readonly (readonly number[])[];
}

function heatOption(
  description: string,
  span: TimeSpan,
  { yAxis, labels, tip, ends, power, data }: Heat,
): ChartOption {
  const look = axisLook(true);
  const powers = data.map((cell) => cell[4] ?? 0);
  return {
    ...commonParts(description),
    grid: { left: plotLeftPx, right: plotRightPx, top: 10, bottom: 74 },
    tooltip: { ...tooltipLook(), trigger: 'item', formatter: tip },
    xAxis: timeAxis(span, 0, true),
    yAxis: { ...look, ...yAxis, axisLabel: { ...(look.axisLabel as ChartOption), formatter: labels } },
    visualMap: {
      type: 'continuous',
      dimension: 4,
      min: powers.reduce((least, value) => Math.min(least, value), 0),
      max: powers.reduce((most, value) => Math.max(most, value), 1),
      calculable: false,
      orient: 'horizontal',
      left: 0,
      bottom: 6,
      itemWidth: 12,
      itemHeight: 120,
      hoverLink: false,
      text: ends,
      textStyle: { color: '@muted', fontSize: 11 },
      formatter: power,
      inRange: { color: ['@heat0', '@heat1', '@heat2', '@heat3', '@heat4'] },
    },
    series: [
      {
        type: 'custom',
        renderItem: '$heatCell',
        clip: true,
        dimensions: ['from', 'to', 'low', 'high', 'power'],
        encode: { x: [0, 1], y: [2, 3], tooltip: [4] },
        data: data.map((cell) => cell.map(round)),
      },
    ],
  };
}

function round(value: number): number {
  return Number(value.toPrecision(7));
}
