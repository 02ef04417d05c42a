/** Part `index` of a whole. */
export interface Share {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** What a lane reads of a partition: the offsets o with o mod every = at. */
export interface PartitionShare {
  readonly partition: number;
  /** 1 for all of its offsets. */
  readonly every: number;
  /** See `every`. */
  readonly at: number;
}

/**
 * The lane of a machine's worker, among the workers of all machines.
 *
 * @param shard - each machine has as many workers
 */
export function laneOf(worker: Share, shard: Share): Share {
  return { index: shard.index * worker.of + worker.index, of: shard.of * worker.of };
}

/**
 * How many of the indexes 0 … count − 1 a lane has, where it has i, i + lanes, i + 2·lanes, …; over all lanes
 * they add up to `count`.
 */
export function indexesOf({ index, of }: Share, count: number): number {
  return Math.max(0, Math.ceil((count - index) / of));
}

/**
 * Divides the partitions of a reservoir among lanes; every offset of every partition belongs to exactly one
 * lane. With at least as many partitions as lanes, each lane has whole partitions; with fewer, the lanes of a
 * partition take turns with its offsets.
 */
export function partitionShares(partitions: number, lanes: number): PartitionShare[][] {
  return Array.from({ length: lanes }, (_, lane) => {
    if (partitions >= lanes) {
      const own = Array.from({ length: indexesOf({ index: lane, of: lanes }, partitions) });
      return own.map((_none, turn) => ({ partition: lane + turn * lanes, every: 1, at: 0 }));
    }
    const partition = lane % partitions;
    return [
      {
        partition,
        every: indexesOf({ index: partition, of: partitions }, lanes),
        at: Math.floor(lane / partitions),
      },
    ];
  });
}
