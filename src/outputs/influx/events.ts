import type { RunSummary } from '../../measure/summary.js';
import { findingText } from '../../report/words.js';
import type { PointData, RunTags } from './points.js';

/** An annotation: a run starts. */
export function startEvent(run: RunTags, startedAtMs: number): PointData {
  return event(run, 'start', startedAtMs, {
    title: `run ${run.run} starts`,
    text: `scenario ${run.scenario}, variant ${run.variant}`,
  });
}

/**
 * An annotation at a phase's start. Once its end is known it is written again, with the field `timeEnd`
 * (milliseconds since 1970): the same point, so that it spans the phase.
 *
 * @param endedAtMs - when its last message was sent, milliseconds since 1970; undefined while it is running
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

/** An annotation with a run's verdict: it has ended. */
export function endEvent(run: RunTags, { run: { endedAt }, verdict, reasons }: RunSummary): PointData {
  return event(run, 'end', Date.parse(endedAt), {
    title: `run ${run.run} ends: ${verdict}`,
    text: reasons.length === 0 ? 'every expectation held' : reasons.join('; '),
  });
}

/** Annotations that span the outages of a run. */
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
