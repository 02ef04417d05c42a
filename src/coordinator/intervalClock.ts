/**
 * How long after the last producer's report an interval stays open: consumers report at the same instant, a
 * little later.
 */
const graceMs = 120;

/** With a silent producer an interval ends by the clock, after this time. */
const longestMs = 1500;

/** While consumers catch up no producer reports: intervals are this long. */
const drainMs = 1000;

const watchMs = 250;

/**
 * Decides where the run's intervals end. Producers report each second of a phase, a moment after it has passed;
 * an interval ends where their reports end, so that counts and length match. Cut by a clock of its own, an
 * interval of 1.2 s would hold the reports of one second, and its rate would be wrong by a fifth.
 */
export class IntervalClock {
  readonly #producers: number;
  readonly #flush: (endMs: number) => void;
  readonly #watch: NodeJS.Timeout;
  readonly #untilMs = new Map<string, number>();
  #grace: NodeJS.Timeout | undefined;
  #inPhase = false;
  #endedMs: number;

  /**
   * @param producers - how many producers report
   * @param flush - ends the interval at an instant, since 1970
   */
  constructor(producers: number, flush: (endMs: number) => void) {
    this.#producers = producers;
    this.#flush = flush;
    this.#endedMs = Date.now();
    this.#watch = setInterval(() => {
      const nowMs = Date.now();
      if (nowMs - this.#endedMs >= (this.#inPhase ? longestMs : drainMs)) this.#end(nowMs);
    }, watchMs);
  }

  /**
   * A phase begins or has ended; the interval was ended with it.
   *
   * @param inPhase - whether producers report from here on
   * @param atMs - since 1970
   */
  phase(inPhase: boolean, atMs: number): void {
    this.#inPhase = inPhase;
    this.#begin(atMs);
  }

  /** @param untilMs - end of the reported time, since 1970 */
  reported(producer: string, untilMs: number): void {
    this.#untilMs.set(producer, untilMs);
    if (this.#untilMs.size < this.#producers || this.#grace !== undefined) return;
    this.#grace = setTimeout(() => {
      const ends = [...this.#untilMs.values()];
      this.#end(ends.reduce((sum, end) => sum + end, 0) / ends.length);
    }, graceMs);
  }

  stop(): void {
    clearInterval(this.#watch);
    clearTimeout(this.#grace);
  }

  #end(endMs: number): void {
    this.#begin(endMs);
    this.#flush(endMs);
  }

  #begin(atMs: number): void {
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#untilMs.clear();
    this.#endedMs = atMs;
  }
}
