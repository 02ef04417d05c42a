import { kafkaErrors } from '../kafka/kafkaErrors.js';
import { monotonicNs } from '../workers/clock.js';
import type { FromWorker } from '../workers/protocol.js';

/** What a service has sent. */
export interface ServeCounts {
  readonly visits: number;
  readonly acked: number;
  /** Of the values that were handed over. */
  readonly bytes: number;
  /** Acknowledged more than a second after they were due. */
  readonly late: number;
  /** Left out, because they would have been too late. */
  readonly missed: number;
  /** Handed over, and not acknowledged in time: they may have arrived. */
  readonly unanswered: number;
  /** Rejected by the broker. */
  readonly failed: number;
}

/** Visits whose alerts are all answered or left out, since the last report. */
export interface ServedVisits extends ServeCounts {
  /** Number of the first of them. */
  readonly first: number;
  /** Longest acknowledgement time of 99 % of them; undefined where there is none. */
  readonly ackP99Us: number | undefined;
}

/** What a tally reports. */
export type TallyEvent =
  | ({ readonly kind: 'visits' } & ServedVisits)
  /** The broker has acknowledged nothing for so long, and alerts wait for it. */
  | { readonly kind: 'waits'; readonly seconds: number }
  | { readonly kind: 'goesOn'; readonly seconds: number };

/** An alert that is acknowledged later after it was due counts as late. */
const lateUs = 1e6;

/** Without an acknowledgement for this long, a broker counts as away. */
const awayNs = 10e9;

export const nothingSent: ServeCounts = {
  visits: 0,
  acked: 0,
  bytes: 0,
  late: 0,
  missed: 0,
  unanswered: 0,
  failed: 0,
};

/** Counts what a service sends, and reports each visit when all of its alerts are answered or left out. */
export class ServeTally {
  readonly #alerts: number;
  readonly #onEvent: (event: TallyEvent) => void;
  readonly #nowNs: () => number;
  #all = nothingSent;
  #reported = nothingSent;
  #acks = new Map<number, number>();
  /** Of this connection: the first visit, and what was answered or left out. */
  #session = { first: 0, settled: 0, reported: 0 };
  #ackedNs: number;
  #awaySinceNs: number | undefined;

  /** @param alerts - of a visit */
  constructor(alerts: number, onEvent: (event: TallyEvent) => void, nowNs: () => number = monotonicNs) {
    this.#alerts = alerts;
    this.#onEvent = onEvent;
    this.#nowNs = nowNs;
    this.#ackedNs = nowNs();
  }

  get all(): ServeCounts {
    return this.#all;
  }

  get visits(): number {
    return this.#all.visits;
  }

  /** A connection begins, with a visit. */
  begin(first: number): void {
    this.#session = { first, settled: 0, reported: 0 };
    this.#ackedNs = this.#nowNs();
  }

  take(report: Pick<Extract<FromWorker, { type: 'producer' }>, 'counts' | 'latencies' | 'inFlight'>): void {
    const { counts, latencies, inFlight } = report;
    const { acked, failed, bytes, missed = 0, failures } = counts;
    const unanswered = failures.reduce(
      (sum, [code, count]) => sum + (code === kafkaErrors.messageTimedOut ? count : 0),
      0,
    );
    let late = 0;
    for (const { latency, counts: pairs } of latencies) {
      for (let at = 0; at < pairs.length; at += 2) {
        const value = pairs[at] ?? 0;
        const count = pairs[at + 1] ?? 0;
        if (latency === 'response' && value > lateUs) late += count;
        if (latency === 'ack') this.#acks.set(value, count + (this.#acks.get(value) ?? 0));
      }
    }
    this.#session.settled += acked + failed + missed;
    this.#all = sumOf(this.#all, {
      ...{ visits: 0, acked, bytes, late, missed, unanswered, failed: failed - unanswered },
    });
    this.#watch(acked, inFlight);
    this.#report(Math.floor(this.#session.settled / this.#alerts));
  }

  /** A connection has ended: what it has begun is part of the result. */
  end(): void {
    this.#report(Math.ceil(this.#session.settled / this.#alerts));
  }

  /**
   * Reports visits that are done. What comes each second may belong to the next one already: it counts there.
   *
   * @param done - visits of this connection
   */
  #report(done: number): void {
    const { first, settled, reported } = this.#session;
    const visits = done - reported;
    if (visits <= 0) return;
    const alerts = Math.min(done * this.#alerts, settled) - reported * this.#alerts;
    let rest = alerts;
    const part = (key: 'missed' | 'unanswered' | 'failed'): number => {
      const count = Math.min(rest, this.#all[key] - this.#reported[key]);
      rest -= count;
      return count;
    };
    const [missed, unanswered, failed] = [part('missed'), part('unanswered'), part('failed')];
    const late = Math.min(rest, this.#all.late - this.#reported.late);
    const bytes = this.#all.bytes - this.#reported.bytes;
    const one = { visits, acked: rest, bytes, late, missed, unanswered, failed };
    this.#all = { ...this.#all, visits: this.#all.visits + visits };
    this.#onEvent({
      kind: 'visits',
      first: first + reported,
      ...one,
      ackP99Us: percentile(this.#acks, 0.99),
    });
    this.#session.reported = done;
    this.#reported = sumOf(this.#reported, one);
    this.#acks = new Map();
  }

  #watch(acked: number, inFlight: number): void {
    const nowNs = this.#nowNs();
    if (acked > 0 || inFlight === 0) {
      const since = this.#awaySinceNs;
      this.#awaySinceNs = undefined;
      this.#ackedNs = nowNs;
      if (since !== undefined && acked > 0) this.#onEvent({ kind: 'goesOn', seconds: (nowNs - since) / 1e9 });
      return;
    }
    if (this.#awaySinceNs !== undefined || nowNs - this.#ackedNs < awayNs) return;
    this.#awaySinceNs = this.#ackedNs;
    this.#onEvent({ kind: 'waits', seconds: (nowNs - this.#ackedNs) / 1e9 });
  }
}

/** Both together, and nothing else that either has. */
export function sumOf(one: ServeCounts, other: ServeCounts): ServeCounts {
  return {
    visits: one.visits + other.visits,
    acked: one.acked + other.acked,
    bytes: one.bytes + other.bytes,
    late: one.late + other.late,
    missed: one.missed + other.missed,
    unanswered: one.unanswered + other.unanswered,
    failed: one.failed + other.failed,
  };
}

function percentile(counts: ReadonlyMap<number, number>, share: number): number | undefined {
  const values = [...counts].sort(([a], [b]) => a - b);
  const total = values.reduce((sum, [, count]) => sum + count, 0);
  let passed = 0;
  return values.find(([, count]) => (passed += count) >= share * total)?.[0];
}
