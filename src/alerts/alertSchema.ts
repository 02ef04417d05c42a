import { AlertSimError } from '../errors.js';
import { fieldType, withoutNull, type AvroType } from './avroType.js';
import {
  surveys,
  timeKinds,
  timeUnits,
  type FieldPath,
  type Framing,
  type Survey,
  type TimeField,
  type TimeUnit,
} from './surveys.js';

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
  /** Undefined for a schema that is recognised by the options alone. */
  readonly survey: Survey | undefined;
  /** From the namespace; undefined for a schema that is not Rubin's. */
  readonly version: SchemaVersion | undefined;
  /** Schema id of that version in Rubin's registry: 701 for 7.1. */
  readonly schemaId: number | undefined;
  readonly time: TimeField;
  /** Of its times; undefined where a field was named by option. */
  readonly scale: 'TAI' | 'UTC' | undefined;
  /** A number, or a text. */
  readonly idPath: FieldPath | undefined;
  /** Identifier of the visit, or of visit and detector in older schemas. */
  readonly visitPath: FieldPath | undefined;
  /** Array of earlier detections at this position. */
  readonly historyPath: FieldPath | undefined;
  /** Identifier or name of the object that was detected. */
  readonly objectPath: FieldPath | undefined;
  /** How the alerts are sent where nothing else is asked for. */
  readonly framing: Framing;
}

/** Fields that a user names, because they are not found, or others are wanted. */
export interface NamedFields {
  readonly time?: { readonly path: FieldPath; readonly unit: TimeUnit | undefined } | undefined;
  readonly id?: FieldPath | undefined;
}

/**
 * Finds the parts of an alert in a schema.
 *
 * @param schema - the writer's schema
 * @throws `BAD_INPUT_FILE` when records of this schema have no time that is known or named
 */
export function alertLayout(schema: AvroType, place: string, named: NamedFields = {}): AlertLayout {
  const name = 'name' in schema ? schema.name : schema.kind;
  const survey = surveyOf(schema, name);
  const time = namedTime(schema, place, named) ?? (survey && timeOf(schema, survey));
  if (time === undefined) throw withoutTime(schema, place);
  const version = schemaVersion(name);
  return {
    name,
    survey,
    version,
    schemaId: version === undefined ? undefined : schemaIdOf(version),
    time,
    scale: named.time === undefined ? survey?.scale : undefined,
    idPath: namedId(schema, place, named) ?? firstPath(schema, survey?.ids, idKinds),
    visitPath: firstPath(schema, survey?.visits, ['long', 'int']),
    historyPath: firstPath(schema, survey?.histories, ['array']),
    objectPath: firstPath(schema, survey?.objects, idKinds),
    framing: survey?.framing ?? 'confluent',
  };
}

const idKinds: readonly AvroType['kind'][] = ['long', 'int', 'string'];

/** By the name of its records; of another name, by where the time is. */
function surveyOf(schema: AvroType, name: string): Survey | undefined {
  const fitting = surveys.filter((survey) => timeOf(schema, survey) !== undefined);
  return fitting.find(({ record }) => record.test(name)) ?? fitting[0];
}

function timeOf(schema: AvroType, { times }: Survey): TimeField | undefined {
  return times.find(({ path }) => kindAt(schema, path) === 'double');
}

function namedTime(schema: AvroType, place: string, { time }: NamedFields): TimeField | undefined {
  if (time === undefined) return undefined;
  const kind = kindAt(schema, time.path);
  if (kind === undefined || !timeKinds.includes(kind)) throw badTimeField(schema, place, time.path, kind);
  return { path: time.path, unit: time.unit ?? likelyUnit(time.path, kind) };
}

function likelyUnit(path: FieldPath, kind: AvroType['kind']): TimeUnit {
  const name = path.at(-1)?.toLowerCase() ?? '';
  if (name.includes('mjd')) return 'mjd';
  if (name.includes('jd')) return 'jd';
  if (kind === 'string') return 'iso';
  return kind === 'double' || kind === 'float' ? 'mjd' : 'unix_ms';
}

