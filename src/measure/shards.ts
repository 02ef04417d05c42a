/** One machine of a run on several. */
export interface ShardSummary {
  /** Which one, from 0. */
  readonly shard: number;
  /** The machine's name; null for one that never came. */
  readonly host: string | null;
  /** How far its clock may be off from the broker's at the most, microseconds; null for one that never came. */
  readonly clockBoundUs: number | null;
  /** What befell it, a sentence each; empty when all went well. */
  readonly notes: readonly string[];
}

/** The machines of a run on several. */
export interface ShardsSummary {
  /** What all of them had in common. */
  readonly runKey: string;
  /** Each machine, in order. */
  readonly shards: readonly ShardSummary[];
  /** How far a time from one machine to another may be off, microseconds. */
  readonly clockBoundUs: number;
  /** What that means for the figures, a sentence. */
  readonly clockNote: string;
}
