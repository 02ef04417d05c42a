import type { BrokerRead } from './brokerRead.js';
import { metricsBetween } from './metricsBetween.js';
import type { BrokerMetricName } from '../../results/values.js';

/** A broker's metrics over a span of time. */
export interface MetricsOfBroker {
  /** Undefined where it was not reported. */
  readonly brokerId: string | undefined;
  readonly metrics: Readonly<Partial<Record<BrokerMetricName, number>>>;
}

/**
 * The reads of one broker, handed out as metrics of consecutive spans: each from the read at which the
 * previous span ended to the newest one, so that nothing is counted twice or left out.
 */
export class ReadHistory {
  readonly #slackMs: number;
  readonly #reads: BrokerRead[] = [];
  #toldUntil: BrokerRead | undefined;

  /** @param intervalMs - how often the broker is read */
  constructor(intervalMs: number) {
    this.#slackMs = 2 * intervalMs;
  }

  /** Adds a read, unless it is earlier than the last one, because a clock was set back. */
  add(read: BrokerRead): void {
    const last = this.#reads.at(-1);
    if (last !== undefined && read.atMs <= last.atMs) return;
    this.#reads.push(read);
    if (this.#reads.length > keptReads) this.#reads.shift();
  }

  /**
   * The metrics of a span of time; undefined where no read has come since the span before, or only long ago.
   *
   * @param fromMs - since 1970
   * @param toMs - since 1970
   */
  metrics(fromMs: number, toMs: number): MetricsOfBroker | undefined {
    const end = this.#reads.at(-1);
    if (end === undefined || end === this.#toldUntil || toMs - end.atMs > this.#slackMs) return undefined;
    const start = this.#startOf(fromMs, end);
    this.#toldUntil = end;
    if (start === undefined) return undefined;
    return { brokerId: end.brokerId, metrics: metricsBetween(start, end) };
  }

  #startOf(fromMs: number, end: BrokerRead): BrokerRead | undefined {
    const told = this.#toldUntil;
    if (told !== undefined && fromMs - told.atMs <= this.#slackMs) return told;
    // No one asked for a while, as between two phases: what happened then belongs to no span.
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
