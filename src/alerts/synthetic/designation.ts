import type { Random } from './random.js';

/** Provisional name of a minor planet that has no number yet. */
export interface Designation {
  /** As people write it: `2019 QB12`. */
  readonly readable: string;
  /** As the Minor Planet Center packs it in seven characters: `K19Q12B`. */
  readonly packed: string;
}

const halfMonths = 'ABCDEFGHJKLMNOPQRSTUVWXY';
const orders = 'ABCDEFGHJKLMNOPQRSTUVWXYZ';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Draws a well-formed provisional designation of a body found from 2000 to 2025; two bodies may get the same.
 */
export function drawDesignation(random: Random): Designation {
  return designate(2000 + random.below(26), random.below(24), random.below(25), random.below(400));
}

/**
 * A provisional designation from its parts. Source: Minor Planet Center, "Packed Provisional Designations".
 *
 * @param year - 2000 to 2099
 * @param halfMonth - 0 (first half of January) to 23
 * @param order - 0 to 24, the second letter
 * @param cycle - 0 to 619: how often the letters had run out before
 */
export function designate(year: number, halfMonth: number, order: number, cycle: number): Designation {
  const first = halfMonths.charAt(halfMonth);
  const second = orders.charAt(order);
  const tens = base62.charAt(Math.floor(cycle / 10));
  return {
    readable: `${year} ${first}${second}${cycle === 0 ? '' : cycle}`,
    packed: `K${String(year % 100).padStart(2, '0')}${first}${tens}${cycle % 10}${second}`,
  };
}
