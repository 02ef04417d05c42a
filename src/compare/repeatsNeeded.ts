import { studentReach } from './estimate.js';

const most = 1000;

/**
 * The number of repeats, 2 or more, that narrow an interval to a width; undefined where 1,000 do not.
 *
 * @param spread - the standard deviation of the differences that were found, in the scale of the interval
 * @param reach - how far the interval may reach to each side, above 0
 * @param alpha - how often the interval may miss
 */
export function repeatsNeeded(spread: number, reach: number, alpha: number): number | undefined {
  const reached = (repeats: number): boolean =>
    (studentReach(alpha, repeats - 1) * spread) / Math.sqrt(repeats) <= reach;
  if (!reached(most)) return undefined;
  // More repeats never make an interval wider: the smallest number is found by bisection.
  let [tooFew, enough] = [1, most];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (reached(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
