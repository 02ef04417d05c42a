import type { LatencySummary } from '../results/values.js';

/** What was measured of a consumer group while a load was sent. */
export interface GroupFigures {
  /** In the scenario. */
  readonly name: string;
  /** Whether its members are workers of the run. */
  readonly own: boolean;
  readonly lagMessages: number | null;
  /** Of a watched group the age of the oldest uncommitted alert; else how long it takes to read what is left. */
  readonly lagUs: number | null;
  /** The longest time from a visit's last alert until all was read; null where it never was. */
  readonly drainUs: number | null;
  readonly endToEnd?: LatencySummary | undefined;
  readonly commitLatency?: LatencySummary | undefined;
  readonly committedWithin60s?: number | null | undefined;
  /** Median time between two commits; null where it is not known, or the group is the run's own. */
  readonly commitIntervalSeconds: number | null;
}
