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

/** Between which values a quantity must lie, as texts with units; what is absent is not limited. */
export interface QuantityRange {
  /** It must be larger than this. */
  readonly above?: string;
  /** It must be this or larger. */
  readonly least?: string;
  /** It must be this or smaller. */
  readonly most?: string;
}

/** Tells of something that is wrong within a map: at which key, what, and the way out. */
export type Report = (
  path: readonly (string | number)[],
  message: string,
  hint?: string,
  atKey?: 'key',
) => void;

/**
 * A field for a number with a unit.
 *
 * @param quantity - what kind of number
 * @param range - between which values
 * @returns a schema from text to the number in the quantity's base unit
 */
export function quantityField(quantity: Quantity, range: QuantityRange) {
  return quantityInput(quantity, []).transform((text, context) => {
    const reading = boundedQuantity(quantity, range, text);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.problem, input: text });
    return z.NEVER;
  });
}

/**
 * Reads a number with a unit that must lie in a range.
 *
 * @param quantity - what kind of number
 * @param range - between which values
 * @param text - as it was written
 * @returns the number in the quantity's base unit, or what is wrong
 */
export function boundedQuantity(quantity: Quantity, range: QuantityRange, text: string): Reading {
  const reading = readQuantity(quantity, text);
  const problem = reading.ok ? outOfRange(quantity, range, reading.value, text) : undefined;
  return problem === undefined ? reading : { ok: false, problem };
}

/**
 * What is written for a number with a unit: a text. A bare number is answered with the right form.
 *
 * @param quantity - what kind of number
 * @param words - words that may stand instead of a number
 * @returns a schema of the text as it is
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
 * @param least - the smallest that makes sense
 * @param most - the largest that makes sense
 * @param example - a number as one would write it. Default: the smallest above 0
 * @returns a schema of the number
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

/**
 * A field for a number of bytes: a bare number, or a size with a unit.
 *
 * @param least - the smallest, in bytes
 * @param most - the largest, in bytes
 * @param example - a number of bytes as one would write it
 * @returns a schema to the number of bytes
 */
export function bytesField(least: number, most: number, example: number) {
  const range = { least: quantityText(sizeQuantity, least), most: quantityText(sizeQuantity, most) };
  return z.union([wholeField(least, most, example), quantityField(sizeQuantity, range)]);
}

/**
 * A field for a percentage.
 *
 * @param range - between which values
 * @returns a schema from text to a fraction: 99% is 0.99
 */
export function percentageField(range: QuantityRange) {
  return quantityField(percentageQuantity, range);
}

/**
 * A field for a name that becomes part of file names and of paths on the command line.
 *
 * @param example - a name as one would choose it here
 * @returns a schema of the name
 */
export function nameField(example: string) {
  return checkedText(example, (name) => {
    if (name.length > 80) return `has ${name.length} letters, but at most 80 are allowed`;
    if (/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name)) return undefined;
    return `must be made of letters, digits, "-" and "_", but is "${name}"`;
  });
}

/**
 * A field for the name of a topic. Source: Kafka's `Topic.validate`.
 *
 * @returns a schema of the name
 */
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
 * A field for a text that is looked at by a rule of its own.
 *
 * @param example - a value as one would write it
 * @param problemOf - what is wrong with a text, to follow the name of the key; undefined when it is right
 * @returns a schema of the text
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

/** A field for a Kafka setting's value. */
export const settingField = z.union([z.string(), z.number(), z.boolean()]);

/**
 * Adds a rule to a map that looks at several of its keys. It is asked also where some keys are faulty, so that all
 * faults come out at once: it sees whatever stands there and must look before it compares.
 *
 * @param schema - the map
 * @param rule - looks at the map and reports
 * @returns the map with its rule
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
