import { purposes, Random } from './random.js';

/** Share of alerts that report a known solar-system body; these carry no history and are the small ones. */
export const solarSystemShare = 0.3;

/** Sizes of an alert's parts, measured on alerts that were made for it; all in bytes. */
export interface PartSizes {
  /** An alert of a solar-system body. */
  readonly solarSystemAlert: number;
  /** An alert of an object without any history. */
  readonly bareObjectAlert: number;
  /** One earlier detection in the history. */
  readonly detection: number;
  /** One forced measurement in the history. */
  readonly forced: number;
  /** What the object's own record grows by for each further filter that it was seen in, 5 at the most. */
  readonly filter: number;
}

/** How much history an alert of an object carries. */
export interface HistoryLength {
  /** Number of earlier detections. */
  readonly detections: number;
  /** Number of forced measurements. */
  readonly forced: number;
}

/** Shortest and longest history, as a multiple of the mean one. */
const shortest = 0.7;
const longest = 1.3;

const strata = 64;

/**
 * The place of an alert in the distribution of sizes. Each 64 alerts in a row take each 64th of the
 * distribution once, in a random order, so that the mean of a few hundred alerts is nearly that of all.
 *
 * @param seed - the run's seed
 * @param index - number of the alert
 * @param jitter - 0 up to 1, the place within the 64th
 * @returns 0 up to 1; below {@link solarSystemShare} the alert is one of a solar-system body
 */
export function sizeQuantile(seed: number, index: number, jitter: number): number {
  const block = Math.floor(index / strata);
  const random = new Random().start(seed, purposes.strata, block);
  // Adding, multiplying by an odd number and folding high bits into low ones are one-to-one on 0..63.
  let stratum = index - block * strata;
  for (let round = 0; round < 3; round += 1) {
    stratum = ((2 * random.below(strata / 2) + 1) * stratum + random.below(strata)) % strata;
    stratum ^= stratum >> 3;
  }
  return (stratum + jitter) / strata;
}

/**
 * The history that brings the mean size of alerts to what was asked for.
 *
 * @param sizes - sizes of the parts
 * @param meanBytes - mean size that all alerts shall have
 * @param quantile - the alert's place in the distribution, {@link solarSystemShare} up to 1
 * @param detectedShare - share of the epochs at which the object was detected, 0 to 1
 * @param rounding - 0 up to 1, random, so that rounding to whole measurements does not shift the mean
 * @returns the length of the history
 */
export function historyLength(
  sizes: PartSizes,
  meanBytes: number,
  quantile: number,
  detectedShare: number,
  rounding: number,
): HistoryLength {
  const objectShare = 1 - solarSystemShare;
  const meanOfObjects = (meanBytes - solarSystemShare * sizes.solarSystemAlert) / objectShare;
  const place = (quantile - solarSystemShare) / objectShare;
  const budget =
    Math.max(0, meanOfObjects - sizes.bareObjectAlert) * (shortest + (longest - shortest) * place);
  const epochBytes = sizes.forced + detectedShare * sizes.detection;
  const detections = Math.floor((detectedShare * Math.max(0, budget - 5 * sizes.filter)) / epochBytes);
  const rest = budget - detections * sizes.detection - Math.min(5, detections) * sizes.filter;
  return { detections, forced: Math.max(0, Math.floor(rest / sizes.forced + rounding)) };
}

/**
 * Side of the cutouts: about two fifths of the mean alert is image.
 *
 * @param meanBytes - mean size of alerts
 * @returns an odd number of pixels, 25 to 65, that fills its FITS blocks of 2,880 bytes well
 */
export function cutoutSide(meanBytes: number): number {
  const blocks = Math.round((meanBytes * 0.4) / 3 / 2880) - 1;
  const sides = [25, 37, 45, 53, 59, 65] as const;
  return sides[Math.min(Math.max(blocks, 1), sides.length) - 1] ?? sides[0];
}
