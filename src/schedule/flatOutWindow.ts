/**
 * Enough for two million messages a second over a loopback, and few enough that they stay in the processor's
 * caches.
 */
const firstMessages = 32_768;

/** The same for large messages: 50 ms of what a broker on the same machine takes. */
const firstBytes = 32e6;

/** How long a window is tried before it is judged. */
const trialNs = 5e8;

/** A window twice as large is worth its latency and memory only where the rate grows by this factor. */
const worthwhile = 1.15;

/**
 * How many messages may be in flight in a flat-out phase: as few as reach the rate.
 *
 * More in flight than the way to the broker holds do not arrive sooner. They wait in librdkafka's queue,
 * which makes every latency longer and every message a walk through memory that no cache holds: on two cores
 * with a broker beside it, 100-byte messages go at 1.7 million a second with 40,000 in flight, and at 0.9
 * million with 500,000; messages of 10 kB go as fast with 32 MB in flight as with 128 MB, and are answered in
 * 45 ms instead of 190. A distant broker needs more of them, so the window is doubled as long as that makes
 * the rate grow.
 */
export class FlatOutWindow {
  readonly #most: number;
  readonly #first: number;
  #messages: number;
  #trialStartNs: number | undefined;
  #ackedBefore = 0;
  #rateBefore = 0;
  #isSettled = false;
  #wasFull = false;

  /**
   * @param most - limit of the messages in flight
   * @param meanBytes - of a message's value
   */
  constructor(most: number, meanBytes: number) {
    this.#most = most;
    this.#first = Math.min(most, firstMessages, Math.max(1, Math.floor(firstBytes / Math.max(1, meanBytes))));
    this.#messages = this.#first;
  }

  /** How many messages may be in flight now. */
  get messages(): number {
    return this.#messages;
  }

  /** Notes that the window was what held messages back: only then is a larger one of use. */
  noteFull(): void {
    this.#wasFull = true;
  }

  /**
   * Judges the window when it has been tried for long enough.
   *
   * @param acked - messages acknowledged so far
   */
  judge(nowNs: number, acked: number): void {
    if (this.#isSettled) return;
    if (this.#trialStartNs === undefined) {
      this.#begin(nowNs, acked);
      return;
    }
    const elapsedNs = nowNs - this.#trialStartNs;
    if (elapsedNs < trialNs) return;
    const rate = (acked - this.#ackedBefore) / elapsedNs;
    const grew = rate >= worthwhile * this.#rateBefore;
    if (this.#rateBefore > 0 && !grew) {
      this.#messages = Math.max(this.#first, Math.floor(this.#messages / 2));
      this.#isSettled = true;
    } else if (this.#wasFull && this.#messages < this.#most) {
      this.#messages = Math.min(this.#most, 2 * this.#messages);
      this.#rateBefore = rate;
      this.#begin(nowNs, acked);
    } else {
      this.#begin(nowNs, acked);
    }
  }

  #begin(nowNs: number, acked: number): void {
    this.#trialStartNs = nowNs;
    this.#ackedBefore = acked;
    this.#wasFull = false;
  }
}
