/** What an expectation's value is counted in. */
export type ExpectationUnit =
  'microseconds' | 'count' | 'fraction' | 'perSecond' | 'bytesPerSecond' | 'cores';

/** An expectation, and what was found. */
export interface ExpectationResult {
  /** What was expected: `ack.p99 < 50ms`. */
  readonly expect: string;
  /** What `actual` is counted in; left out by version 0.1.0. */
  readonly unit?: ExpectationUnit | undefined;
  /** What was found, in the base unit; null without a sample. */
  readonly actual: number | null;
  /** Whether it held; false without a sample. */
  readonly passed: boolean;
  /** True for one that the scenario does not name: a target is expected to be reached. */
  readonly default?: true;
}
