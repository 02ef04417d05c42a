/** Of a watch that looks many times a second: time in which this process itself did not run tells nothing. */
const mostPerWatchMs = 500;

/**
 * How long somebody has told nothing, as far as this process was awake to hear it: a process that was itself stopped
 * for a while must not think that all others were silent.
 */
export class Silence {
  readonly #mostPerLookMs: number;
  #lookedMs: number;
  #silentMs = 0;

  /**
   * @param nowMs - the start, milliseconds of a monotonic clock
   * @param mostPerLookMs - the most time that one look adds, milliseconds; above the time between two looks
   */
  constructor(nowMs: number, mostPerLookMs = mostPerWatchMs) {
    this.#lookedMs = nowMs;
    this.#mostPerLookMs = mostPerLookMs;
  }

  /**
   * Looks at the clock; call it often. Time in which nobody could have been heard counts as one look at the most.
   *
   * @param nowMs - now, milliseconds of the same clock
   * @returns how long nothing was heard, milliseconds
   */
  look(nowMs: number): number {
    this.#silentMs += Math.min(this.#mostPerLookMs, Math.max(0, nowMs - this.#lookedMs));
    this.#lookedMs = nowMs;
    return this.#silentMs;
  }

  /** How long nothing was heard as of the last look, milliseconds. */
  get silentMs(): number {
    return this.#silentMs;
  }

  /**
   * Something was heard.
   *
   * @param nowMs - now, milliseconds of the same clock
   * @returns how long the silence was that it ended, milliseconds
   */
  heard(nowMs: number): number {
    const silentMs = this.look(nowMs);
    this.#silentMs = 0;
    return silentMs;
  }
}
