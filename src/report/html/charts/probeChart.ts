import type { ChartOption } from '../figure.js';
import { axisLook, commonParts, decades, plotLeftPx, plotRightPx, tooltipLook } from './parts.js';

/** A probe of a search. */
export interface ProbePoint {
  /** Above 0. */
  readonly ratePerSecond: number;
  /** Null where nothing was measured. */
  readonly p99Us: number | null;
  readonly outcome: 'held' | 'failed' | 'harness';
}

/** Shapes distinguish the outcomes for people who see no colours. */
const looks = {
  held: { name: 'Held', symbol: 'circle', color: '@achieved' },
  failed: { name: 'Failed', symbol: 'diamond', color: '@response' },
  harness: { name: 'Set aside', symbol: 'emptyTriangle', color: '@muted' },
} as const;

/**
 * The rates that a search tried: each with its p99 and outcome.
 *
 * @param found - the rate that was found, drawn as a line; null where there is none
 */
export function probeChart(
  description: string,
  points: readonly ProbePoint[],
  found: number | null,
): ChartOption {
  const look = axisLook(true);
  const shown = points.flatMap((point) =>
    point.p99Us === null ? [] : [{ ...point, p99Us: Math.max(1, point.p99Us) }],
  );
  const mark = {
    silent: true,
    symbol: 'none',
    label: { formatter: 'found', color: '@text', fontSize: 11 },
    lineStyle: { color: '@text', type: 'dashed' },
    data: found === null ? [] : [{ xAxis: found }],
  };
  return {
    ...commonParts(description),
    legend: { left: 0, top: 0, itemWidth: 16, itemHeight: 10, textStyle: { color: '@text', fontSize: 12 } },
    grid: { left: plotLeftPx, right: plotRightPx + 12, top: 46, bottom: 46 },
    tooltip: { ...tooltipLook(), trigger: 'item' },
    xAxis: {
      ...look,
      type: 'value',
      scale: true,
      name: 'Rate that was tried',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: '@muted', fontSize: 11 },
      axisLabel: { ...(look.axisLabel as ChartOption), formatter: '$perSecond' },
    },
    yAxis: {
      ...look,
      type: 'log',
      ...decades(shown.map(({ p99Us }) => p99Us)),
      axisLabel: { ...(look.axisLabel as ChartOption), formatter: '$latency' },
    },
    series: (['held', 'failed', 'harness'] as const).map((outcome, index) => ({
      ...looks[outcome],
      type: 'scatter',
      symbolSize: 11,
      data: shown
        .filter((point) => point.outcome === outcome)
        .map(({ ratePerSecond, p99Us }) => [ratePerSecond, p99Us]),
      ...(index === 0 ? { markLine: mark } : {}),
    })),
  };
}
