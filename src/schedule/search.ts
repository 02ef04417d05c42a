/**
 * Where a value belongs among ascending ones, by halving: due times are asked for once a message, and a phase may have
 * 10,000 steps or a million visits.
 *
 * @param ascending - numbers, none less than the one before
 * @param value - what is looked for
 * @returns the last position whose number is not above the value; 0 where all are above
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
