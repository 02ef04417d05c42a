/**
 * Random numbers from a seed, 0 or more and below 1: SplitMix32, a 32-bit generator with a full period, good
 * enough to draw sizes. Source: the SplitMix construction of Steele, Lea and Flood (2014) with the finaliser
 * of MurmurHash3.
 *
 * @param seed - whole number; equal seeds draw equal numbers
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
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
