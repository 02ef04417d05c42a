import { plotLeftPx, plotRightPx, tickSeconds, type TimeSpan } from '../html/charts/parts.js';
import {
  timeChart,
  timeChartHeightPx,
  type TimeChart,
  type TimePanel,
  type TimePoint,
  type TimeSeries,
} from '../html/charts/timeChart.js';
import type { Figure } from '../html/figure.js';
import { html, type Markup } from '../html/markup.js';
import type { TimeGroup } from './timeline.js';

/** What the charts over time have in common. */

/** What the charts over time cover: from the first point to the last. */
export function spanOf(groups: readonly TimeGroup[]): TimeSpan {
  const startSeconds = groups[0]?.startSeconds ?? 0;
  const endSeconds = groups.at(-1)?.endSeconds ?? 1;
  // Ticks count from the axis's start, and should be round.
  const tick = tickSeconds({ startSeconds, endSeconds });
  return { startSeconds: Math.floor(startSeconds / tick) * tick, endSeconds };
}

/** Target and achieved rate, a plot of a chart over time. */
export function ratePanel(groups: readonly TimeGroup[], heightPx: number): TimePanel {
  const target: TimePoint[] = groups.flatMap(({ startSeconds, endSeconds, targetPerSecond }): TimePoint[] => [
    [short(startSeconds), nullOr(targetPerSecond)],
    [short(endSeconds), nullOr(targetPerSecond)],
  ]);
  const achieved: TimeSeries = {
    name: 'Achieved',
    color: 'achieved',
    // Nothing is sent while consumers catch up, and the broker's rate means nothing then.
    points: pointsOf(groups, ({ phase, achievedPerSecond }) => (phase === null ? null : achievedPerSecond)),
    look: 'area',
  };
  const hasTarget = groups.some(({ targetPerSecond }) => targetPerSecond !== null);
  const due: TimeSeries = { name: 'Target', color: 'target', points: target, look: 'dashed' };
  return {
    title: 'Messages',
    format: '$perSecond',
    series: hasTarget ? [achieved, due] : [achieved],
    heightPx,
  };
}

/**
 * A value of each group, at the middle of its time.
 *
 * @param of - the value; undefined breaks the line
 */
export function pointsOf(
  groups: readonly TimeGroup[],
  of: (group: TimeGroup, index: number) => number | null | undefined,
): TimePoint[] {
  return groups.map((group, index) => [
    short((group.startSeconds + group.endSeconds) / 2),
    nullOr(of(group, index) ?? null),
  ]);
}

interface NamedSpan extends TimeSpan {
  readonly name: string | null;
}

/** The stretches of time that a chart shades: every other phase. */
export function phaseBands(groups: readonly TimeGroup[]): TimeSpan[] {
  return phaseSpans(groups).filter((_, index) => index % 2 === 0);
}

/** What a figure is of which all plots are in one chart over time, below the phases' names. */
export function timeView(
  label: string,
  groups: readonly TimeGroup[],
  chart: Omit<TimeChart, 'bands'>,
): Pick<Figure, 'views' | 'strip' | 'heightPx'> {
  return {
    views: [{ label, option: timeChart({ ...chart, bands: phaseBands(groups) }) }],
    strip: phaseStrip(groups, chart.span),
    heightPx: timeChartHeightPx(chart.panels),
  };
}

/**
 * The names of the phases above a chart over time; a name that does not fit is cut. Hidden from screen
 * readers, because the tables name the phases.
 */
export function phaseStrip(groups: readonly TimeGroup[], span: TimeSpan): Markup {
  const seconds = span.endSeconds - span.startSeconds;
  const percent = (value: number): string => `${((100 * value) / seconds).toFixed(3)}%`;
  return html`<div
    class="phase-strip"
    aria-hidden="true"
    style="margin-left:${plotLeftPx}px;margin-right:${plotRightPx}px"
  >
    ${phaseSpans(groups).map(
      ({ name, startSeconds, endSeconds }) =>
        html`<span
          title="${name ?? 'consumers catch up'}"
          style="left:${percent(startSeconds - span.startSeconds)};width:${percent(endSeconds - startSeconds)}"
          >${name ?? ''}</span
        >`,
    )}
  </div>`;
}

function phaseSpans(groups: readonly TimeGroup[]): NamedSpan[] {
  const spans: NamedSpan[] = [];
  for (const { phase, startSeconds, endSeconds } of groups) {
    const last = spans.at(-1);
    if (last?.name === phase) spans[spans.length - 1] = { ...last, endSeconds };
    else spans.push({ name: phase, startSeconds, endSeconds });
  }
  return spans;
}

function nullOr(value: number | null): number | null {
  return value === null ? null : short(value);
}

/** As many digits as a chart can show: half the page is such numbers. */
function short(value: number): number {
  return Number(value.toPrecision(6));
}
