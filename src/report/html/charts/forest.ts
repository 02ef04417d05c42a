import { axisLook, commonParts, tooltipLook } from './parts.js';
import type { ChartOption } from '../figure.js';

/** A line of a forest plot. */
interface ForestRow {
  readonly name: string;
  /** A ratio, above 0. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Name of a theme colour. */
  readonly color: string;
}

/**
 * Ratios beyond this one, and below its reciprocal, are drawn at the edge: a meaningless interval would
 * squeeze all others.
 */
export const widestRatio = 16;

/**
 * A forest plot: a line with a dot for each metric, and the band in which a difference does not matter. Its
 * axis is logarithmic: twice and half are equally far from the middle, as they are in the intervals.
 *
 * @param rows - from top to bottom
 * @param margin - the change that does not matter, as a share
 */
export function forest(description: string, rows: readonly ForestRow[], margin: number): ChartOption {
  const clipped = (ratio: number): number =>
    Number(Math.min(widestRatio, Math.max(1 / widestRatio, ratio)).toPrecision(6));
  const look = axisLook(true);
  const low = Math.min(0.5, ...rows.map((row) => clipped(row.low)));
  const high = Math.max(2, ...rows.map((row) => clipped(row.high)));
  return {
    ...commonParts(description),
    grid: { left: 130, right: 20, top: 8, bottom: 46 },
    tooltip: { ...tooltipLook(), trigger: 'item', formatter: '$changeTip' },
    xAxis: {
      ...look,
      axisLabel: { ...(look.axisLabel as ChartOption), formatter: '$change' },
      type: 'log',
      logBase: 2,
      min: 2 ** Math.floor(Math.log2(low)),
      max: 2 ** Math.ceil(Math.log2(high)),
      name: 'Change against the baseline',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: '@muted', fontSize: 11 },
    },
    yAxis: {
      ...axisLook(false),
      type: 'category',
      inverse: true,
      data: rows.map(({ name }) => name),
      axisLabel: { color: '@text', fontSize: 12 },
    },
    series: [
      ...rows.map(({ name, low, high, color }) => ({
        name,
        type: 'line',
        color: `@${color}`,
        symbol: 'none',
        lineStyle: { width: 3 },
        data: [
          [clipped(low), name],
          [clipped(high), name],
        ],
      })),
      {
        name: 'found',
        type: 'scatter',
        symbolSize: 10,
        data: rows.map(({ name, value, color }) => ({
          name,
          value: [clipped(value), name],
          itemStyle: { color: `@${color}` },
        })),
        markArea: {
          silent: true,
          itemStyle: { color: '@band' },
          data: [[{ xAxis: 1 / (1 + margin) }, { xAxis: 1 + margin }]],
        },
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: '@muted', type: 'solid' },
          data: [{ xAxis: 1 }],
        },
      },
    ],
  };
}

/** The height of a forest plot. */
export function forestHeightPx(rows: number): number {
  return 60 + 24 * rows;
}
