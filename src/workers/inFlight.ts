import { AlertSimError } from '../errors.js';
import { RangeSet } from '../measure/rangeSet.js';

/** One partition's messages: those with the sequences 0 to next − 1 were numbered. */
interface Numbered {
  next: number;
  /** The sequences that were answered; because brokers answer in order, that is nearly always one range. */
  readonly answered: RangeSet;
  /** From which sequence on messages belong to which phase, ascending. */
  readonly starts: { readonly sequence: number; readonly phase: number }[];
}

/**
 * Numbers a producer's messages for each partition, and knows which of them are not answered yet.
 *
 * Nothing is kept for a message: its sequence travels through librdkafka as its opaque and identifies it. A
 * table with an entry for each of half a million messages in flight, which this was once, costs more cache
 * misses than all else that is done for a message of 100 bytes.
 */
export class InFlight {
  readonly #capacity: number;
  readonly #partitions: readonly Numbered[];
  #count = 0;

  /**
   * @param partitions - of the topic
   * @param capacity - limit of the messages in flight, below 2^32
   * @param first - the first sequence of each partition; default 0
   */
  constructor(partitions: number, capacity: number, first: readonly number[] = []) {
    this.#capacity = capacity;
    this.#partitions = Array.from({ length: partitions }, (_, partition) => {
      const next = first[partition] ?? 0;
      return { next, answered: new RangeSet(next === 0 ? [] : [0, next]), starts: [] };
    });
  }

  /** How many more messages there is room for. */
  get room(): number {
    return this.#capacity - this.#count;
  }

  /**
   * Numbers the next message: its sequence among this producer's messages for its partition.
   *
   * @param phase - the phase that it is due in
   */
  take(partition: number, phase: number): number {
    const numbered = this.#of(partition);
    const { next: sequence, starts } = numbered;
    if (starts[starts.length - 1]?.phase !== phase) starts.push({ sequence, phase });
    numbered.next = sequence + 1;
    this.#count += 1;
    return sequence;
  }

  /** Takes the number of the last message of a partition back: it was not handed over. */
  takeBack(partition: number): void {
    const numbered = this.#of(partition);
    numbered.next -= 1;
    this.#count -= 1;
    const { starts } = numbered;
    if (starts[starts.length - 1]?.sequence === numbered.next) starts.pop();
  }

  /**
   * Notes that a message was answered, and returns its sequence.
   *
   * @param lower - the lower 32 bits of its sequence
   * @throws `INTERNAL` for a message that is not in flight, which would be counted twice
   */
  answer(partition: number, lower: number): number {
    const numbered = this.#of(partition);
    // Less than 2^32 are in flight, so the one before `next` with these lower bits is meant.
    const behind = (((numbered.next - 1) >>> 0) - lower) >>> 0;
    const sequence = numbered.next - 1 - behind;
    if (sequence < 0 || !numbered.answered.add(sequence)) {
      throw new AlertSimError(
        'INTERNAL',
        `message ${lower} of partition ${partition} was answered, but is not in flight`,
      );
    }
    this.#count -= 1;
    return sequence;
  }

  /** The phase that a message is due in. */
  phase(partition: number, sequence: number): number {
    const { starts } = this.#of(partition);
    let at = starts.length - 1;
    while (at > 0 && (starts[at]?.sequence ?? 0) > sequence) at -= 1;
    return starts[at]?.phase ?? 0;
  }

  /** The messages that are in flight. */
  *unanswered(): Generator<{ readonly partition: number; readonly sequence: number }> {
    for (const [partition, { next, answered }] of this.#partitions.entries()) {
      let sequence = 0;
      for (let edge = 0; edge <= answered.edges.length; edge += 2) {
        const end = answered.edges[edge] ?? next;
        for (; sequence < end; sequence += 1) yield { partition, sequence };
        sequence = answered.edges[edge + 1] ?? next;
      }
    }
  }

  #of(partition: number): Numbered {
    const numbered = this.#partitions[partition];
    if (numbered === undefined)
      throw new AlertSimError('INTERNAL', `the topic is not known to have a partition ${partition}`);
    return numbered;
  }
}
