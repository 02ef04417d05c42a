import { LineQueue, type LineUnit } from './lineQueue.js';
import type { PointSink, WriteOutcome } from './pointSink.js';

/** How points are delivered. */
export interface DeliveryRules {
  /** Lines of one request. */
  readonly batchLines: number;
  /** Lines that may wait in memory. */
  readonly queueLines: number;
  /** How long the server has to answer, milliseconds. */
  readonly timeoutMs: number;
  /** The first pause after a failure, milliseconds; it doubles with each further one. */
  readonly firstPauseMs: number;
  /** The longest pause after a failure, milliseconds. */
  readonly longestPauseMs: number;
}

/** Rules that serve: the queue is about five minutes of a run with all four latencies, in some 10 MB. */
export const defaultRules: DeliveryRules = {
  batchLines: 5000,
  queueLines: 50_000,
  timeoutMs: 5000,
  firstPauseMs: 500,
  longestPauseMs: 5000,
};

/** What came of it. */
export interface Delivered {
  /** Lines that arrived. */
  delivered: number;
  /** Lines that the server will never take. */
  rejected: number;
  /** The first fault, with the way out; undefined when there was none. */
  fault: string | undefined;
}

/**
 * Delivers lines while a run goes on: one request at a time, each awaited; what fails is tried again after a pause.
 * Nobody waits for it before the end.
 */
export class LiveDelivery {
  /** What came of it until now. */
  readonly result: Delivered = { delivered: 0, rejected: 0, fault: undefined };
  readonly #sink: PointSink;
  readonly #rules: DeliveryRules;
  readonly #onFault: (fault: string) => void;
  readonly #queue: LineQueue;
  #untilMs = Infinity;
  #failures = 0;
  #idle = false;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  /**
   * @param sink - the server
   * @param rules - how
   * @param onFault - told of the first fault, when it happens
   */
  constructor(sink: PointSink, rules: DeliveryRules, onFault: (fault: string) => void) {
    this.#sink = sink;
    this.#rules = rules;
    this.#onFault = onFault;
    this.#queue = new LineQueue(rules.queueLines);
    this.#ended = this.#deliver();
  }

  /** The times of intervals that memory had no room for; the run folder has them. */
  get letGo(): ReadonlySet<string> {
    return this.#queue.letGo;
  }

  /**
   * Adds lines to be delivered, and returns at once.
   *
   * @param unit - the lines
   */
  add(unit: LineUnit): void {
    this.#queue.add(unit);
    if (this.#idle) this.#wake();
  }

  /**
   * Delivers what waits; gives up at a deadline, or when the server refuses.
   *
   * @param withinMs - how long it may take, milliseconds
   * @returns whether nothing is left to be delivered
   */
  async finish(withinMs: number): Promise<boolean> {
    this.#untilMs = performance.now() + withinMs;
    this.#wake();
    await this.#ended;
    return this.#queue.lines === 0;
  }

  async #deliver(): Promise<void> {
    const { batchLines, timeoutMs } = this.#rules;
    for (;;) {
      const units = this.#queue.take(batchLines);
      if (units.length === 0) {
        if (this.#untilMs < Infinity) return;
        this.#idle = true;
        await this.#sleep(undefined);
        this.#idle = false;
        continue;
      }
      const lines = units.flatMap((unit) => unit.lines);
      const leftMs = this.#untilMs - performance.now();
      if (leftMs <= 0) {
        this.#queue.putBack(units);
        this.#note('the server took the points too slowly: some were left when the run ended');
        return;
      }
      const outcome = await this.#sink.write(lines, Math.min(timeoutMs, leftMs));
      if (outcome.kind !== 'delivered') this.#note(outcome.fault);
      if (outcome.kind === 'delivered' || outcome.kind === 'partly') {
        this.#count(outcome, lines.length);
        this.#failures = 0;
        continue;
      }
      this.#queue.putBack(units);
      this.#failures += 1;
      if (this.#isHopeless(outcome)) return;
      await this.#sleep(this.#pauseMs());
    }
  }

  #count(outcome: WriteOutcome, lines: number): void {
    const rejected = outcome.kind === 'partly' ? outcome.rejected : 0;
    this.result.delivered += lines - rejected;
    this.result.rejected += rejected;
  }

  #note(fault: string): void {
    if (this.result.fault !== undefined) return;
    this.result.fault = fault;
    this.#onFault(fault);
  }

  /** At the end nobody waits for a server to be mended, nor beyond the deadline. */
  #isHopeless({ kind }: WriteOutcome): boolean {
    if (this.#untilMs === Infinity) return false;
    return kind === 'refused' || performance.now() + this.#pauseMs() >= this.#untilMs;
  }

  #pauseMs(): number {
    const { firstPauseMs, longestPauseMs } = this.#rules;
    if (this.#untilMs < Infinity) return firstPauseMs;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1));
  }

  /** A pause, for ever where no length is given; `#wake` ends it. */
  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      // A run that ended otherwise is not kept alive by it.
      timer?.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
