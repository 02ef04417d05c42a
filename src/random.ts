const goldenGamma = 0x9e3779b9;
const uint32 = 4294967296;

/** Each purpose has streams of its own, so that none disturbs another. */
export const purposes = {
  ...{ alert: 1, visit: 2, strata: 3, noise: 4 },
  ...{ visitSizes: 5, detectorShares: 6, runOrder: 7, registryFailures: 8 },
  ...{ slot: 9, object: 10, measurement: 11, source: 12, forcedSource: 13, field: 14 },
} as const;

export type Purpose = (typeof purposes)[keyof typeof purposes];

/**
 * Random numbers from xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it), with 32-bit integer
 * arithmetic only, so that each machine draws the same.
 *
 * @remarks A stream is chosen by (seed, purpose, index) and not by earlier draws: that is what lets alert k
 * be made without the alerts before it.
 */
export class Random {
  private a = 1;
  private b = 0;
  private c = 0;
  private d = 0;

  /**
   * Goes to the start of a stream.
   *
   * @param seed - 0 to 2^32 - 1
   * @param purpose - one of {@link purposes}
   * @param index - 0 to 2^53 - 1; streams below 2^32 never start alike, because each step of the mix is
   * one-to-one
   */
  start(seed: number, purpose: Purpose, index: number): this {
    let hash = mix(seed | 0);
    hash = mix((hash + Math.imul(purpose, goldenGamma)) | 0);
    hash = mix((hash + Math.floor(index / uint32)) | 0);
    hash = mix((hash + (index % uint32)) | 0);
    return this.setState(
      mix((hash + goldenGamma) | 0),
      mix((hash + 2 * goldenGamma) | 0),
      mix((hash + 3 * goldenGamma) | 0),
      mix((hash + 4 * goldenGamma) | 0),
    );
  }

  /**
   * Goes to the start of a stream that three words choose together, such as the parts of an identifier. Its
   * state is made of two hashes, so that billions of streams start differently.
   *
   * @param a - like `b` and `c` a whole number, of which 32 bits count
   */
  startAt(seed: number, purpose: Purpose, a: number, b: number, c: number): this {
    const origin = mix((mix(seed | 0) + Math.imul(purpose, goldenGamma)) | 0);
    const forth = mix((mix((mix((origin + a) | 0) + b) | 0) + c) | 0);
    const back = mix(mix(mix(~origin ^ c) ^ b) ^ a);
    return this.setState(
      mix((forth + goldenGamma) | 0),
      mix((back + 2 * goldenGamma) | 0),
      mix((forth + 3 * goldenGamma) | 0),
      mix((back + 4 * goldenGamma) | 0) | 1,
    );
  }

  /** Sets the four words of state; at least one must not be 0. */
  setState(a: number, b: number, c: number, d: number): this {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    return this;
  }

  /** Draws 0 to 2^32 - 1, each equally likely. */
  uint32(): number {
    const times5 = Math.imul(this.b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Draws 0 up to, not including, 1. */
  fraction(): number {
    return this.uint32() / uint32;
  }

  /**
   * Draws from a range.
   *
   * @param from - included
   * @param to - not included
   */
  between(from: number, to: number): number {
    return from + (to - from) * this.fraction();
  }

  /**
   * Draws 0 to limit - 1.
   *
   * @param limit - 1 or more
   */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /**
   * Draws a nearly normal number of mean 0 and standard deviation 1, never beyond 3.46: four bytes added up
   * (Irwin-Hall), which takes no logarithm or cosine, whose last bits differ between JavaScript engines.
   */
  normal(): number {
    const bits = this.uint32();
    const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
    // Four bytes: mean 4 · 127.5, variance 4 · (256² - 1) / 12.
    return (sum - 510) / 147.8005413;
  }
}

/**
 * Random numbers from a seed, 0 or more and below 1.
 *
 * @param seed - whole number; equal seeds draw equal numbers
 */
export function seededRandom(seed: number, purpose: Purpose): () => number {
  const random = new Random().start(seed, purpose, 0);
  return () => random.fraction();
}

/**
 * A number of the normal distribution with mean 0 and standard deviation 1, by the method of Box and Muller
 * (1958).
 *
 * @param random - draws evenly from 0 to below 1; it is called twice
 */
export function standardNormal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

/** One-to-one map of 32-bit words that spreads every bit: the finaliser of MurmurHash3. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
