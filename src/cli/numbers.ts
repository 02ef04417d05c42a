import { InvalidArgumentError } from 'commander';
import {
  durationQuantity,
  rateQuantity,
  readQuantity,
  sizeQuantity,
  type Quantity,
} from '../scenario/quantities.js';

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

/** A parser for an option that takes a word, such as `none`, besides what another parser takes. */
export function wordOr<Word extends string, Value>(
  word: Word,
  parse: (text: string) => Value,
): (text: string) => Word | Value {
  return (text) => {
    if (text === word) return word;
    try {
      return parse(text);
    } catch (thrown) {
      if (!(thrown instanceof InvalidArgumentError)) throw thrown;
      throw new InvalidArgumentError(`${thrown.message} It may also be ${word}.`);
    }
  };
}

/** Reads an option with a unit, in the quantity's base unit; throws commander's error for anything else. */
export function quantityOption(quantity: Quantity, text: string): number {
  const read = readQuantity(quantity, text);
  if (!read.ok) throw new InvalidArgumentError(`It ${read.problem}.`);
  return read.value;
}

/** Reads a time above 0, in nanoseconds: `10m`. */
export function durationOption(text: string): number {
  const durationNs = quantityOption(durationQuantity, text);
  if (durationNs > 0) return durationNs;
  throw new InvalidArgumentError('It must be longer than 0s.');
}

/** Reads a rate above 0, messages per second: `270/s`, `16000/min`, or a bare number. */
export function rateOption(text: string): number {
  const rate = quantityOption(rateQuantity, withUnit(text, '/s'));
  if (rate > 0) return rate;
  throw new InvalidArgumentError('It takes a rate above 0, such as 270/s.');
}

/** Reads a size, in bytes: `200kB`, or a bare number of bytes. */
export function bytesOption(text: string): number {
  return quantityOption(sizeQuantity, withUnit(text, 'B'));
}

/** Reads a time, in seconds: `37s`, or a bare number of seconds. */
export function secondsOption(text: string): number {
  return quantityOption(durationQuantity, withUnit(text, 's')) / 1e9;
}

/** A bare number with the unit that it is meant in. */
function withUnit(text: string, unit: string): string {
  const isBare = text.trim() !== '' && Number.isFinite(Number(text));
  return isBare ? `${Number(text)}${unit}` : text;
}
