import { plotLeftPx, plotRightPx, type TimeSpan } from '../html/charts/parts.js';
import { html, type Markup } from '../html/markup.js';
import type { TimeGroup } from './timeGroups.js';

interface NamedSpan extends TimeSpan {
  readonly name: string | null;
}

/** The stretches of time that a chart shades: every other phase. */
export function phaseBands(groups: readonly TimeGroup[]): TimeSpan[] {
  return phaseSpans(groups).filter((_, index) => index % 2 === 0);
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
