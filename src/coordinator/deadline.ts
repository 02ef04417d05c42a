import type { RunControl } from '../workers/control.js';

/** Node's timers hold 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Ends a run in order that takes longer than its scenario allows, with what was measured until then. */
export class Deadline {
  readonly #timer: NodeJS.Timeout | undefined;
  #overSeconds: number | undefined;

  /**
   * @param limitNs - undefined for no limit
   * @param control - stopped when the time is over
   */
  constructor(limitNs: number | undefined, control: RunControl) {
    if (limitNs === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#overSeconds = limitNs / 1e9;
        control.stop();
      },
      Math.min(limitNs / 1e6, longestTimerMs),
    );
  }

  /** The limit that the run was ended at; undefined while the time is not over. */
  get overSeconds(): number | undefined {
    return this.#overSeconds;
  }

  /** The run has ended. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
