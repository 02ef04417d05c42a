import { AlertSimError } from '../errors.js';

/**
 * Remembers what belongs to each message in flight, under a small integer that travels as librdkafka's opaque. No
 * object is made for a message.
 */
export class InFlightTable {
  readonly #lagUs: Float64Array;
  readonly #sequence: Float64Array;
  readonly #partition: Int32Array;
  readonly #phase: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;

  /**
   * @param capacity - the most messages that can be in flight: librdkafka's `queue.buffering.max.messages`
   */
  constructor(capacity: number) {
    this.#lagUs = new Float64Array(capacity);
    this.#sequence = new Float64Array(capacity);
    this.#partition = new Int32Array(capacity).fill(-1);
    this.#phase = new Int32Array(capacity);
    this.#free = new Int32Array(capacity);
    for (let slot = 0; slot < capacity; slot += 1) this.#free[slot] = capacity - 1 - slot;
    this.#freeCount = capacity;
  }

  /** How many more messages it has room for. */
  get room(): number {
    return this.#freeCount;
  }

  /**
   * Takes a slot.
   *
   * @param lagUs - the message's schedule lag, microseconds
   * @param partition - where it goes, 0 or more
   * @param sequence - its sequence among this producer's messages for its partition
   * @param phase - the phase that it is due in
   * @returns the slot; it belongs to this message until it is given back
   * @throws `INTERNAL` where there is no room: two messages in one slot would falsify what is measured of both
   */
  take(lagUs: number, partition: number, sequence: number, phase: number): number {
    if (this.#freeCount === 0) {
      throw new AlertSimError('INTERNAL', `more than ${this.#free.length} messages are in flight`);
    }
    this.#freeCount -= 1;
    const slot = this.#free[this.#freeCount] ?? 0;
    this.#lagUs[slot] = lagUs;
    this.#partition[slot] = partition;
    this.#sequence[slot] = sequence;
    this.#phase[slot] = phase;
    return slot;
  }

  /**
   * The schedule lag of a slot's message.
   *
   * @param slot - a slot that is taken
   * @returns microseconds
   */
  lagUs(slot: number): number {
    return this.#lagUs[slot] ?? 0;
  }

  /**
   * The sequence of a slot's message.
   *
   * @param slot - a slot that is taken
   * @returns its sequence among this producer's messages for its partition
   */
  sequence(slot: number): number {
    return this.#sequence[slot] ?? 0;
  }

  /**
   * The phase of a slot's message.
   *
   * @param slot - a slot that is taken
   * @returns the phase that it is due in
   */
  phase(slot: number): number {
    return this.#phase[slot] ?? 0;
  }

  /**
   * Gives a slot back.
   *
   * @param slot - a slot that is taken
   * @throws `INTERNAL` for a slot that is not taken: it would be handed out twice
   */
  release(slot: number): void {
    if ((this.#partition[slot] ?? -1) < 0) {
      throw new AlertSimError('INTERNAL', `message ${slot} was answered, but is not in flight`);
    }
    this.#partition[slot] = -1;
    this.#free[this.#freeCount] = slot;
    this.#freeCount += 1;
  }

  /**
   * The messages that are in flight.
   *
   * @returns partition and sequence of each
   */
  *inFlight(): Generator<{ readonly partition: number; readonly sequence: number }> {
    for (let slot = 0; slot < this.#partition.length; slot += 1) {
      const partition = this.#partition[slot] ?? -1;
      if (partition >= 0) yield { partition, sequence: this.#sequence[slot] ?? 0 };
    }
  }
}
