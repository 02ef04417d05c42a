import type { ChartOption } from '../figure.js';

/** Left edge of the plot within a chart over time: the same in all, so that they can be compared. */
export const plotLeftPx = 64;
/** See {@link plotLeftPx}. */
export const plotRightPx = 14;

/** How numbers are written: a function of the page's script. */
export type NumberFormat =
  | '$count'
  | '$perSecond'
  | '$short'
  | '$latency'
  | '$duration'
  | '$milliseconds'
  | '$bytes'
  | '$bytesPerSecond'
  | '$percent'
  | '$cores';

export interface TimeSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/**
 * Common parts of all charts: no animation, because a report is not a show; a tooltip that stays within the
 * chart; and the description that is read out instead of the picture.
 */
export function commonParts(description: string): ChartOption {
  return {
    animation: false,
    aria: { enabled: true, label: { description } },
    backgroundColor: 'transparent',
  };
}

/** The look of a tooltip. */
export function tooltipLook(): ChartOption {
  return {
    confine: true,
    transitionDuration: 0,
    backgroundColor: '@surface',
    borderColor: '@line',
    textStyle: { color: '@text', fontSize: 12 },
    axisPointer: { type: 'line', lineStyle: { color: '@muted' } },
  };
}

/** The look of the legend of lines. */
export function legendLook(): ChartOption {
  return {
    left: 0,
    itemWidth: 16,
    itemHeight: 8,
    itemGap: 10,
    padding: [2, 0],
    textStyle: { color: '@text', fontSize: 12 },
    inactiveColor: '@line',
  };
}

/**
 * The look of an axis.
 *
 * @param isValueAxis - whether it is the one of the measured values, which has the grid's lines
 */
export function axisLook(isValueAxis: boolean): ChartOption {
  return {
    axisLabel: { color: '@muted', fontSize: 11, hideOverlap: true },
    axisLine: { show: !isValueAxis, lineStyle: { color: '@line' } },
    axisTick: { show: !isValueAxis, lineStyle: { color: '@line' } },
    splitLine: { show: isValueAxis, lineStyle: { color: '@grid' } },
    minorSplitLine: { show: false },
  };
}

/** An axis of time. */
export function timeAxis(
  { startSeconds, endSeconds }: TimeSpan,
  grid: number,
  hasLabels: boolean,
): ChartOption {
  const look = axisLook(false);
  return {
    ...look,
    type: 'value',
    gridIndex: grid,
    min: startSeconds,
    max: endSeconds,
    interval: tickSeconds({ startSeconds, endSeconds }),
    axisLabel: {
      ...(look.axisLabel as ChartOption),
      show: hasLabels,
      showMaxLabel: false,
      formatter: '$clock',
    },
    axisPointer: { label: { formatter: '$clockLabel' } },
  };
}

/**
 * A logarithmic axis that covers whole decades; 1 to 10 without a value.
 *
 * @param values - above 0
 */
export function decades(values: Iterable<number>): { readonly min: number; readonly max: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { min: 1, max: 10 };
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  return { min: 10 ** first, max: 10 ** last };
}

/** The time between two ticks of an axis of time, seconds. */
export function tickSeconds({ startSeconds, endSeconds }: TimeSpan): number {
  return roundSeconds((endSeconds - startSeconds) / 8);
}

/**
 * The next duration that looks right on a clock: 1, 2, 5, 10, 15, 30 s, the same in minutes, or whole hours.
 */
function roundSeconds(seconds: number): number {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  return steps.find((step) => step >= seconds) ?? Math.ceil(seconds / 3600) * 3600;
}
