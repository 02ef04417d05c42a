import type { RunSummary } from '../../measure/summary.js';
import { findingText } from '../findingWords.js';
import type { PointData, RunTags } from './points.js';

/**
 * A run starts: an annotation.
 *
 * @param run - the run
 * @param startedAtMs - when, milliseconds since 1970
 * @returns the point
 */
export function startEvent(run: RunTags, startedAtMs: number): PointData {
  return event(run, 'start', startedAtMs, {
    title: `run ${run.run} starts`,
    text: `scenario ${run.scenario}, variant ${run.variant}`,
  });
}

/**
 * A phase: an annotation at its start. Once its end is known it is written anew, with the field `timeEnd`
 * (milliseconds since 1970): the same point, so that it spans the phase.
 *
 * @param run - the run
 * @param phase - the phase's name
 * @param startedAtMs - its start, milliseconds since 1970
 * @param endedAtMs - when its last message was sent, milliseconds since 1970; undefined while it goes on
 * @returns the point
 */
export function phaseEvent(
  run: RunTags,
  phase: string,
  startedAtMs: number,
  endedAtMs: number | undefined,
): PointData {
  const point = event(run, 'phase', startedAtMs, {
    title: phase,
    text: `phase ${phase} of run ${run.run}`,
  });
  return endedAtMs === undefined ? point : { ...point, integers: { timeEnd: Math.trunc(endedAtMs) } };
}

/**
 * A run has ended: an annotation with its verdict.
 *
 * @param run - the run
 * @param summary - its result
 * @returns the point
 */
export function endEvent(run: RunTags, { run: { endedAt }, verdict, reasons }: RunSummary): PointData {
  return event(run, 'end', Date.parse(endedAt), {
    title: `run ${run.run} ends: ${verdict}`,
    text: reasons.length === 0 ? 'every expectation held' : reasons.join('; '),
  });
}

/**
 * The outages of a run: annotations that span them.
 *
 * @param run - the run
 * @param summary - its result
 * @returns the points
 */
export function outageEvents(run: RunTags, { findings = [] }: RunSummary): PointData[] {
  return findings.flatMap((finding) => {
    if (finding.kind !== 'outage') return [];
    const startMs = Date.parse(finding.startedAt);
    const texts = { title: 'outage', text: findingText(finding) };
    const point = event(run, 'outage', startMs, texts);
    return [{ ...point, integers: { timeEnd: Math.trunc(startMs + finding.lengthMs) } }];
  });
}

function event(
  run: RunTags,
  kind: 'start' | 'phase' | 'outage' | 'end',
  timeMs: number,
  texts: { readonly title: string; readonly text: string },
): PointData {
  // The run folder keeps times as ISO texts, which cut off fractions of a millisecond.
  return { measurement: 'alertsim_event', tags: { ...run, kind }, texts, timeMs: Math.trunc(timeMs) };
}