function namedId(schema: AvroType, place: string, { id }: NamedFields): FieldPath | undefined {
  if (id === undefined) return undefined;
  const kind = kindAt(schema, id);
  if (kind === 'long' || kind === 'int' || kind === 'string') return id;
  const found = kind === undefined ? 'is not a field of its records' : `is of type ${kind}`;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: ${id.join('.')}, named as the id, ${found}: name a field of type long, int or string`,
  );
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

/**
 * Reads a field and its unit from an option: `candidate.jd:jd`; without a unit the field's name and type tell.
 *
 * @param option - its name, for the error message
 * @throws `BAD_USAGE`
 */
export function parseTimeField(text: string, option: string): NonNullable<NamedFields['time']> {
  const [path = '', unit, ...more] = text.split(':');
  const known = timeUnits.find((one) => one === unit);
  if (more.length > 0 || (unit !== undefined && known === undefined)) {
    throw new AlertSimError(
      'BAD_USAGE',
      `${option} ${text}: after the field comes one of ${timeUnits.map((one) => `:${one}`).join(', ')}; ` +
        'for example candidate.jd:jd',
    );
  }
  return { path: parseFieldPath(path, option), unit: known };
}

/**
 * Reads the path of a field, such as `candidate.candid`.
 *
 * @throws `BAD_USAGE`
 */
export function parseFieldPath(text: string, option: string): FieldPath {
  const path = text.split('.');
  if (path.every((name) => /^[A-Za-z_]\w*$/.test(name))) return path;
  throw new AlertSimError(
    'BAD_USAGE',
    `${option} ${JSON.stringify(text)} is not the path of a field: give names with dots between, such as candidate.jd`,
  );
}

function firstPath(
  schema: AvroType,
  paths: readonly FieldPath[] | undefined,
  kinds: readonly AvroType['kind'][],
): FieldPath | undefined {
  return paths?.find((path) => {
    const kind = kindAt(schema, path);
    return kind !== undefined && kinds.includes(kind);
  });
}

/** What a field is, null apart; undefined where there is none. */
export function kindAt(schema: AvroType, path: FieldPath): AvroType['kind'] | undefined {
  const type = typeAt(schema, path);
  return type === undefined ? undefined : withoutNull(type).kind;
}

/**
 * The type of a field; unions of null and one type on the way are looked through.
 *
 * @param schema - the writer's schema
 * @param path - names of fields, outermost first
 */
export function typeAt(schema: AvroType, path: FieldPath): AvroType | undefined {
  return path.reduce<AvroType | undefined>(
    (type, name) => (type === undefined ? undefined : fieldType(type, name)),
    schema,
  );
}

function withoutTime(schema: AvroType, place: string): AlertSimError {
  const sought = surveys.flatMap(({ times }) => times.map(({ path }) => path.join('.')));
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: its records have no time that is known: looked for ${[...new Set(sought)].join(', ')}, but ` +
      `${describeFields(schema, 'the record')}; ${nameOne(schema)}`,
  );
}

function badTimeField(
  schema: AvroType,
  place: string,
  path: FieldPath,
  kind: AvroType['kind'] | undefined,
): AlertSimError {
  const found = kind === undefined ? 'is not a field of its records' : `is of type ${kind}`;
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: ${path.join('.')}, named as the time, ${found}; ${describeFields(schema, 'the record')}; ${nameOne(schema)}`,
  );
}

function nameOne(schema: AvroType): string {
  const plausible = plausibleTimes(schema);
  const how = 'with --time-field FIELD:UNIT (timeField in a scenario; the unit is one of ';
  const units = `${timeUnits.join(', ')})`;
  return plausible.length === 0
    ? `name the field of the time ${how}${units}`
    : `name the field of the time ${how}${units}; it could be ${plausible.join(', ')}`;
}

const listedFields = 12;
const timeName = /mjd|jd|time|date|epoch|utc|tai/i;

/** Fields that could be a time, by name and type, not in arrays. */
function plausibleTimes(schema: AvroType): readonly string[] {
  const found: string[] = [];
  const search = (type: AvroType, path: FieldPath): void => {
    const record = withoutNull(type);
    if (record.kind !== 'record' || path.length > 2) return;
    for (const field of record.fields) {
      const here = [...path, field.name];
      const { kind } = withoutNull(field.type);
      if (timeName.test(field.name) && timeKinds.includes(kind)) found.push(`${here.join('.')} (${kind})`);
      search(field.type, here);
    }
  };
  search(schema, []);
  const more = found.length - listedFields;
  return more > 0 ? [...found.slice(0, listedFields), `or one of ${more} more`] : found;
}

function describeFields(type: AvroType, what: string): string {
  const record = withoutNull(type);
  if (record.kind !== 'record') return `${what} is of type ${record.kind}`;
  const names = record.fields.map(({ name }) => name);
  const more = names.length > listedFields ? `, and ${names.length - listedFields} more` : '';
  return `${what} has ${names.slice(0, listedFields).join(', ') || 'no fields'}${more}`;
}
