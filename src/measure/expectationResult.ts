export type ExpectationUnit =
  'microseconds' | 'count' | 'fraction' | 'perSecond' | 'bytesPerSecond' | 'cores';

export interface ExpectationResult {
  /** `ack.p99 < 50ms`. */
  readonly expect: string;
  /** Unit of `actual`; missing in version 0.1.0. */
  readonly unit?: ExpectationUnit | undefined;
  /** In the base unit; null without a sample. */
  readonly actual: number | null;
  /** False without a sample. */
  readonly passed: boolean;
  /** True for one that the scenario does not name: a target is expected to be reached. */
  readonly default?: true;
}
