import type { ChartOption } from '../figure.js';
import { axisLook, commonParts, plotRightPx, tooltipLook, type NumberFormat } from './parts.js';

/** Parts that add up. */
export interface StackPart {
  /** Its name. */
  readonly name: string;
  /** Its colour: the name of one of the theme's. */
  readonly color: string;
  /** Its value in each bar. */
  readonly values: readonly number[];
}

/** The height of a bar with its space, CSS pixels. */
const barPx = 34;

/**
 * The height of a chart of bars.
 *
 * @param bars - how many bars there are
 * @returns CSS pixels
 */
export function stackedBarsHeightPx(bars: number): number {
  return 34 + bars * barPx + 34;
}

/**
 * Horizontal bars of parts that add up.
 *
 * @param description - what the chart shows
 * @param bars - the names of the bars, from top to bottom
 * @param parts - the parts, from the axis on
 * @param format - how values are written
 * @returns the option
 */
export function stackedBars(
  description: string,
  bars: readonly string[],
  parts: readonly StackPart[],
  format: NumberFormat,
): ChartOption {
  const valueLook = axisLook(true);
  const look = axisLook(false);
  return {
    ...commonParts(description),
    legend: {
      left: 0,
      top: 0,
      itemWidth: 14,
      itemHeight: 10,
      padding: [2, 0],
      type: 'scroll',
      textStyle: { color: '@text', fontSize: 12 },
    },
    grid: { left: 84, right: plotRightPx + 14, top: 32, bottom: 28 },
    tooltip: { ...tooltipLook(), trigger: 'axis', axisPointer: { type: 'shadow' } },
    xAxis: {
      ...valueLook,
      type: 'value',
      splitNumber: 4,
      ...(format === '$percent' ? { max: 1 } : {}),
      axisLabel: { ...(valueLook.axisLabel as ChartOption), formatter: format },
    },
    yAxis: {
      ...look,
      type: 'category',
      inverse: true,
      data: bars,
      axisTick: { show: false },
      axisLabel: {
        ...(look.axisLabel as ChartOption),
        color: '@text',
        width: 78,
        overflow: 'truncate',
        interval: 0,
      },
    },
    series: parts.map(({ name, color, values }) => ({
      name,
      type: 'bar',
      stack: 'all',
      color: `@${color}`,
      barMaxWidth: 20,
      data: values,
      emphasis: { disabled: true },
      tooltip: { valueFormatter: format },
    })),
  };
}
