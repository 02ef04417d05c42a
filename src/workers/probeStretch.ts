import type { LoadPhase, ProbeOrder, ToWorker } from './protocol.js';

type PhaseOrder = Extract<ToWorker, { type: 'phase' }>;

/** A probe as a phase of a producer. */
export function probePhase(phase: number, { pacing }: ProbeOrder): LoadPhase {
  return { name: `probe ${phase}`, pacing };
}

/**
 * Messages of an order that are sent, but not judged: under which number, and until which due time; undefined
 * for an order without a probe.
 */
export function unjudged({
  startNs,
  probe,
}: PhaseOrder): { readonly phase: number; readonly untilNs: number } | undefined {
  return probe === undefined ? undefined : { phase: probe.besidePhase, untilNs: startNs + probe.settleNs };
}

/**
 * The number under which a producer reports what it counts: of a probe, what is acknowledged while the rate is
 * judged is separate from what is acknowledged before and after.
 *
 * @param nowNs - of the machine's monotonic clock
 */
export function stretchAt({ phase, startNs, probe }: PhaseOrder, nowNs: number): number {
  if (probe === undefined) return phase;
  const sinceNs = nowNs - startNs;
  return sinceNs >= probe.settleNs && sinceNs < probe.lengthNs ? phase : probe.besidePhase;
}
