/** One machine of a run on several. */
export interface ShardSummary {
  /** From 0. */
  readonly shard: number;
  /** Null for one that never came. */
  readonly host: string | null;
  /** How far its clock may be off from the broker's at most; null for one that never came. */
  readonly clockBoundUs: number | null;
  /** Problems, a sentence each. */
  readonly notes: readonly string[];
}

/** The machines of a run on several. */
export interface ShardsSummary {
  readonly runKey: string;
  readonly shards: readonly ShardSummary[];
  /** How far a time from one machine to another may be off. */
  readonly clockBoundUs: number;
  /** What that means for the latencies, a sentence. */
  readonly clockNote: string;
}
