import type { ChartOption } from '../figure.js';
import {
  axisLook,
  commonParts,
  legendLook,
  decades,
  plotLeftPx,
  plotRightPx,
  timeAxis,
  tooltipLook,
  type NumberFormat,
  type TimeSpan,
} from './parts.js';

/** A point: seconds, and the value; null breaks the line. */
export type TimePoint = readonly [number, number | null];

export interface TimeSeries {
  readonly name: string;
  /** Name of a theme colour. */
  readonly color: string;
  /** In order of time. */
  readonly points: readonly TimePoint[];
  /** `area` is filled down to the axis. */
  readonly look?: 'line' | 'dashed' | 'dotted' | 'area';
}

/** One plot of a chart over time. */
export interface TimePanel {
  /** With the unit where that is not in the labels. */
  readonly title: string;
  readonly format: NumberFormat;
  readonly series: readonly TimeSeries[];
  readonly heightPx: number;
  /** Over whole decades. */
  readonly isLogarithmic?: boolean;
  /** The end of its axis; default from the values. */
  readonly max?: number;
}

/** One or several plots above each other, over one time axis. */
export interface TimeChart {
  /** Read out instead of the picture. */
  readonly description: string;
  readonly span: TimeSpan;
  /** Shaded: every other phase. */
  readonly bands: readonly TimeSpan[];
  /** Highlighted: outages. */
  readonly marks?: readonly TimeSpan[];
  /** From top to bottom. */
  readonly panels: readonly TimePanel[];
}

const titlePx = 24;
const legendPx = 24;
const gapPx = 20;
const axisPx = 28;

/** The height of a chart over time, CSS pixels. */
export function timeChartHeightPx(panels: readonly TimePanel[]): number {
  return panels.reduce((sum, panel) => sum + headPx(panel) + panel.heightPx + gapPx, axisPx - gapPx);
}

/** Lines over time; the pointer marks the same instant in all plots. */
export function timeChart({ description, span, bands, marks = [], panels }: TimeChart): ChartOption {
  const areas = [
    ...bands.map((band) => areaOf(band, '@band')),
    ...marks.map((mark) => areaOf(mark, '@outage')),
  ];
  let topPx = 0;
  const tops = panels.map((panel) => {
    const top = topPx;
    topPx += headPx(panel) + panel.heightPx + gapPx;
    return top;
  });
  const last = panels.length - 1;
  return {
    ...commonParts(description),
    title: panels.map(({ title }, index) => ({
      text: title,
      left: 0,
      top: (tops[index] ?? 0) + 4,
      padding: 0,
      textStyle: { fontSize: 12, fontWeight: 600, color: '@muted' },
    })),
    legend: panels.map((panel, index) => ({
      show: panel.series.length > 1,
      data: panel.series.map(({ name }) => name),
      ...legendLook(),
      top: (tops[index] ?? 0) + titlePx - 4,
      type: 'scroll',
      pageIconColor: '@muted',
      pageTextStyle: { color: '@muted' },
    })),
    grid: panels.map((panel, index) => ({
      left: plotLeftPx,
      right: plotRightPx,
      top: (tops[index] ?? 0) + headPx(panel),
      height: panel.heightPx,
    })),
    tooltip: { ...tooltipLook(), trigger: 'axis' },
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    xAxis: panels.map((_, index) => timeAxis(span, index, index === last)),
    yAxis: panels.map((panel, index) => valueAxis(panel, index)),
    series: panels.flatMap((panel, index) =>
      panel.series.map((series, order) => lineOf(series, panel, index, order === 0 ? areas : [])),
    ),
  };
}

function headPx({ series }: TimePanel): number {
  return titlePx + (series.length > 1 ? legendPx : 4);
}

function valueAxis({ format, series, isLogarithmic = false, max }: TimePanel, grid: number): ChartOption {
  const look = axisLook(true);
  const shared = {
    ...look,
    gridIndex: grid,
    axisLabel: { ...(look.axisLabel as ChartOption), formatter: format },
  };
  if (!isLogarithmic)
    return {
      ...shared,
      type: 'value',
      min: 0,
      splitNumber: 4,
      ...(max === undefined ? {} : { max, interval: max / 4 }),
    };
  const values = series.flatMap(({ points }) =>
    points.flatMap(([, value]) => (value === null ? [] : [value])),
  );
  return { ...shared, type: 'log', ...decades(values) };
}

function lineOf(
  { name, color, points, look = 'line' }: TimeSeries,
  { format }: TimePanel,
  grid: number,
  areas: readonly ChartOption[][],
): ChartOption {
  return {
    name,
    type: 'line',
    xAxisIndex: grid,
    yAxisIndex: grid,
    color: `@${color}`,
    // A legend shows a series' symbol, and a line of many points has none.
    symbol: points.length === 1 ? 'circle' : 'none',
    symbolSize: 5,
    data: points,
    lineStyle: {
      width: look === 'dashed' || look === 'dotted' ? 1.5 : 1.8,
      type: look === 'dashed' || look === 'dotted' ? look : 'solid',
    },
    ...(look === 'area' ? { areaStyle: { opacity: 0.14 } } : {}),
    emphasis: { disabled: true },
    tooltip: { valueFormatter: format },
    ...(areas.length === 0 ? {} : { markArea: { silent: true, data: areas } }),
  };
}

function areaOf({ startSeconds, endSeconds }: TimeSpan, color: string): ChartOption[] {
  return [{ xAxis: startSeconds, itemStyle: { color } }, { xAxis: endSeconds }];
}
