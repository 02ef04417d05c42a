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
