import { z } from 'zod';
import {
  type Quantity,
  percentageQuantity,
  quantityText,
  type Reading,
  readQuantity,
  sizeQuantity,
  unitProblem,
} from './quantities.js';
import { isMap, shown } from './source.js';

/** Limits of a quantity, as texts with units; unlimited where absent. */
export interface QuantityRange {
  /** Exclusive. */
  readonly above?: string;
  /** Inclusive. */
  readonly least?: string;
  /** Inclusive. */
  readonly most?: string;
}

/** Reports something wrong within a map: at which key, what, and the fix. */
export type Report = (
  path: readonly (string | number)[],
  message: string,
  hint?: string,
  atKey?: 'key',
) => void;

/** A field for a number with a unit: a schema from text to the number in the quantity's base unit. */
export function quantityField(quantity: Quantity, range: QuantityRange) {
  return quantityInput(quantity, []).transform((text, context) => {
    const reading = boundedQuantity(quantity, range, text);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, input: text });
    return z.NEVER;
  });
}

/**
 * Parses a number with a unit that must lie in a range: the number in the quantity's base unit, or what is
 * wrong.
 */
export function boundedQuantity(quantity: Quantity, range: QuantityRange, text: string): Reading {
  const reading = readQuantity(quantity, text);
  const problem = reading.ok ? outOfRange(quantity, range, reading.value, text) : undefined;
  return problem === undefined ? reading : { ok: false, problem };
}

/**
 * The text of a number with a unit, as it is. A bare number is answered with the right form.
 *
 * @param words - words that may be used instead of a number
 */
export function quantityInput(quantity: Quantity, words: readonly string[]) {
  return z
    .string({
      error: ({ input }) => {
        if (input === undefined || input === null) return undefined;
        if (typeof input === 'number') return unitProblem(quantity, input);
        return `must be a ${quantity.name} such as ${quantity.example}, but is ${shown(input)}`;
      },
    })
    .meta({ examples: [quantity.example], pattern: patternOf(quantity, words) });
}

/**
 * A field for a whole number.
 *
 * @param example - default: the smallest above 0
 */
export function wholeField(least: number, most: number, example = Math.max(1, least)) {
  const error = ({ input }: { input?: unknown }): string | undefined =>
    input === undefined || input === null
      ? undefined
      : `must be a whole number from ${grouped(least)} to ${grouped(most)}, but is ${shown(input)}`;
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .meta({ examples: [example] });
}

/** A field for a number of bytes: a bare number, or a size with a unit. */
export function bytesField(least: number, most: number, example: number) {
  const range = { least: quantityText(sizeQuantity, least), most: quantityText(sizeQuantity, most) };
  return z.union([wholeField(least, most, example), quantityField(sizeQuantity, range)]);
}

/** A field for a percentage: a schema from text to a fraction, 99% is 0.99. */
export function percentageField(range: QuantityRange) {
  return quantityField(percentageQuantity, range);
}

/** A field for a name that becomes part of file names and of paths on the command line. */
export function nameField(example: string) {
  return checkedText(example, (name) => {
    if (name.length > 80) return `has ${name.length} letters, but at most 80 are allowed`;
    if (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return undefined;
    return `must be made of letters, digits, "-" and "_", but is "${name}"`;
  });
}

/** A field for the name of a topic. Source: Kafka's `Topic.validate`. */
export function topicField() {
  return checkedText('alerts-stream', (name) => {
    if (name === '') return 'is empty, but a topic needs a name';
    if (name === '.' || name === '..') return `cannot be "${name}"`;
    if (name.length > 249) return `has ${name.length} letters, but a topic's name has at most 249`;
    const illegal = /[^a-zA-Z0-9._-]/u.exec(name)?.[0];
    if (illegal === undefined) return undefined;
    return `"${name}" holds "${illegal}"; a topic's name has letters, digits, ".", "_" and "-" only`;
  });
}

/**
 * A field for a text with a rule of its own.
 *
 * @param problemOf - what is wrong with a text, to follow the name of the key; undefined when it is right
 */
export function checkedText(example: string, problemOf: (text: string) => string | undefined) {
  return z
    .string()
    .meta({ examples: [example] })
    .superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message, input: text });
    });
}

/** The value of a Kafka setting. */
export const settingField = z.union([z.string(), z.number(), z.boolean()]);

/**
 * Adds a rule to a map that checks several of its keys. It runs even where some keys are faulty, so that all
 * faults come out at once: its input is unchecked.
 */
export function ruled<S extends z.ZodType>(
  schema: S,
  rule: (map: Readonly<Record<string, unknown>>, report: Report) => void,
): S {
  return schema.superRefine(
    (map, context) => {
      if (!isMap(map)) return;
      rule(map, (path, message, hint, atKey) => {
        context.addIssue({ code: 'custom', path: [...path], message, params: { hint, atKey }, input: map });
      });
    },
    { when: () => true },
  );
}

/** For editors: amounts with units, the words, and anything with a variable in it. */
function patternOf(quantity: Quantity, words: readonly string[]): string {
  const amounts = String.raw`([-+.\de\s]+(${Object.keys(quantity.units).join('|')}))+`;
  return String.raw`^(${[amounts, ...words].join('|')})\s*$|\$\{`;
}

function outOfRange(
  quantity: Quantity,
  range: QuantityRange,
  value: number,
  text: string,
): string | undefined {
  const { above, least, most } = range;
  const problem =
    above !== undefined && value <= limit(quantity, above)
      ? `above ${above}`
      : least !== undefined && value < limit(quantity, least)
        ? `at least ${least}`
        : most !== undefined && value > limit(quantity, most)
          ? `at most ${most}`
          : undefined;
  return problem === undefined ? undefined : `must be ${problem}, but is ${text}`;
}

function limit(quantity: Quantity, text: string): number {
  const reading = readQuantity(quantity, text);
  return reading.ok ? reading.value : NaN;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
