/** A constant rate of messages, and who sends and reads it: what a cost is said of. */
export interface GrowthLoad {
  /** Messages a second. */
  readonly perSecond: number;
  /** Size of a message, bytes. */
  readonly bytes: number;
  /** Worker threads that send. */
  readonly workers: number;
  /** Partitions of the stream. */
  readonly partitions: number;
  /** Consumer groups of one member each that read it. */
  readonly groups: number;
}

/** How much of the alerts a lane keeps in memory, bytes: the default of `replay.prefetch`. */
export const prefetchBytes = 32e6;

/** How many different alerts are sent: as many as a lane keeps, and 10,000 at most. */
export function alertCount({ bytes }: Pick<GrowthLoad, 'bytes'>): number {
  return Math.max(1, Math.min(10_000, Math.floor(prefetchBytes / bytes)));
}
