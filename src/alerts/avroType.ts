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

export interface AvroPrimitive {
  readonly kind: (typeof primitiveKinds)[number];
}

export interface AvroFixed {
  readonly kind: 'fixed';
  readonly name: string;
  readonly bytes: number;
}

/** Written as the index of its symbol. */
export interface AvroEnum {
  readonly kind: 'enum';
  readonly name: string;
  readonly symbols: readonly string[];
}

export interface AvroArray {
  readonly kind: 'array';
  readonly items: AvroType;
}

export interface AvroMap {
  readonly kind: 'map';
  readonly values: AvroType;
}

/** Written as the index of the branch, then its value. */
export interface AvroUnion {
  readonly kind: 'union';
  readonly branches: readonly AvroType[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
}

export interface AvroRecord {
  readonly kind: 'record';
  readonly name: string;
  /** In the order in which they are written. A recursive record is found in its own fields. */
  readonly fields: readonly AvroField[];
}

/** An Avro type with every name resolved to the type that it stands for. */
export type AvroType = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord;

/** The other branch of a union of null and one type; any other type as it is. */
export function withoutNull(type: AvroType): AvroType {
  if (type.kind !== 'union') return type;
  const others = type.branches.filter(({ kind }) => kind !== 'null');
  const [only] = others;
  return others.length === 1 && only !== undefined ? only : type;
}

/** The field of a record. */
export function fieldType(type: AvroType, name: string): AvroType | undefined {
  const record = withoutNull(type);
  return record.kind === 'record' ? record.fields.find((field) => field.name === name)?.type : undefined;
}
