import { readFileSync } from 'node:fs';
import { parseAvroSchema } from './avroSchema.js';
import type { AvroType } from './avroType.js';

/** A schema, and what it was read from. */
export interface KnownSchema {
  /** As JSON. */
  readonly text: string;
  readonly type: AvroType;
}

/** Names, order and types of the fields of every published version of Rubin's alert schema. */
interface Tables {
  /** Of each version, such as `11.0`, which of a record's lists of fields is its own. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /**
   * Lists of `name:type`, with a blank between. `?type` is a union of null and the type, `type?` one of the
   * type and null, `*type` an array.
   */
  readonly records: Readonly<Record<string, readonly string[]>>;
}

const primitives = new Set(['boolean', 'int', 'long', 'float', 'double', 'string', 'bytes']);

let tables: Tables | undefined;
const known = new Map<number, KnownSchema | undefined>();

/**
 * Rubin's alert schema of a schema id, which is major · 100 + minor of its version; undefined for any other id.
 *
 * @remarks Source: github.com/lsst/alert_packet, versions 3.0 to 11.1; its descriptions and defaults are left
 * out, since they don't change the bytes of a record.
 */
export function rubinSchema(id: number): KnownSchema | undefined {
  if (!known.has(id)) known.set(id, readSchema(`${Math.floor(id / 100)}.${id % 100}`));
  return known.get(id);
}

/** Ids of all versions, the oldest first. */
export function rubinSchemaIds(): readonly number[] {
  return Object.keys(allTables().versions)
    .map((version) => version.split('.').map(Number))
    .map(([major = 0, minor = 0]) => major * 100 + minor)
    .sort((a, b) => a - b);
}

function allTables(): Tables {
  const file = new URL('rubinSchemas.json', import.meta.url);
  tables ??= JSON.parse(readFileSync(file, 'utf8')) as Tables;
  return tables;
}

function readSchema(version: string): KnownSchema | undefined {
  const { versions, records } = allTables();
  const own = versions[version];
  if (own === undefined) return undefined;
  const namespace = `lsst.v${version.replace('.', '_')}`;
  const written = new Set<string>();

  const record = (name: string): unknown => {
    if (written.has(name)) return `${namespace}.${name}`;
    written.add(name);
    const fields = (records[name]?.[own[name] ?? -1] ?? '').split(' ').map((field) => {
      const [fieldName = '', type = ''] = field.split(':');
      return { name: fieldName, type: typeOf(type) };
    });
    return { type: 'record', name, namespace, fields };
  };
  const typeOf = (text: string): unknown => {
    if (text.startsWith('?')) return ['null', typeOf(text.slice(1))];
    if (text.endsWith('?')) return [typeOf(text.slice(0, -1)), 'null'];
    if (text.startsWith('*')) return { type: 'array', items: typeOf(text.slice(1)) };
    if (primitives.has(text)) return text;
    return text.startsWith('timestamp-') ? { type: 'long', logicalType: text } : record(text);
  };

  const text = JSON.stringify(record('alert'));
  return { text, type: parseAvroSchema(text, `Rubin's schema ${version}`) };
}
