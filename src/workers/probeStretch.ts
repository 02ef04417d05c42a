import type { LanePhase, ProbeOrder, ToWorker } from './protocol.js';

type PhaseOrder = Extract<ToWorker, { type: 'phase' }>;

/**
 * A probe as a phase.
 *
 * @param phase - its number
 * @param probe - the probe
 * @returns the phase that a lane sends
 */
export function probePhase(phase: number, { pacing }: ProbeOrder): LanePhase {
  return { name: `probe ${phase}`, pacing };
}

/**
 * Which messages of an order are sent, but not judged.
 *
 * @param order - the order
 * @returns under which number, and until which due time; undefined for an order without a probe
 */
export function unjudged({
  startNs,
  probe,
}: PhaseOrder): { readonly phase: number; readonly untilNs: number } | undefined {
  return probe === undefined ? undefined : { phase: probe.besidePhase, untilNs: startNs + probe.settleNs };
}

/**
 * Under which number a lane tells what it counts: of a probe, what is acknowledged while the rate is judged is told
 * apart from what is acknowledged before and after.
 *
 * @param order - the order
 * @param nowNs - the time, nanoseconds of the machine's monotonic clock
 * @returns the number
 */
export function stretchAt({ phase, startNs, probe }: PhaseOrder, nowNs: number): number {
  if (probe === undefined) return phase;
  const sinceNs = nowNs - startNs;
  return sinceNs >= probe.settleNs && sinceNs < probe.pacing.durationNs ? phase : probe.besidePhase;
}
