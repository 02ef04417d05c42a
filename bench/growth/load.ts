/** A constant rate of messages, its producers and consumers: a cost belongs to it. */
export interface GrowthLoad {
  /** Messages. */
  readonly perSecond: number;
  /** Size of a message. */
  readonly bytes: number;
  /** Threads that send. */
  readonly workers: number;
  /** Of the stream. */
  readonly partitions: number;
  /** Consumer groups of one member each that read it. */
  readonly groups: number;
}

/** Alerts that a producer keeps in memory: the default of `replay.prefetch`. */
export const prefetchBytes = 32e6;

/** The number of different alerts that are sent: as many as a producer keeps, at most 10,000. */
export function alertCount({ bytes }: Pick<GrowthLoad, 'bytes'>): number {
  return Math.max(1, Math.min(10_000, Math.floor(prefetchBytes / bytes)));
}
