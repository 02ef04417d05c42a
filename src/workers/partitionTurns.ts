/** How much a partition gets at a time where messages follow each other closely. */
export const runBytes = 65_536;

/** What a message counts for at least, so that small ones do not stay with one partition for long. */
export const leastBytes = 64;

/**
 * Which partition a message goes to: they take turns, message by message.
 *
 * Messages that follow each other closely take turns in runs of 64 kB, as a client without keys would send
 * them. A request is made for each partition, and its messages are walked through in the order of their
 * memory then: small ones go nearly twice as fast as where each partition gets every fourth message ([ADR
 * 0011](../../docs/adr/0011-few-in-flight.md)).
 */
export class PartitionTurns {
  readonly #partitions: number;
  #partition: number;
  #leftBytes = runBytes;

  /** @param first - the partition that begins */
  constructor(partitions: number, first: number) {
    this.#partitions = partitions;
    this.#partition = first;
  }

  /**
   * Takes the partition for a message.
   *
   * @param bytes - size of its value
   * @param inRuns - whether the partition keeps its turn until its run is full
   */
  take(bytes: number, inRuns: boolean): number {
    const partition = this.#partition;
    this.#leftBytes -= Math.max(leastBytes, bytes);
    if (!inRuns || this.#leftBytes <= 0) {
      this.#partition = partition + 1 === this.#partitions ? 0 : partition + 1;
      this.#leftBytes = runBytes;
    }
    return partition;
  }

  /**
   * Takes turns back: of messages that were not sent.
   *
   * @param partition - whose turn it is again, that of the first such message
   */
  returnTo(partition: number): void {
    this.#partition = partition;
    this.#leftBytes = runBytes;
  }
}
