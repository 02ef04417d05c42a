import { purposes, seededRandom, standardNormal } from '../random.js';

/**
 * A detector has at least and at most this many times the mean: DMTN-149 has 10 to 200 alerts, centred at 50.
 */
const leastShare = 10 / 50;
const mostShare = 200 / 50;

/**
 * Standard deviation of the logarithm of a detector's share. DMTN-149 names the range and the centre only:
 * this one fills the range, with about one detector in a hundred at its limits.
 */
const logSpread = 0.6;

/**
 * How the alerts of a visit are divided among the detectors: log-normal shares, because a crowded field fills
 * some detectors far more than others. All visits of a phase have the same shares, so that they can be
 * compared.
 *
 * @param detectors - 1 or more
 * @returns for each detector the part of the visit's alerts that comes before its own, 0 or more and below 1
 * @remarks Source: DMTN-149, "Injector and Data Rates": 189 bursts, each of a random number of alerts.
 */
export function detectorStarts(detectors: number, seed: number): Float64Array {
  const random = seededRandom(seed, purposes.detectorShares);
  const shares = Array.from({ length: detectors }, () => {
    const drawn = Math.exp(logSpread * standardNormal(random) - logSpread ** 2 / 2);
    return Math.min(mostShare, Math.max(leastShare, drawn));
  });
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const starts = new Float64Array(detectors);
  let before = 0;
  shares.forEach((share, detector) => {
    starts[detector] = before / whole;
    before += share;
  });
  return starts;
}
