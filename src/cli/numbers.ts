import { InvalidArgumentError } from 'commander';

/** The longest time-out in seconds: timers count milliseconds in 31 bits, and beyond that end at once. */
export const longestTimeoutSeconds = 2_000_000;

/**
 * A parser for an option that takes a number.
 *
 * @param least - the smallest number that is allowed
 * @param kind - whether fractions are allowed
 * @param most - the largest number that is allowed
 * @returns a parser that throws commander's error for anything else
 */
export function numberOption(
  least: number,
  kind: 'whole' | 'any' = 'whole',
  most = Infinity,
): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    const inRange = Number.isFinite(value) && value >= least && value <= most;
    if (!inRange || (kind === 'whole' && !Number.isInteger(value))) {
      const range = most === Infinity ? `${least} or more` : `${least} to ${most}`;
      throw new InvalidArgumentError(`It takes a ${kind === 'whole' ? 'whole ' : ''}number, ${range}.`);
    }
    return value;
  };
}
