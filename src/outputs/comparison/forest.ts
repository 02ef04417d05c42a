import { axisLook, commonParts, tooltipLook } from '../html/charts/parts.js';
import type { ChartOption } from '../html/figure.js';

/** One line of a forest plot. */
export interface ForestRow {
  /** What it is about. */
  readonly name: string;
  /** The change that was found, percent. */
  readonly value: number;
  /** The lower end of its interval, percent. */
  readonly low: number;
  /** The upper end of its interval, percent. */
  readonly high: number;
  /** Its colour: the name of one of the theme's. */
  readonly color: string;
}

/** Changes beyond are drawn at the edge: an interval that says nothing would squeeze all others. */
const widestPercent = 400;

/**
 * A forest plot: a line with a dot for each metric, and the band in which a difference does not matter.
 *
 * @param description - what the chart shows
 * @param rows - the lines, from top to bottom
 * @param marginPercent - half the width of the band
 * @returns the option
 */
export function forest(description: string, rows: readonly ForestRow[], marginPercent: number): ChartOption {
  const clipped = (percent: number): number =>
    Number(Math.min(widestPercent, Math.max(-100, percent)).toPrecision(6));
  const look = axisLook(true);
  return {
    ...commonParts(description),
    grid: { left: 130, right: 20, top: 8, bottom: 46 },
    tooltip: { ...tooltipLook(), trigger: 'item' },
    xAxis: {
      ...look,
      type: 'value',
      name: 'Change against the baseline, percent',
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
          data: [[{ xAxis: -marginPercent }, { xAxis: marginPercent }]],
        },
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: '@muted', type: 'solid' },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  };
}

/**
 * The height of a forest plot.
 *
 * @param rows - how many lines
 * @returns CSS pixels
 */
export function forestHeightPx(rows: number): number {
  return 60 + 24 * rows;
}
