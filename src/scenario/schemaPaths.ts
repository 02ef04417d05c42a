import { z } from 'zod';
import type { Path } from './source.js';

/**
 * The schemas at a path of the definition, without their wrappers: several where it allows, say, a rate or a
 * map of rates; none where the path is not legal.
 */
export function schemasAt(definition: z.core.$ZodType, path: Path): z.core.$ZodType[] {
  return path.reduce<z.core.$ZodType[]>(
    (schemas, step) => schemas.flatMap((schema) => childrenOf(schema, step)).flatMap(alternatives),
    alternatives(definition),
  );
}

/**
 * The legal keys of the map at a path, in the order of the definition; none where any key is legal or it is
 * not a map.
 */
export function legalKeys(definition: z.core.$ZodType, path: Path): string[] {
  return schemasAt(definition, path).flatMap((schema) =>
    schema instanceof z.ZodObject ? Object.keys(schema.shape) : [],
  );
}

/** Whether the map at a path takes any key, as `kafka.client` does. */
export function takesAnyKey(definition: z.core.$ZodType, path: Path): boolean {
  return schemasAt(definition, path).some(
    (schema) => schema instanceof z.ZodRecord || schema instanceof z.ZodUnknown,
  );
}

/**
 * The dotted paths of all maps of the definition that take a key, for one that was written in the wrong map;
 * `''` for the top.
 */
export function homesOf(definition: z.core.$ZodType, key: string): string[] {
  const homes: string[] = [];
  const visit = (schema: z.core.$ZodType, path: readonly string[]): void => {
    for (const inner of alternatives(schema)) {
      if (inner instanceof z.ZodArray) visit(inner.element, path);
      if (!(inner instanceof z.ZodObject)) continue;
      for (const [name, child] of Object.entries(shapeOf(inner))) {
        if (name === key) homes.push(path.join('.'));
        visit(child, [...path, name]);
      }
    }
  };
  visit(definition, []);
  return [...new Set(homes)];
}

/** The definition's example of a value; undefined where it has none. */
export function exampleAt(definition: z.core.$ZodType, path: Path): unknown {
  for (const schema of schemasAt(definition, path)) {
    const examples = z.globalRegistry.get(schema)?.examples;
    if (Array.isArray(examples)) return examples[0];
  }
  return undefined;
}

/** A schema without defaults, optionality and conversions; a union gives each of its members. */
function alternatives(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNonOptional
  ) {
    return alternatives(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return alternatives(schema.def.in);
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap(alternatives);
  return [schema];
}

function childrenOf(schema: z.core.$ZodType, step: string | number): z.core.$ZodType[] {
  if (schema instanceof z.ZodArray && isIndex(step)) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodObject) {
    const shape = shapeOf(schema);
    const child = Object.hasOwn(shape, step) ? shape[step] : undefined;
    return child === undefined ? [] : [child];
  }
  return schema instanceof z.ZodUnknown ? [schema] : [];
}

function isIndex(step: string | number): boolean {
  return typeof step === 'number' || /^\d+$/.test(step);
}

function shapeOf(schema: z.ZodObject): Readonly<Record<string, z.core.$ZodType>> {
  return schema.shape;
}
