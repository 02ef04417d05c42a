import { describe, expect, it } from 'vitest';
import { canonicalSchema, parseAvroSchema } from '../../../src/alerts/avroSchema.js';
import { rubinSchema } from '../../../src/alerts/rubinSchemas.js';
import { schemaIdOf, schemaVersions, syntheticSchemaText } from '../../../src/alerts/synthetic/schemaText.js';
import { syntheticAlerts } from './syntheticAlerts.js';
import { alertTypeOf, type DecodedAlert } from './decoding.js';

interface Field {
  name: string;
  type: unknown;
  default?: null;
  doc?: string;
}

/** All fields of a schema, records within it too. */
function fieldsOf(type: unknown): Field[] {
  if (Array.isArray(type)) return type.flatMap(fieldsOf);
  if (typeof type !== 'object' || type === null) return [];
  const { fields = [], items } = type as { fields?: Field[]; items?: unknown };
  return [...fieldsOf(items), ...fields.flatMap((field) => [field, ...fieldsOf(field.type)])];
}

const options = { alertsPerVisit: 60, detectors: 10, historyMax: 5, seed: 3 };

/** Every value of the first that the second has too, by path; they must be the same. */
function sharedValues(a: unknown, b: unknown, path: string): string[] {
  if (typeof a !== 'object' || a === null || Buffer.isBuffer(a) || typeof b !== 'object' || b === null) {
    return Object.is(a, b) || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b)) ? [] : [path];
  }
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return Object.keys(left)
    .filter((name) => name in right)
    .flatMap((name) => sharedValues(left[name], right[name], `${path}.${name}`));
}

describe.each(schemaVersions)('alerts of schema %s', (version) => {
  const schema: unknown = JSON.parse(syntheticSchemaText(version));
  const type = alertTypeOf(version);
  const made = [...syntheticAlerts({ ...options, schema: version })];
  const decoded = made.map(({ bytes }) => type.fromBuffer(bytes) as DecodedAlert);

  it("have the names, order and types of Rubin's own, and its id", () => {
    const own = canonicalSchema(parseAvroSchema(syntheticSchemaText(version), 'own'));
    const id = schemaIdOf(version);
    expect(canonicalSchema(rubinSchema(id)?.type ?? { kind: 'null' })).toBe(own);
    expect(id).toBe({ '9.0': 900, '10.0': 1000, '11.0': 1100, '11.1': 1101 }[version]);
  });

  it('have a default of null and a description wherever they may', () => {
    for (const { name, type: fieldType, default: whenAbsent, doc } of fieldsOf(schema)) {
      const isUnion = Array.isArray(fieldType);
      expect([name, whenAbsent]).toEqual([name, isUnion ? null : undefined]);
      expect([name, doc]).toEqual([name, expect.stringMatching(/\.$/)]);
    }
  });

  it('are read by a plain reader, which writes the same bytes again', () => {
    made.forEach(({ bytes }, at) => {
      expect(type.toBuffer(decoded[at]).equals(bytes)).toBe(true);
    });
  });

  it('say the same as those of 11.0, but for what 9.0 has null and did not know', () => {
    const newest = alertTypeOf();
    const others = [...syntheticAlerts(options)].map(({ bytes }) => newest.fromBuffer(bytes) as DecodedAlert);
    const differing = new Set(
      decoded
        .flatMap((alert, at) => sharedValues(alert, others[at], ''))
        .map((path) => path.replace(/\d+/, 'N')),
    );
    // All alerts of the one visit are in the same filter.
    const filters = ['u', 'g', 'r', 'i', 'z', 'y']
      .filter((filter) => filter !== decoded[0]?.diaSource.band)
      .map((filter) => `.diaObject.${filter}_psfFluxNdata`);
    const oldest = [
      ...['.observation_reason', '.target_name', '.cutoutTemplate', '.cutoutDifference', '.cutoutScience'],
      ...['.diaSource.trailNdata', '.prvDiaSources.N.trailNdata', ...filters],
    ];
    expect([...differing].sort()).toEqual(version === '9.0' ? oldest.sort() : []);
  });
});
