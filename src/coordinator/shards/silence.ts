/** The most time that one look adds: time in which this process itself did not run tells nothing about the other. */
const mostPerLookMs = 500;

/**
 * How long somebody has told nothing, as far as this process was awake to hear it: a process that was itself stopped
 * for a while must not think that all others were silent.
 */
export class Silence {
  #lookedMs: number;
  #silentMs = 0;

  /**
   * @param nowMs - the start, milliseconds of a monotonic clock
   */
  constructor(nowMs: number) {
    this.#lookedMs = nowMs;
  }

  /**
   * Looks at the clock; call it often.
   *
   * @param nowMs - now, milliseconds of the same clock
   * @returns how long nothing was heard, milliseconds
   */
  look(nowMs: number): number {
    this.#silentMs += Math.min(mostPerLookMs, Math.max(0, nowMs - this.#lookedMs));
    this.#lookedMs = nowMs;
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
