/** When the messages of a phase are due: a pure function of their index. */
export interface Schedule {
  /** Infinity for a flat-out phase. */
  readonly count: number;
  readonly durationNs: number;
  /**
   * When a message is due, nanoseconds after the phase's start, never less than that of the message before.
   *
   * @param index - from 0; below `count`
   */
  readonly dueNs: (index: number) => number;
  /**
   * The rate whose inverse is the usual distance of neighbouring messages at a time: workers sleep by it.
   * Infinity flat out.
   *
   * @param tNs - after the phase's start
   */
  readonly targetPerSecondAt: (tNs: number) => number;
}

/**
 * How many messages a schedule wants sent before an instant. It is found among the due times themselves, so
 * the two never disagree by a rounding error: message n − 1 is due before the instant, and message n is not.
 * Infinity flat out once the phase has begun.
 *
 * @param tNs - after the phase's start
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
