import { format } from 'prettier';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { scenarioJsonSchema } from '../../src/scenario/jsonSchema.js';
import { valueAt } from '../../src/scenario/source.js';
import { designExample } from './planFrom.js';
import { phase, sound } from './malformed.js';

const schema = scenarioJsonSchema();

test('scenarios/schema.json is what the definition says; `npx vitest run test/scenario/jsonSchema.test.ts --update` renews it', async () => {
  const text = await format(JSON.stringify(schema), { parser: 'json', printWidth: 110 });
  await expect(text).toMatchFileSnapshot('../../scenarios/schema.json');
});

test('every key has a description for the editor', () => {
  const bare: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (key === 'properties' && !/\.(expect|conditions)$/.test(path)) {
        for (const [name, property] of Object.entries(child as Record<string, unknown>)) {
          if (valueAt(property, ['description']) === undefined) bare.push(`${path}.${name}`);
          visit(property, `${path}.${name}`);
        }
      } else if (key !== 'properties') visit(child, path);
    }
  };
  visit(schema, '');
  expect(bare).toEqual([]);
});

test('defaults, limits and the metrics of expect are in it', () => {
  expect(valueAt(schema, ['properties', 'reservoir', 'properties', 'partitions'])).toMatchObject({
    default: 1,
    minimum: 1,
    maximum: 10_000,
  });
  expect(valueAt(schema, ['properties', 'expect', 'properties', 'endToEnd.p999'])).toBeDefined();
  expect(valueAt(schema, ['required'])).toEqual(['name', 'alerts', 'replay']);
});

test('an editor that checks by it takes the example of the design and marks unknown keys and wrong kinds', () => {
  // zod reads everything of our schema but a bare `required` within `oneOf`, which it takes to match always.
  const readable = structuredClone(schema);
  delete (valueAt(readable, ['properties', 'alerts']) as { oneOf?: unknown }).oneOf;
  const phases = valueAt(readable, ['properties', 'replay', 'properties', 'phases', 'items']);
  delete (phases as { oneOf?: unknown }).oneOf;
  const checked = z.fromJSONSchema(readable);
  const takes = (text: string): boolean => checked.safeParse(parse(text)).success;
  expect(takes(sound)).toBe(true);
  expect(takes(designExample)).toBe(true);
  expect(takes(`${sound}steam: {}`)).toBe(false);
  expect(takes(`${sound}stream: {partitions: 0}`)).toBe(false);
  expect(takes(phase('{name: a, rate: 500, duration: 1s}'))).toBe(false);
  expect(takes(phase('{name: a, rate: 500/sec, duration: 1s}'))).toBe(false);
  expect(takes(`${sound}stream: {partitions: "\${P}"}`)).toBe(true);
});
