import type { RunControl } from '../workers/control.js';
import type { WorkerFailure } from './pool.js';

/** Node's timers hold 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Ends a run in order that takes longer than its scenario allows, with what was measured until then. */
export class Deadline {
  readonly #timer: NodeJS.Timeout | undefined;
  #failure: WorkerFailure | undefined;

  /**
   * @param limitNs - undefined for no limit
   * @param control - stopped when the time is over
   */
  constructor(limitNs: number | undefined, control: RunControl) {
    if (limitNs === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#failure = {
          name: 'deadline',
          code: 'EXPECTATION_FAILED',
          message: `the run took longer than its limits.deadline of ${limitNs / 1e9} s and was ended`,
        };
        control.stop();
      },
      Math.min(limitNs / 1e6, longestTimerMs),
    );
  }

  /** Why the run was ended; undefined while the time is not over. */
  get failure(): WorkerFailure | undefined {
    return this.#failure;
  }

  /** The run has ended. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}
