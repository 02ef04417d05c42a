import { InvalidArgumentError } from 'commander';
import { readQuantity, type Quantity } from '../scenario/quantities.js';

/** The longest time-out: timers count milliseconds in 31 bits, and beyond that fire at once. */
export const longestTimeoutSeconds = 2_000_000;

/**
 * A parser for an option that takes a number; throws commander's error for anything else.
 *
 * @param kind - whether fractions are allowed
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

/** Reads an option with a unit, in the quantity's base unit; throws commander's error for anything else. */
export function quantityOption(quantity: Quantity, text: string): number {
  const read = readQuantity(quantity, text);
  if (!read.ok) throw new InvalidArgumentError(`It ${read.problem}.`);
  return read.value;
}
