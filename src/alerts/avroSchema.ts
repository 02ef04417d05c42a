import { AlertSimError, messageOf } from '../errors.js';
import {
  primitiveKinds,
  type AvroField,
  type AvroPrimitive,
  type AvroRecord,
  type AvroType,
} from './avroType.js';

/**
 * Reads an Avro schema and resolves its names.
 *
 * @remarks Ignores what does not change the bytes of a record: documentation, defaults, aliases and logical
 * types. Source: Avro specification 1.12, "Schema Declaration" and "Names".
 * @param elsewhere - types that other files declare, by their full names; resolved where they are used
 * @throws `BAD_INPUT_FILE` when it is not JSON, or not a schema
 */
export function parseAvroSchema(
  text: string,
  place: string,
  elsewhere: ReadonlyMap<string, unknown> = new Map(),
): AvroType {
  try {
    return resolve(JSON.parse(text), '', new Named(elsewhere));
  } catch (thrown) {
    // RangeError: nested too deeply for the stack.
    const fault = thrown instanceof RangeError ? 'its types are nested too deeply' : messageOf(thrown);
    const wayOut =
      thrown instanceof UnknownName
        ? `put the .avsc file that declares it beside ${place}`
        : 'write the file again with a valid Avro schema';
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${place} has a schema that cannot be read: ${fault}; ${wayOut}`,
      thrown,
    );
  }
}

/**
 * The named types that a schema declares at its top, by full name; none where the text is not JSON or
 * declares nothing.
 */
export function declaredTypes(text: string): readonly (readonly [string, unknown])[] {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return [];
  }
  return (Array.isArray(schema) ? (schema as readonly unknown[]) : [schema]).flatMap((one) => {
    if (typeof one !== 'object' || one === null || !('name' in one) || typeof one.name !== 'string')
      return [];
    return [[fullName(one, ''), one] as const];
  });
}

/**
 * A form of the schema that is the same for all schemas that give records the same bytes and names.
 *
 * @remarks Avro's Parsing Canonical Form, as the specification's section of that name defines it.
 */
export function canonicalSchema(type: AvroType): string {
  return JSON.stringify(canonical(type, new Set()));
}

class UnknownName extends Error {}

/** Types by full name: those resolved already, and those declared in other files. */
class Named extends Map<string, AvroType> {
  readonly elsewhere: ReadonlyMap<string, unknown>;

  constructor(elsewhere: ReadonlyMap<string, unknown>) {
    super();
    this.elsewhere = elsewhere;
  }
}

function resolve(schema: unknown, namespace: string, named: Named): AvroType {
  if (typeof schema === 'string') return resolveName(schema, namespace, named);
  if (Array.isArray(schema)) {
    return { kind: 'union', branches: schema.map((branch) => resolve(branch, namespace, named)) };
  }
  if (typeof schema !== 'object' || schema === null) {
    throw new Error(`${JSON.stringify(schema)} is not a type`);
  }
  const declared = schema as Readonly<Record<string, unknown>>;
  switch (declared.type) {
    case 'array':
      return { kind: 'array', items: resolve(declared.items, namespace, named) };
    case 'map':
      return { kind: 'map', values: resolve(declared.values, namespace, named) };
    case 'fixed':
      return declare({ kind: 'fixed', name: fullName(declared, namespace), bytes: sizeOf(declared) }, named);
    case 'enum':
      return declare(
        { kind: 'enum', name: fullName(declared, namespace), symbols: symbolsOf(declared) },
        named,
      );
    case 'record':
    case 'error':
      return resolveRecord(declared, namespace, named);
    default:
      return resolve(declared.type, namespace, named);
  }
}

function resolveName(name: string, namespace: string, named: Named): AvroType {
  const primitive = primitiveKinds.find((kind) => kind === name);
  if (primitive !== undefined) return { kind: primitive } satisfies AvroPrimitive;
  const names = [qualified(name, namespace), name];
  for (const one of names) {
    const found = named.get(one);
    if (found !== undefined) return found;
  }
  const declaring = names.find((one) => named.elsewhere.has(one));
  if (declaring !== undefined) return resolve(named.elsewhere.get(declaring), '', named);
  const files = named.elsewhere.size === 0 ? '' : ', nor declared by an .avsc file beside it';
  throw new UnknownName(`the type ${JSON.stringify(name)} is not declared before it is used${files}`);
}

function resolveRecord(
  declared: Readonly<Record<string, unknown>>,
  namespace: string,
  named: Named,
): AvroRecord {
  const name = fullName(declared, namespace);
  const fields: AvroField[] = [];
  const record: AvroRecord = { kind: 'record', name, fields };
  const known = named.get(name);
  // Declared before its fields are resolved: these may name it.
  if (known === undefined) named.set(name, record);
  const within = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  const declaredFields = declared.fields;
  if (!Array.isArray(declaredFields)) throw new Error(`the record ${name} has no list of fields`);
  for (const field of declaredFields as readonly unknown[]) {
    if (typeof field !== 'object' || field === null || !('name' in field) || typeof field.name !== 'string') {
      throw new Error(`a field of the record ${name} has no name`);
    }
    fields.push({ name: field.name, type: resolve('type' in field ? field.type : undefined, within, named) });
  }
  return known === undefined ? record : sameAs(known, record);
}

function declare<T extends AvroType & { readonly name: string }>(type: T, named: Named): T {
  const known = named.get(type.name);
  if (known !== undefined) return sameAs(known, type);
  named.set(type.name, type);
  return type;
}

/** Writers that put a schema together from parts declare a type wherever it is used: the same one, as a rule. */
function sameAs<T extends AvroType & { readonly name: string }>(known: AvroType, type: T): T {
  if (canonicalSchema(known) === canonicalSchema(type)) return type;
  throw new Error(`the type ${type.name} is declared twice, and not as the same`);
}

function fullName(declared: Readonly<Record<string, unknown>>, enclosing: string): string {
  const { name, namespace } = declared;
  if (typeof name !== 'string' || name === '') throw new Error(`a type ${String(declared.type)} has no name`);
  return qualified(name, typeof namespace === 'string' ? namespace : enclosing);
}

function qualified(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function sizeOf(declared: Readonly<Record<string, unknown>>): number {
  const { size } = declared;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new Error(`the fixed type ${String(declared.name)} has no valid size`);
  }
  return size;
}

function symbolsOf(declared: Readonly<Record<string, unknown>>): readonly string[] {
  const { symbols } = declared;
  if (!Array.isArray(symbols)) throw new Error(`the enum ${String(declared.name)} has no symbols`);
  return symbols.map(String);
}

/** A named type is written out once; after that its name refers to it, as in the schemas themselves. */
function canonical(type: AvroType, written: Set<string>): unknown {
  if ('name' in type) {
    if (written.has(type.name)) return type.name;
    written.add(type.name);
  }
  switch (type.kind) {
    case 'fixed':
      return { name: type.name, type: 'fixed', size: type.bytes };
    case 'enum':
      return { name: type.name, type: 'enum', symbols: type.symbols };
    case 'array':
      return { type: 'array', items: canonical(type.items, written) };
    case 'map':
      return { type: 'map', values: canonical(type.values, written) };
    case 'union':
      return type.branches.map((branch) => canonical(branch, written));
    case 'record': {
      const fields = type.fields.map((field) => ({ name: field.name, type: canonical(field.type, written) }));
      return { name: type.name, type: 'record', fields };
    }
    default:
      return type.kind;
  }
}
