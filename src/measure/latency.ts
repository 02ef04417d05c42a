import { build, encodeIntoCompressedBase64, JsHistogram, type Histogram } from 'hdr-histogram-js';
import type { LatencySummary } from '../results/values.js';
import { highestUs } from './latencyCounts.js';

/**
 * Every value of one latency, in microseconds, with three significant digits.
 *
 * Values below zero cannot happen on one clock; they are recorded as 0 and counted, never dropped.
 */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    // With 32 bits, hours at full rate overflow the count of one small value, and the run ends with an error.
    bitBucketSize: 64,
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  #negative = 0;
  #clipped = 0;

  /** Fractions are cut off. */
  record(microseconds: number): void {
    if (microseconds < 0) {
      this.#negative += 1;
      this.#histogram.recordValue(0);
    } else if (microseconds > highestUs) {
      this.#clipped += 1;
      this.#histogram.recordValue(highestUs);
    } else {
      this.#histogram.recordValue(Math.trunc(microseconds));
    }
  }

  /** Number of values below zero; they count as 0. */
  get negative(): number {
    return this.#negative;
  }

  /** Number of values above one hour; they count as one hour. */
  get clipped(): number {
    return this.#clipped;
  }

  /** The underlying HdrHistogram, to merge, encode or iterate. */
  get histogram(): Histogram {
    return this.#histogram;
  }

  /**
   * Adds the values of another histogram.
   *
   * @param other - the values, microseconds
   * @param negative - how many of its values were below zero
   * @param clipped - how many of its values were above one hour
   */
  add(other: Histogram, negative: number, clipped: number): void {
    this.#histogram.add(other);
    this.#negative += negative;
    this.#clipped += clipped;
  }

  /**
   * Adds the values of an interval.
   *
   * @param counts - a value and how many there are, one after the other
   * @param negative - how many of them were below zero
   * @param clipped - how many of them were above one hour
   */
  addCounts(counts: readonly number[], negative: number, clipped: number): void {
    for (let at = 0; at < counts.length; at += 2)
      this.#histogram.recordValueWithCount(counts[at] ?? 0, counts[at + 1] ?? 0);
    this.#negative += negative;
    this.#clipped += clipped;
  }

  /** HdrHistogram's compressed format (V2), base64: other tools read it. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
    this.#negative = 0;
    this.#clipped = 0;
  }

  /** How many values lie above a limit, as exactly as three significant digits allow. */
  countAbove(microseconds: number): number {
    const h = this.#histogram;
    if (!(h instanceof JsHistogram)) throw new TypeError('only the JavaScript histogram can be walked');
    let left = h.totalCount;
    let above = 0;
    for (let cell = 0; left > 0 && cell < h.countsArrayLength; cell += 1) {
      const count = h.getCountAtIndex(cell);
      left -= count;
      if (count > 0 && h.valueFromIndex(cell) > microseconds) above += count;
    }
    return above;
  }

  summary(): LatencySummary {
    const h = this.#histogram;
    const count = h.totalCount;
    if (count === 0) {
      return { count, p50: null, p90: null, p95: null, p99: null, p999: null, max: null, mean: null };
    }
    // HdrHistogram takes the upper end or the middle of a bucket for its values, which may lie above the
    // largest one.
    const at = (percentile: number): number => Math.min(h.maxValue, h.getValueAtPercentile(percentile));
    return {
      count,
      p50: at(50),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max: h.maxValue,
      mean: Math.min(h.maxValue, meanOf(h)),
    };
  }
}

/**
 * The library's mean to the last digit, a tenth of its work: it walks its percentile iterator, and that was
 * the most expensive thing that the coordinator did in each interval.
 */
function meanOf(histogram: Histogram): number {
  if (!(histogram instanceof JsHistogram)) return histogram.mean;
  let left = histogram.totalCount;
  let total = 0;
  for (let cell = 0; left > 0 && cell < histogram.countsArrayLength; cell += 1) {
    const count = histogram.getCountAtIndex(cell);
    if (count === 0) continue;
    total += histogram.medianEquivalentValue(histogram.valueFromIndex(cell)) * count;
    left -= count;
  }
  return total / histogram.totalCount;
}
