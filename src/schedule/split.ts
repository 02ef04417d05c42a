/** Part `index` of a whole. */
export interface Share {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** What a producer reads of a partition: the offsets o with o mod every = at. */
export interface PartitionShare {
  readonly partition: number;
  /** 1 for all of its offsets. */
  readonly every: number;
  /** See `every`. */
  readonly at: number;
}

/**
 * How many of the indexes 0 … count − 1 a producer has, where it has i, i + producers, i + 2·producers, …; over all producers
 * they add up to `count`.
 */
export function indexesOf({ index, of }: Share, count: number): number {
  return Math.max(0, Math.ceil((count - index) / of));
}

/**
 * Divides the partitions of a reservoir among producers; every offset of every partition belongs to exactly one
 * producer. With at least as many partitions as producers, each producer has whole partitions; with fewer, the producers of a
 * partition take turns with its offsets.
 */
export function partitionShares(partitions: number, producers: number): PartitionShare[][] {
  return Array.from({ length: producers }, (_, producer) => {
    if (partitions >= producers) {
      const own = Array.from({ length: indexesOf({ index: producer, of: producers }, partitions) });
      return own.map((_none, turn) => ({ partition: producer + turn * producers, every: 1, at: 0 }));
    }
    const partition = producer % partitions;
    return [
      {
        partition,
        every: indexesOf({ index: partition, of: partitions }, producers),
        at: Math.floor(producer / partitions),
      },
    ];
  });
}
