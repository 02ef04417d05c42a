/** From one point of a partition to the next, at least. */
const everyNs = 100e6;
/** With many partitions points are rarer: about 500 a second of a producer, all together. */
const everyNsPerPartition = 2e6;

/**
 * Notes which offset was due when, about each 100 ms of a partition, for groups that are watched by what they
 * commit: only of these messages is it known after they were sent. Every message before a pause is noted, too, and
 * the one after it, so that no time is interpolated across the pause.
 */
export class DuePoints {
  readonly #everyNs: number;
  /** When the last noted message of a partition was due. */
  readonly #notedNs: Float64Array;
  readonly #notedSequence: Float64Array;
  readonly #lastDueNs: Float64Array;
  readonly #lastSent: Float64Array;
  /** Sequence and offset of the last acknowledged message. */
  readonly #ackedSequence: Float64Array;
  readonly #ackedOffset: Float64Array;
  /** The first message of a partition that waits for its offset; Infinity for none. */
  readonly #awaited: Float64Array;
  /** Sequence, due time, and due time of the message before, of each message that waits. */
  readonly #waiting: number[][];
  /** Partition, offset and due time, in turn. */
  #points: number[] = [];

  constructor(partitions: number) {
    const filled = (value: number): Float64Array => new Float64Array(partitions).fill(value);
    this.#everyNs = Math.max(everyNs, partitions * everyNsPerPartition);
    this.#notedNs = filled(-Infinity);
    this.#notedSequence = filled(-1);
    this.#lastDueNs = filled(-Infinity);
    this.#lastSent = filled(-1);
    this.#ackedSequence = filled(-1);
    this.#ackedOffset = filled(-1);
    this.#awaited = filled(Infinity);
    this.#waiting = Array.from({ length: partitions }, () => []);
  }

  /** A message was handed over. */
  sent(partition: number, sequence: number, dueNs: number): void {
    if (dueNs - (this.#notedNs[partition] ?? 0) >= this.#everyNs) {
      this.#waiting[partition]?.push(sequence, dueNs, this.#lastDueNs[partition] ?? 0);
      this.#notedNs[partition] = dueNs;
      this.#notedSequence[partition] = sequence;
      if (this.#awaited[partition] === Infinity) this.#awaited[partition] = sequence;
    }
    this.#lastDueNs[partition] = dueNs;
    this.#lastSent[partition] = sequence;
  }

  /** A message was acknowledged. */
  acked(partition: number, sequence: number, offset: number): void {
    // With acks=0 a broker assigns offsets without telling.
    if (offset < 0) return;
    this.#ackedSequence[partition] = sequence;
    this.#ackedOffset[partition] = offset;
    if (sequence >= (this.#awaited[partition] ?? Infinity)) this.#note(partition, sequence, offset);
  }

  #note(partition: number, sequence: number, offset: number): void {
    const waiting = this.#waiting[partition] ?? [];
    let at = 0;
    for (; at < waiting.length && (waiting[at] ?? Infinity) <= sequence; at += 3) {
      // Messages of one producer follow each other, unless one failed.
      const own = offset - (sequence - (waiting[at] ?? 0));
      const dueNs = waiting[at + 1] ?? 0;
      const dueBeforeNs = waiting[at + 2] ?? 0;
      const isAfterPause = dueNs - dueBeforeNs >= this.#everyNs && dueBeforeNs > -Infinity && own > 0;
      if (isAfterPause) this.#points.push(partition, own - 1, dueBeforeNs);
      this.#points.push(partition, own, dueNs);
    }
    waiting.splice(0, at);
    this.#awaited[partition] = waiting[0] ?? Infinity;
  }

  /**
   * What was noted since the last call, and the last message of each partition that has nothing in flight:
   * partition, offset, and how long before an instant it was due, in microseconds.
   */
  take(untilNs: number): number[] {
    for (let partition = 0; partition < this.#lastSent.length; partition += 1) {
      const sequence = this.#lastSent[partition] ?? -1;
      const dueNs = this.#lastDueNs[partition] ?? 0;
      if (sequence < 0 || this.#ackedSequence[partition] !== sequence) continue;
      // Messages of a burst are due together: only their numbers say which is the last.
      if (sequence <= (this.#notedSequence[partition] ?? -1)) continue;
      this.#points.push(partition, this.#ackedOffset[partition] ?? 0, dueNs);
      this.#notedNs[partition] = dueNs;
      this.#notedSequence[partition] = sequence;
    }
    const points = this.#points;
    this.#points = [];
    for (let at = 2; at < points.length; at += 3)
      points[at] = Math.round((untilNs - (points[at] ?? 0)) / 1000);
    return points;
  }
}
