import type { FromWorker } from '../workers/protocol.js';

/** Result of a phase. */
export interface PhaseEnd {
  /** Messages that were due, all lanes together. */
  readonly scheduled: number;
  /** When the last of them was sent, on the monotonic clock. */
  readonly endNs: number;
  /** Lanes that finished it. */
  readonly lanes: readonly string[];
}

/**
 * Which lanes have ended which phase, by name: a lane that ended a phase and died is not taken for another
 * one.
 */
export class PhaseTally {
  readonly #phases = new Map<number, Map<string, Omit<PhaseEnd, 'lanes'>>>();

  /** Forgets an earlier round of a phase that begins again. */
  begin(phase: number): void {
    this.#phases.delete(phase);
  }

  add(lane: string, message: Extract<FromWorker, { type: 'phaseDone' }>): void {
    const lanes = this.#phases.get(message.phase) ?? new Map<string, Omit<PhaseEnd, 'lanes'>>();
    this.#phases.set(message.phase, lanes);
    lanes.set(lane, { scheduled: message.scheduled, endNs: message.endNs });
  }

  /** Whether a lane has ended a phase. */
  has(phase: number, lane: string): boolean {
    return this.#phases.get(phase)?.has(lane) ?? false;
  }

  /** The result of a phase so far; undefined while no lane has ended it. */
  end(phase: number): PhaseEnd | undefined {
    const lanes = this.#phases.get(phase);
    if (lanes === undefined) return undefined;
    const ends = [...lanes.values()];
    return {
      lanes: [...lanes.keys()],
      scheduled: ends.reduce((sum, { scheduled }) => sum + scheduled, 0),
      endNs: Math.max(...ends.map(({ endNs }) => endNs)),
    };
  }
}
