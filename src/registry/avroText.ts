import avsc from 'avsc';
import { canonicalSchema, parseAvroSchema } from '../alerts/avroSchema.js';
import { messageOf } from '../errors.js';

/**
 * The reason why a text is not an Avro schema; undefined where it is one. It knows more rules than
 * `parseAvroSchema`, which reads files that others wrote: names and defaults must be valid, too.
 */
export function schemaFault(text: string): string | undefined {
  try {
    typeOf(text);
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** A form that is the same for texts that differ in nothing but blanks and the order of attributes. */
export function wholeForm(text: string): string {
  return JSON.stringify(sorted(JSON.parse(text)));
}

/**
 * A form that is the same for all schemas that give records the same bytes and names: documentation, defaults
 * and logical types don't count. For a text that is not a schema, the text itself.
 */
export function bytesForm(text: string): string {
  try {
    return canonicalSchema(parseAvroSchema(text, 'the schema'));
  } catch {
    return text;
  }
}

/** Full name of a schema's record; undefined for a schema without a name, and for a text that is not a schema. */
export function schemaName(text: string): string | undefined {
  try {
    const type = parseAvroSchema(text, 'the schema');
    return 'name' in type ? type.name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Why a reader with one schema can't read what was written with another; undefined where it can.
 *
 * @remarks By the resolution rules of the Avro specification 1.12, as avsc has them.
 */
export function readingFault(reader: string, writer: string): string | undefined {
  try {
    typeOf(reader).createResolver(typeOf(writer));
    return undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function typeOf(text: string): avsc.Type {
  // Unions are only resolved here, never read: no one sees how their values are wrapped.
  return avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, { wrapUnions: true });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
