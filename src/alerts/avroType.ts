/** The types of Avro that have no parts. */
export const primitiveKinds = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
] as const;

/** A type without parts. */
export interface AvroPrimitive {
  /** Which one. */
  readonly kind: (typeof primitiveKinds)[number];
}

/** A number of bytes that is always the same. */
export interface AvroFixed {
  /** Tells the types apart. */
  readonly kind: 'fixed';
  /** Full name, namespace included. */
  readonly name: string;
  /** Its size, bytes. */
  readonly bytes: number;
}

/** One of a few words, written as its index. */
export interface AvroEnum {
  /** Tells the types apart. */
  readonly kind: 'enum';
  /** Full name, namespace included. */
  readonly name: string;
  /** The words, in order. */
  readonly symbols: readonly string[];
}

/** A list. */
export interface AvroArray {
  /** Tells the types apart. */
  readonly kind: 'array';
  /** The type of each item. */
  readonly items: AvroType;
}

/** Values by text keys. */
export interface AvroMap {
  /** Tells the types apart. */
  readonly kind: 'map';
  /** The type of each value. */
  readonly values: AvroType;
}

/** A choice of types; the index of the chosen one stands before the value. */
export interface AvroUnion {
  /** Tells the types apart. */
  readonly kind: 'union';
  /** The types, in order. */
  readonly branches: readonly AvroType[];
}

/** One field of a record. */
export interface AvroField {
  /** Its name. */
  readonly name: string;
  /** Its type. */
  readonly type: AvroType;
}

/** Fields, one after the other. */
export interface AvroRecord {
  /** Tells the types apart. */
  readonly kind: 'record';
  /** Full name, namespace included. */
  readonly name: string;
  /** The fields, in the order in which they are written. A recursive record is found in its own fields. */
  readonly fields: readonly AvroField[];
}

/** An Avro type with every name resolved to the type that it stands for. */
export type AvroType = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord;

/**
 * What an optional value is when it is there.
 *
 * @param type - any type
 * @returns the other branch of a union of null and one type; any other type as it is
 */
export function withoutNull(type: AvroType): AvroType {
  if (type.kind !== 'union') return type;
  const others = type.branches.filter(({ kind }) => kind !== 'null');
  const [only] = others;
  return others.length === 1 && only !== undefined ? only : type;
}

/**
 * The field of a record.
 *
 * @param type - a record, or a union of null and one
 * @param name - the field's name
 * @returns the field's type, or undefined where there is no such field
 */
export function fieldType(type: AvroType, name: string): AvroType | undefined {
  const record = withoutNull(type);
  return record.kind === 'record' ? record.fields.find((field) => field.name === name)?.type : undefined;
}
