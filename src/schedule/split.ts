/** Which part of a whole. */
export interface Share {
  /** Which one, from 0. */
  readonly index: number;
  /** Of how many. */
  readonly of: number;
}

/** What a lane reads of a partition: the offsets o with o mod every = at. */
export interface PartitionShare {
  /** The partition. */
  readonly partition: number;
  /** 1 for all of its offsets. */
  readonly every: number;
  /** See `every`. */
  readonly at: number;
}

/**
 * The lane that a worker of a machine is, among the workers of all machines.
 *
 * @param worker - which worker of this machine's workers
 * @param shard - which machine of all machines; each has as many workers
 * @returns the lane
 */
export function laneOf(worker: Share, shard: Share): Share {
  return { index: shard.index * worker.of + worker.index, of: shard.of * worker.of };
}

/**
 * How many of the indexes 0 … count − 1 a lane has, where it has i, i + lanes, i + 2·lanes, …
 *
 * @param lane - the lane
 * @param count - how many indexes there are
 * @returns the number of its indexes; over all lanes they add up to `count`
 */
export function indexesOf({ index, of }: Share, count: number): number {
  return Math.max(0, Math.ceil((count - index) / of));
}

/**
 * Divides the partitions of a reservoir among lanes. With at least as many partitions as lanes, each lane has whole
 * partitions; with fewer, the lanes of a partition take turns with its offsets.
 *
 * @param partitions - how many partitions there are
 * @param lanes - how many lanes
 * @returns for each lane what it reads; every offset of every partition belongs to exactly one lane
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
