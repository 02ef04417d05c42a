/** What a ring holds of a message. */
export interface RingEntry {
  /** Among the messages of the producer, from 0. */
  readonly number: number;
  /** Where its value begins, in the whole memory. */
  readonly at: number;
  readonly bytes: number;
}

/** Positions are counted in units, so that 32 bits reach 16 GiB. */
const unitBytes = 8;
/** Before each value: its number, and its size. */
const entryUnits = 2;
const headBytes = 64;
/** A stop that comes just before the sleep wakes no one. */
const longestSleepMs = 100;
/** Instead of a number: the ring goes on at its beginning. */
const wraps = -1;

/** Flags of a ring. */
const flag = { head: 0, tail: 1, stopped: 2, ended: 3, isFull: 4 } as const;
/** After the flags: which message is wanted next. */
const wantedAt = 32;

/**
 * Messages on their way from one thread that makes them to one that sends them, in shared memory: no message is
 * copied on the way, and none is made while there is no room for it. One thread writes, one reads.
 */
export class AheadRing {
  readonly #bytes: Buffer;
  readonly #flags: Int32Array;
  readonly #wanted: BigInt64Array;
  readonly #numbers: Float64Array;
  readonly #from: number;
  readonly #units: number;
  #open = 0;
  #seenTail = 0;

  /**
   * @param shared - new memory is an empty ring
   * @param from - where the ring begins, a multiple of 8
   * @param bytes - of the ring, its flags included
   */
  constructor(shared: SharedArrayBuffer, from: number, bytes: number) {
    this.#flags = new Int32Array(shared, from, wantedAt / 4);
    this.#wanted = new BigInt64Array(shared, from + wantedAt, 1);
    this.#from = from + headBytes;
    this.#units = Math.floor((bytes - headBytes) / unitBytes);
    this.#numbers = new Float64Array(shared, this.#from, this.#units);
    this.#bytes = Buffer.from(shared);
  }

  /** Size of the largest value that it can ever hold. */
  get largestBytes(): number {
    return (this.#units - entryUnits - 1) * unitBytes;
  }

  /** Whether nothing more is wanted. */
  get stopped(): boolean {
    return Atomics.load(this.#flags, flag.stopped) !== 0;
  }

  stop(): void {
    Atomics.store(this.#flags, flag.stopped, 1);
    Atomics.notify(this.#flags, flag.tail);
  }

  /** Whether the writer writes nothing more. */
  get ended(): boolean {
    return Atomics.load(this.#flags, flag.ended) !== 0;
  }

  end(): void {
    Atomics.store(this.#flags, flag.ended, 1);
  }

  /** Whether the writer is as far ahead as it can be, or half as far. */
  get isAhead(): boolean {
    if (this.ended || Atomics.load(this.#flags, flag.isFull) !== 0) return true;
    const filled = Atomics.load(this.#flags, flag.head) - Atomics.load(this.#flags, flag.tail);
    return (filled + this.#units) % this.#units > this.#units / 2;
  }

  /** Messages below this number are not wanted any more. */
  get wanted(): number {
    return Number(Atomics.load(this.#wanted, 0));
  }

  want(number: number): void {
    Atomics.store(this.#wanted, 0, BigInt(number));
    Atomics.notify(this.#flags, flag.tail);
  }

  /**
   * The writer's: room for a value, to be written before {@link publish}; undefined while there is none.
   *
   * @param number - of the message, above that of the one before
   * @param bytes - at most {@link largestBytes}
   */
  roomFor(number: number, bytes: number): Buffer | undefined {
    const needed = entryUnits + Math.ceil(bytes / unitBytes);
    const head = Atomics.load(this.#flags, flag.head);
    const tail = Atomics.load(this.#flags, flag.tail);
    this.#seenTail = tail;
    const at = this.#placeFor(needed, head, tail);
    if (at === undefined) return undefined;
    if (at !== head) this.#numbers[head] = wraps;
    this.#numbers[at] = number;
    this.#numbers[at + 1] = bytes;
    this.#open = (at + needed) % this.#units;
    const from = this.#from + (at + entryUnits) * unitBytes;
    return this.#bytes.subarray(from, from + bytes);
  }

  /** Hands the value over that was written last. */
  publish(): void {
    Atomics.store(this.#flags, flag.head, this.#open);
  }

  /** The writer's, after there was no room: sleeps until there may be, or something else is wanted; a moment at most. */
  waitForRoom(): void {
    Atomics.store(this.#flags, flag.isFull, 1);
    if (!this.stopped) Atomics.wait(this.#flags, flag.tail, this.#seenTail, longestSleepMs);
  }

  /** The reader's: the oldest message; undefined while there is none. */
  peek(): RingEntry | undefined {
    let tail = Atomics.load(this.#flags, flag.tail);
    if (tail === Atomics.load(this.#flags, flag.head)) return undefined;
    if (this.#numbers[tail] === wraps) {
      Atomics.store(this.#flags, flag.tail, 0);
      tail = 0;
      if (Atomics.load(this.#flags, flag.head) === 0) return undefined;
    }
    return {
      number: this.#numbers[tail] ?? 0,
      at: this.#from + (tail + entryUnits) * unitBytes,
      bytes: this.#numbers[tail + 1] ?? 0,
    };
  }

  /** The reader's: gives the room of the oldest message back. */
  release({ bytes }: RingEntry): void {
    const tail = Atomics.load(this.#flags, flag.tail);
    const next = (tail + entryUnits + Math.ceil(bytes / unitBytes)) % this.#units;
    Atomics.store(this.#flags, flag.tail, next);
    Atomics.notify(this.#flags, flag.tail);
  }

  /** A head on the tail is an empty ring, so a unit before the tail stays free. */
  #placeFor(needed: number, head: number, tail: number): number | undefined {
    if (head < tail) return head + needed < tail ? head : undefined;
    const isAtEnd = head + needed === this.#units;
    if (head + needed < this.#units || (isAtEnd && tail > 0)) return head;
    return needed < tail ? 0 : undefined;
  }
}
