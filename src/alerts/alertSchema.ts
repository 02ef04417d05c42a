import { AlertSimError } from '../errors.js';
import { fieldType, withoutNull, type AvroType } from './avroType.js';

export interface SchemaVersion {
  /** A new major version changes or removes fields. */
  readonly major: number;
  /** A new minor version adds fields. */
  readonly minor: number;
}

/** Paths of the parts of an alert that the simulator needs: field names, outermost first. */
export interface AlertLayout {
  /** Full name of the record, namespace included: `lsst.v7_1.alert`. */
  readonly name: string;
  /** From the namespace; undefined for a schema that is not Rubin's. */
  readonly version: SchemaVersion | undefined;
  /** Schema id of that version in Rubin's registry: 701 for 7.1. */
  readonly schemaId: number | undefined;
  /** Middle of the exposure: a double, Modified Julian Date in TAI, days. */
  readonly timePath: readonly string[];
  /** A long of 64 bits. */
  readonly idPath: readonly string[] | undefined;
  /** Identifier of the visit, or of visit and detector in older schemas. */
  readonly visitPath: readonly string[] | undefined;
  /** Array of earlier detections at this position. */
  readonly historyPath: readonly string[] | undefined;
}

/** `midPointTai` became `midpointMjdTai` in version 5.0. */
const timePaths = [
  ['diaSource', 'midpointMjdTai'],
  ['diaSource', 'midPointTai'],
] as const;

/** Versions up to 7 have `alertId`; from 8.0 on the id of the detection is at the top. */
const idPaths = [['alertId'], ['diaSourceId'], ['diaSource', 'diaSourceId']] as const;

const visitPaths = [
  ['diaSource', 'visit'],
  ['diaSource', 'ccdVisitId'],
] as const;

const historyPaths = [['prvDiaSources']] as const;

/**
 * Finds the parts of an alert in a schema, for every version of Rubin's alert schema from 3 on.
 *
 * @param schema - the writer's schema
 * @throws `BAD_INPUT_FILE` when records of this schema have no time
 */
export function alertLayout(schema: AvroType, place: string): AlertLayout {
  const timePath = firstPath(schema, timePaths, ['double']);
  if (timePath === undefined) throw withoutTime(schema, place);
  const name = 'name' in schema ? schema.name : schema.kind;
  const version = schemaVersion(name);
  return {
    name,
    version,
    schemaId: version === undefined ? undefined : schemaIdOf(version),
    timePath,
    idPath: firstPath(schema, idPaths, ['long', 'int']),
    visitPath: firstPath(schema, visitPaths, ['long', 'int']),
    historyPath: firstPath(schema, historyPaths, ['array']),
  };
}

/**
 * The version in a record's full name, such as `lsst.v7_1.alert`; undefined for a name that is not Rubin's.
 */
export function schemaVersion(name: string): SchemaVersion | undefined {
  const [, major, minor] = /^lsst\.v(\d{1,4})_(\d{1,2})\./.exec(name) ?? [];
  return major === undefined || minor === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor) };
}

/** Rubin's schema id of a version: major · 100 + minor, so 701 for 7.1. */
export function schemaIdOf(version: SchemaVersion): number {
  return version.major * 100 + version.minor;
}

function firstPath(
  schema: AvroType,
  paths: readonly (readonly string[])[],
  kinds: readonly AvroType['kind'][],
): readonly string[] | undefined {
  return paths.find((path) => {
    const type = typeAt(schema, path);
    return type !== undefined && kinds.includes(withoutNull(type).kind);
  });
}

/**
 * The type of a field; unions of null and one type on the way are looked through.
 *
 * @param schema - the writer's schema
 * @param path - names of fields, outermost first
 */
export function typeAt(schema: AvroType, path: readonly string[]): AvroType | undefined {
  return path.reduce<AvroType | undefined>(
    (type, name) => (type === undefined ? undefined : fieldType(type, name)),
    schema,
  );
}

function withoutTime(schema: AvroType, place: string): AlertSimError {
  const sought = timePaths.map((path) => path.join('.')).join(' or ');
  const source = fieldType(schema, 'diaSource');
  const has =
    source === undefined ? describeFields(schema, 'the record') : describeFields(source, 'diaSource');
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: its records have no time: looked for ${sought}, of type double, but ${has}; ` +
      'give a file of alerts in a version of the Rubin alert schema from 3.0 on',
  );
}

const listedFields = 12;

function describeFields(type: AvroType, what: string): string {
  const record = withoutNull(type);
  if (record.kind !== 'record') return `${what} is of type ${record.kind}`;
  const names = record.fields.map(({ name }) => name);
  const more = names.length > listedFields ? `, and ${names.length - listedFields} more` : '';
  return `${what} has ${names.slice(0, listedFields).join(', ') || 'no fields'}${more}`;
}
