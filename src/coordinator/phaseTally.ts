import type { FromWorker } from '../workers/protocol.js';

/** Result of a phase. */
export interface PhaseEnd {
  /** Messages that were due, all producers together. */
  readonly scheduled: number;
  /** When the last of them was sent, on the monotonic clock. */
  readonly endNs: number;
  /** Producers that finished it. */
  readonly producers: readonly string[];
}

/**
 * Which producers have ended which phase, by name: a producer that ended a phase and died is not taken for another
 * one.
 */
export class PhaseTally {
  readonly #phases = new Map<number, Map<string, Omit<PhaseEnd, 'producers'>>>();

  /** Forgets an earlier round of a phase that begins again. */
  begin(phase: number): void {
    this.#phases.delete(phase);
  }

  add(producer: string, message: Extract<FromWorker, { type: 'phaseDone' }>): void {
    const producers = this.#phases.get(message.phase) ?? new Map<string, Omit<PhaseEnd, 'producers'>>();
    this.#phases.set(message.phase, producers);
    producers.set(producer, { scheduled: message.scheduled, endNs: message.endNs });
  }

  /** Whether a producer has ended a phase. */
  has(phase: number, producer: string): boolean {
    return this.#phases.get(phase)?.has(producer) ?? false;
  }

  /** The result of a phase so far; undefined while no producer has ended it. */
  end(phase: number): PhaseEnd | undefined {
    const producers = this.#phases.get(phase);
    if (producers === undefined) return undefined;
    const ends = [...producers.values()];
    return {
      producers: [...producers.keys()],
      scheduled: ends.reduce((sum, { scheduled }) => sum + scheduled, 0),
      endNs: Math.max(...ends.map(({ endNs }) => endNs)),
    };
  }
}
