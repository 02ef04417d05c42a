import type { RowMemory } from './rows.js';

/** Limit of the messages in a ring: a power of two, so that sequences of 32 bits find their places. */
const maxMessages = 1 << 17;

/**
 * Memory that messages are sent from without a copy: each keeps its place until its end is reported, then the
 * place is reused. Places are taken in order, round and round; a message that ends early waits for those
 * before it.
 */
export class PayloadRing implements RowMemory {
  /** Rows point into it. */
  readonly bytes: Buffer;
  readonly #starts = new Float64Array(maxMessages);
  readonly #ended = new Uint8Array(maxMessages);
  #oldest = 0;
  #next = 0;
  /** Where the next message begins, if there is room. */
  #head = 0;

  constructor(capacityBytes: number) {
    // Memory of its own, not from Node's pool; pages that are never written cost nothing. Not shared with
    // other threads: copying into shared memory takes half as long again.
    this.bytes = Buffer.from(new ArrayBuffer(capacityBytes));
  }

  /** All of it: see {@link RowMemory.lastingBytes}. */
  get lastingBytes(): number {
    return this.bytes.length;
  }

  /** Number of messages that have a place. */
  get messages(): number {
    return this.#next - this.#oldest;
  }

  /**
   * The sequence of the message that got the last place, from 0; its lower 32 bits are enough to release it.
   */
  get newest(): number {
    return this.#next - 1;
  }

  /** Takes a place for a message and returns its start; -1 while there is no room. */
  take(bytes: number): number {
    if (this.messages === maxMessages) return -1;
    const at = this.#roomFor(bytes);
    if (at < 0) return -1;
    const slot = this.#next % maxMessages;
    this.#starts[slot] = at;
    this.#ended[slot] = 0;
    this.#head = at + bytes;
    this.#next += 1;
    return at;
  }

  /**
   * Releases the place of a message whose end was reported.
   *
   * @param sequence - or the lower 32 bits of it
   */
  release(sequence: number): void {
    this.#ended[sequence % maxMessages] = 1;
    while (this.#oldest < this.#next && this.#ended[this.#oldest % maxMessages] === 1) this.#oldest += 1;
  }

  #roomFor(bytes: number): number {
    const capacity = this.bytes.length;
    if (this.messages === 0) return bytes <= capacity ? 0 : -1;
    const tail = this.#starts[this.#oldest % maxMessages] ?? 0;
    const head = this.#head;
    // A head on the tail would look like an empty ring, so the last byte before the tail stays free.
    if (head < tail) return head + bytes < tail ? head : -1;
    if (head + bytes <= capacity) return head;
    return bytes < tail ? 0 : -1;
  }
}
