/** When the messages of a phase are due: a pure function of their index. */
export interface Schedule {
  /** How many messages are due; Infinity for a phase that sends as many as it can. */
  readonly count: number;
  /** How long the phase is, nanoseconds. */
  readonly durationNs: number;
  /**
   * When a message is due.
   *
   * @param index - which message, from 0; below `count`
   * @returns nanoseconds after the phase's start, never less than that of the message before
   */
  readonly dueNs: (index: number) => number;
  /**
   * The rate that is asked for.
   *
   * @param tNs - nanoseconds after the phase's start
   * @returns messages per second; Infinity flat out
   */
  readonly targetPerSecondAt: (tNs: number) => number;
}

/**
 * How many messages a schedule wants sent before an instant. It is found among the due times themselves, so the two
 * never disagree by a rounding error: message n − 1 is due before the instant, and message n is not.
 *
 * @param schedule - the schedule
 * @param tNs - nanoseconds after the phase's start
 * @returns messages, from 0 to `count`; Infinity flat out once the phase has begun
 */
export function targetCountBy(schedule: Schedule, tNs: number): number {
  const { count, dueNs } = schedule;
  if (count === Infinity) return tNs > 0 ? Infinity : 0;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (dueNs(middle) < tNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
