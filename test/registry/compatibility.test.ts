import { expect, it } from 'vitest';
import {
  compatibilityLevels,
  incompatibilities,
  type CompatibilityLevel,
} from '../../src/registry/compatibility.js';

const record = (fields: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    type: 'record',
    name: 'A',
    fields: Object.entries(fields).map(([name, type]) => ({
      name,
      type,
      ...(Array.isArray(type) ? { default: null } : {}),
    })),
  });
const x = record({ x: 'long' });
const xy = record({ x: 'long', y: 'int' });
const xOrNull = record({ x: 'long', y: ['null', 'int'] });
const xText = record({ x: 'string' });

it.each<readonly [string, string, readonly string[], readonly CompatibilityLevel[]]>([
  ['the first schema fits', x, [], compatibilityLevels],
  ['a new field without a default', xy, [x], ['NONE', 'FORWARD', 'FORWARD_TRANSITIVE']],
  ['a field less', x, [xy], ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE']],
  ['a new field with a default', xOrNull, [x], compatibilityLevels],
  ['another type', xText, [x], ['NONE']],
  ['another type than all but the last', x, [xText, x], ['NONE', 'BACKWARD', 'FORWARD', 'FULL']],
])('%s', (_what, schema, earlier, fitting) => {
  const found = compatibilityLevels.filter((level) => incompatibilities(level, schema, earlier).length === 0);
  expect(found).toEqual(fitting);
});
