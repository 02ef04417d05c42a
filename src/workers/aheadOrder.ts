import type { ConstantPacing, Pacing, RampPacing, StairsPacing, VisitsPacing } from '../schedule/pacing.js';
import { indexesOf, type Share } from '../schedule/split.js';

/** Whether a phase can send alerts that are made while they are sent: its schedule is known before. */
export function isForAhead(
  pacing: Pacing,
): pacing is ConstantPacing | RampPacing | StairsPacing | VisitsPacing {
  return ['constant', 'ramp', 'stairs', 'visits'].includes(pacing.kind);
}

/** A phase of alerts that are made while they are sent. */
export interface AheadPhase {
  /** Messages of all producers together. */
  readonly count: number;
  /** It begins with a multiple of this many alerts: those of a visit, or 1. */
  readonly visitAlerts: number;
}

/**
 * Which alert each message of a producer is, over all phases: producers take turns, and a phase goes on where the one
 * before it would have ended. So no alert is sent twice, however many producers there are, and a visit begins with
 * its first alert.
 */
export class AheadOrder {
  /** This producer's messages of all phases. */
  readonly total: number;
  readonly #producer: Share;
  /** Of each phase: the first alert of all producers, and this producer's messages before it. */
  readonly #phases: readonly { readonly first: number; readonly own: number }[];

  /**
   * @param phases - the last one may be without end
   * @param firstIndex - of the first alert of the first phase
   */
  constructor(phases: readonly AheadPhase[], producer: Share, firstIndex: number) {
    this.#producer = producer;
    let first = firstIndex;
    let own = 0;
    this.#phases = phases.map(({ count, visitAlerts }) => {
      first = Math.ceil(first / visitAlerts) * visitAlerts;
      const phase = { first, own };
      first += count;
      own += indexesOf(producer, count);
      return phase;
    });
    this.total = own;
  }

  /** This producer's messages before a phase. */
  ownBefore(phase: number): number {
    return this.#phases[phase]?.own ?? 0;
  }

  /**
   * The alert of a message.
   *
   * @param number - among this producer's messages of all phases, from 0
   */
  indexAt(number: number): number {
    const phase = this.#phases.findLast(({ own }) => own <= number) ?? { first: 0, own: 0 };
    return phase.first + this.#producer.index + (number - phase.own) * this.#producer.of;
  }
}
