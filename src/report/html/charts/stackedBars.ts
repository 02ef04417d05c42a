import type { ChartOption } from '../figure.js';
import { axisLook, commonParts, plotRightPx, tooltipLook, type NumberFormat } from './parts.js';

/** Parts that add up. */
export interface StackPart {
  readonly name: string;
  /** Name of a theme colour. */
  readonly color: string;
  /** One value per bar. */
  readonly values: readonly number[];
}

/** Including the space between bars. */
const barPx = 34;

/** The height of a chart of bars, CSS pixels. */
export function stackedBarsHeightPx(bars: number): number {
  return 34 + bars * barPx + 34;
}

/**
 * Horizontal bars of parts that add up.
 *
 * @param bars - from top to bottom
 * @param parts - from the axis on
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
