/** For a watch that looks many times a second: time in which this process itself did not run says nothing. */
const mostPerWatchMs = 500;

/**
 * How long someone has been silent, as far as this process was awake to hear it: a process that was itself
 * stopped for a while must not think that all others were silent.
 */
export class Silence {
  readonly #mostPerLookMs: number;
  #lookedMs: number;
  #silentMs = 0;

  /**
   * @param nowMs - the start, on a monotonic clock
   * @param mostPerLookMs - maximum time that one look adds; above the time between two looks
   */
  constructor(nowMs: number, mostPerLookMs = mostPerWatchMs) {
    this.#lookedMs = nowMs;
    this.#mostPerLookMs = mostPerLookMs;
  }

  /**
   * Looks at the clock and returns how long nothing was heard; call it often. Time in which nothing could
   * have been heard counts as one look at most.
   *
   * @param nowMs - of the same clock
   */
  look(nowMs: number): number {
    this.#silentMs += Math.min(this.#mostPerLookMs, Math.max(0, nowMs - this.#lookedMs));
    this.#lookedMs = nowMs;
    return this.#silentMs;
  }

  /** How long nothing was heard as of the last look. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /**
   * Something was heard: returns the length of the silence that it ended, milliseconds.
   *
   * @param nowMs - of the same clock
   */
  heard(nowMs: number): number {
    const silentMs = this.look(nowMs);
    this.#silentMs = 0;
    return silentMs;
  }
}
