import type { BrokerFigureName } from '../../measure/brokerFigures.js';
import type { BrokerRead } from './brokerRead.js';
import { figuresBetween } from './figuresBetween.js';

/** The figures of one broker over a span of time. */
export interface FiguresOfBroker {
  /** The broker's id; undefined where it did not tell. */
  readonly brokerId: string | undefined;
  /** The figures. */
  readonly figures: Readonly<Partial<Record<BrokerFigureName, number>>>;
}

/**
 * The reads of one broker, handed out as figures of one span after the other: each from the read at which the span
 * before it ended to the newest one, so that nothing is told twice and nothing is left out.
 */
export class ReadHistory {
  readonly #slackMs: number;
  readonly #reads: BrokerRead[] = [];
  #toldUntil: BrokerRead | undefined;

  /**
   * @param intervalMs - how often the broker is read, milliseconds
   */
  constructor(intervalMs: number) {
    this.#slackMs = 2 * intervalMs;
  }

  /**
   * Takes in a read.
   *
   * @param read - later than those before; one that is not is left out, since a clock was set back
   */
  add(read: BrokerRead): void {
    const last = this.#reads.at(-1);
    if (last !== undefined && read.atMs <= last.atMs) return;
    this.#reads.push(read);
    if (this.#reads.length > keptReads) this.#reads.shift();
  }

  /**
   * The figures of a span of time.
   *
   * @param fromMs - its start, milliseconds since 1970
   * @param toMs - its end, milliseconds since 1970
   * @returns undefined where no read has come since the span before, or only long ago
   */
  figures(fromMs: number, toMs: number): FiguresOfBroker | undefined {
    const end = this.#reads.at(-1);
    if (end === undefined || end === this.#toldUntil || toMs - end.atMs > this.#slackMs) return undefined;
    const start = this.#startOf(fromMs, end);
    this.#toldUntil = end;
    if (start === undefined) return undefined;
    return { brokerId: end.brokerId, figures: figuresBetween(start, end) };
  }

  #startOf(fromMs: number, end: BrokerRead): BrokerRead | undefined {
    const told = this.#toldUntil;
    if (told !== undefined && fromMs - told.atMs <= this.#slackMs) return told;
    // Nobody asked for a while, as between two phases: what happened then belongs to no span.
    const away = ({ atMs }: BrokerRead): number => Math.abs(atMs - fromMs);
    const before = this.#reads.filter((read) => read !== end);
    const nearest = before.reduce<BrokerRead | undefined>(
      (best, read) => (best === undefined || away(read) < away(best) ? read : best),
      undefined,
    );
    return nearest === undefined || away(nearest) > this.#slackMs ? undefined : nearest;
  }
}

const keptReads = 30;
