/**
 * The last position of ascending numbers whose number is not above a value; 0 where all are above. Found by
 * bisection: due times are asked for once a message, and a phase may have 10,000 steps or a million visits.
 */
export function lastNotAbove(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? Infinity) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
