import { readFileSync } from 'node:fs';
import { rubinSchema } from '../rubinSchemas.js';
import { ephemerisNames, orbitNames } from './olderNames.js';

/** Versions of Rubin's alert schema that alerts are made in, as seen on its stream; the oldest first. */
export const schemaVersions = ['9.0', '10.0', '11.0', '11.1'] as const;

export type SchemaVersion = (typeof schemaVersions)[number];

/** Rubin's id of a version: major · 100 + minor. */
export function schemaIdOf(version: SchemaVersion): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 100 + minor;
}

interface Field {
  readonly name: string;
  type: unknown;
  default?: null;
  doc?: string;
}

interface NamedRecord {
  readonly type: 'record';
  readonly name: string;
  fields: Field[];
}

/** Descriptions of our own, by record and field. */
type Descriptions = Map<string, string>;

const texts = new Map<SchemaVersion, string>();

/**
 * The schema of synthetic alerts as compact JSON: names, order, types and defaults of a version of Rubin's
 * alert schema, with descriptions of our own. That of 11.0 is a file of its own, so that users can read it
 * too; the others are made of the tables of versions and of its descriptions.
 */
export function syntheticSchemaText(version: SchemaVersion = '11.0'): string {
  let text = texts.get(version);
  if (text === undefined) {
    text = JSON.stringify(version === '11.0' ? ownSchema() : describedSchema(version));
    texts.set(version, text);
  }
  return text;
}

function ownSchema(): NamedRecord {
  const file = new URL('schema/lsst.v11_0.alert.avsc', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as NamedRecord;
}

function describedSchema(version: SchemaVersion): NamedRecord {
  const descriptions: Descriptions = new Map(Object.entries(newDescriptions));
  eachRecord(ownSchema(), ({ name, fields }) => {
    for (const field of fields) descriptions.set(`${name}.${field.name}`, field.doc ?? '');
  });
  for (const [older, newer] of Object.entries(ephemerisNames))
    descriptions.set(`ssSource.${older}`, descriptions.get(`ssSource.${newer}`) ?? '');
  for (const [name, description] of descriptions) {
    if (name.startsWith('mpc_orbits.')) descriptions.set(name.replace('mpc_orbits', 'MPCORB'), description);
  }
  for (const [older, newer] of Object.entries(orbitNames))
    descriptions.set(`MPCORB.${older}`, descriptions.get(`mpc_orbits.${newer}`) ?? '');

  const schema = JSON.parse(rubinSchema(schemaIdOf(version))?.text ?? '') as NamedRecord;
  eachRecord(schema, (record) => {
    record.fields = record.fields.map((field) => {
      const doc = descriptions.get(`${record.name}.${field.name}`);
      const isUnion = Array.isArray(field.type);
      return { ...field, ...(isUnion && { default: null }), ...(doc !== undefined && { doc }) };
    });
  });
  return schema;
}

/** Of what 11.0 does not have. */
const newDescriptions = {
  'alert.MPCORB': 'Orbit of the solar-system body; null for any other alert.',
  'ssSource.ssObjectId': 'Solar-system body that the detection belongs to.',
  'MPCORB.ssObjectId': 'Solar-system body that the orbit belongs to.',
  'diaSource.exposureTime': 'Length of the exposure, seconds.',
  'diaSource.trailAlgorithm': 'Number of the algorithm that fitted the trail.',
  'diaSource.trail_flag': 'Whether the fit of the trail failed.',
  'diaSource.reliabilityVersion': 'Version of the model that estimated the reliability.',
};

function eachRecord(type: unknown, visit: (record: NamedRecord) => void): void {
  if (Array.isArray(type)) for (const branch of type as unknown[]) eachRecord(branch, visit);
  if (typeof type !== 'object' || type === null || Array.isArray(type)) return;
  if ('items' in type) eachRecord(type.items, visit);
  if (!isRecord(type)) return;
  visit(type);
  for (const field of type.fields) eachRecord(field.type, visit);
}

function isRecord(type: object): type is NamedRecord {
  return 'type' in type && type.type === 'record';
}
