import { purposes, Random } from '../../random.js';

/** Share of alerts that report a known solar-system body; they carry no history and are the small ones. */
export const solarSystemShare = 0.3;

/** Sizes of an alert's parts in bytes, measured on alerts that were made for it. */
export interface PartSizes {
  readonly solarSystemAlert: number;
  /** An alert of an object without any history. */
  readonly bareObjectAlert: number;
  readonly detection: number;
  readonly forced: number;
  /** Growth of the object's own record for each further filter that it was seen in, 5 at most. */
  readonly filter: number;
}

export interface HistoryLength {
  readonly detections: number;
  readonly forced: number;
}

/** Shortest and longest history, as a multiple of the mean one. */
const shortest = 0.7;
const longest = 1.3;

const strata = 64;

/**
 * The place of an alert in the distribution of sizes: 0 up to 1; below {@link solarSystemShare} the alert
 * reports a solar-system body. Each 64 alerts in a row take each 64th of the distribution once, in a random
 * order, so that the mean of a few hundred alerts is nearly that of all.
 *
 * @param seed - the run's seed
 * @param jitter - 0 up to 1, the place within the 64th
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
 * The history that gives alerts the mean size that was asked for.
 *
 * @param meanBytes - mean size of all alerts
 * @param quantile - the alert's place in the distribution, {@link solarSystemShare} up to 1
 * @param detectedShare - share of the epochs at which the object was detected, 0 to 1
 * @param rounding - 0 up to 1, random, so that rounding to whole measurements does not shift the mean
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
 * Side of the cutouts, an odd number of pixels from 25 to 65 that fills its FITS blocks of 2,880 bytes well:
 * about two fifths of the mean alert is image.
 */
export function cutoutSide(meanBytes: number): number {
  const blocks = Math.round((meanBytes * 0.4) / 3 / 2880) - 1;
  const sides = [25, 37, 45, 53, 59, 65] as const;
  return sides[Math.min(Math.max(blocks, 1), sides.length) - 1] ?? sides[0];
}
