/** One hour: larger values are recorded as this, and counted. */
export const highestUs = 3_600_000_000;

/**
 * HdrHistogram's classes for three significant digits from 1 µs on: values below 2,048 each have a class of
 * their own; above, each power of two is cut into 1,024. Worked example: 5,000 lies between 2^12 and 2^13, so
 * its class is two wide, shift 2: index (2 << 10) + (5000 >>> 2) = 3,298, whose smallest value is (3298 −
 * 2048) << 2 = 5,000.
 */
const smallest = 2048;
const shiftBits = 10;
const classes = (21 << shiftBits) + smallest;

/**
 * Counts latencies by HdrHistogram's own classes. Recording a value is a few integer operations, a tenth of
 * the library's `recordValue`, at up to four values a message; the counts go into a histogram once an
 * interval, without losing a digit, where all workers' are merged. Justified by the benchmark `micro` (recording a value).
 */
export class LatencyCounts {
  readonly #counts = new Float64Array(classes);
  #lowest = classes;
  #highest = -1;
  #negative = 0;
  #clipped = 0;

  /** Number of values below zero since the last take; they count as 0. */
  get negative(): number {
    return this.#negative;
  }

  /** Number of values above one hour since the last take; they count as one hour. */
  get clipped(): number {
    return this.#clipped;
  }

  /** Whether nothing was recorded since the last take. */
  get isEmpty(): boolean {
    return this.#highest < 0;
  }

  /** Fractions are cut off. */
  record(microseconds: number): void {
    let value = 0;
    if (microseconds < 0) this.#negative += 1;
    else if (microseconds > highestUs) {
      this.#clipped += 1;
      value = highestUs;
    } else value = microseconds >>> 0;
    let index = value;
    if (value >= smallest) {
      const shift = 21 - Math.clz32(value);
      index = (shift << shiftBits) + (value >>> shift);
    }
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    if (index < this.#lowest) this.#lowest = index;
    if (index > this.#highest) this.#highest = index;
  }

  /**
   * Takes what was recorded since the last call.
   *
   * @returns the smallest value of each class that has any, followed by their number
   */
  take(): number[] {
    const taken: number[] = [];
    for (let index = this.#lowest; index <= this.#highest; index += 1) {
      const count = this.#counts[index] ?? 0;
      if (count > 0) taken.push(valueOf(index), count);
    }
    this.#counts.fill(0, this.#lowest, this.#highest + 1);
    this.#lowest = classes;
    this.#highest = -1;
    this.#negative = 0;
    this.#clipped = 0;
    return taken;
  }
}

function valueOf(index: number): number {
  if (index < smallest) return index;
  const shift = (index >> shiftBits) - 1;
  return (index - (shift << shiftBits)) * 2 ** shift;
}
