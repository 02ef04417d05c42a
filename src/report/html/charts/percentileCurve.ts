import type { ChartOption } from '../figure.js';
import { axisLook, commonParts, decades, legendLook, plotLeftPx, plotRightPx, tooltipLook } from './parts.js';

export interface Distribution {
  readonly name: string;
  /** Name of a theme colour. */
  readonly color: string;
  readonly count: number;
  /** From 0 to 100; microseconds. */
  readonly valueAt: (percentile: number) => number;
}

/** p99.99, where the curve ends. */
const highest = 10_000;
const pointsPerDecade = 20;

/**
 * Percentile curves as HdrHistogram's plots have them: the axis is 1 / (1 − q), so that each further nine
 * takes the same width. A curve ends where less than one value lies beyond: anything further right would be a
 * guess.
 */
export function percentileCurve(description: string, distributions: readonly Distribution[]): ChartOption {
  const curves = distributions.map((distribution) => ({ ...distribution, points: pointsOf(distribution) }));
  const valueLook = axisLook(true);
  const look = axisLook(false);
  return {
    ...commonParts(description),
    legend: { ...legendLook(), top: 0 },
    grid: { left: plotLeftPx, right: plotRightPx + 12, top: 34, bottom: 46 },
    tooltip: { ...tooltipLook(), trigger: 'axis' },
    xAxis: {
      ...look,
      type: 'log',
      min: 1,
      max: highest,
      name: 'Percentile',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: '@muted', fontSize: 11 },
      axisLabel: { ...(look.axisLabel as ChartOption), formatter: '$percentile' },
      splitLine: { show: true, lineStyle: { color: '@grid' } },
      axisPointer: { label: { formatter: '$percentileLabel' } },
    },
    yAxis: {
      ...valueLook,
      type: 'log',
      ...decades(curves.flatMap(({ points }) => points.map(([, value]) => value))),
      axisLabel: { ...(valueLook.axisLabel as ChartOption), formatter: '$latency' },
    },
    series: curves.map(({ name, color, points }) => ({
      name,
      type: 'line',
      color: `@${color}`,
      symbol: points.length === 1 ? 'circle' : 'none',
      data: points,
      lineStyle: { width: 2 },
      emphasis: { disabled: true },
      tooltip: { valueFormatter: '$latency' },
    })),
  };
}

function pointsOf({ count, valueAt }: Distribution): [number, number][] {
  if (count === 0) return [];
  const points: [number, number][] = [];
  const decadesShown = Math.log10(Math.min(count, highest));
  const steps = Math.max(1, Math.ceil(decadesShown * pointsPerDecade));
  for (let step = 0; step <= steps; step += 1) {
    const beyond = 10 ** ((decadesShown * step) / steps);
    // A logarithmic axis has no 0: what is below a microsecond is drawn as one.
    points.push([rounded(beyond), Math.max(1, valueAt(100 * (1 - 1 / beyond)))]);
  }
  return points;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
