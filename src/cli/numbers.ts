import { InvalidArgumentError } from 'commander';

/**
 * A parser for an option that takes a number.
 *
 * @param least - the smallest number that is allowed
 * @param kind - whether fractions are allowed
 * @returns a parser that throws commander's error for anything else
 */
export function numberOption(least: number, kind: 'whole' | 'any' = 'whole'): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    const fits = Number.isFinite(value) && value >= least && (kind === 'any' || Number.isInteger(value));
    if (!fits) {
      throw new InvalidArgumentError(
        `It takes a ${kind === 'whole' ? 'whole ' : ''}number, ${least} or more.`,
      );
    }
    return value;
  };
}
