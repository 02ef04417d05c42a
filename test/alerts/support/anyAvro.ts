import avsc from 'avsc';
import fc from 'fast-check';

/** A schema together with values that match it, for avsc with `wrapUnions: 'always'`. */
export interface TypedValues {
  readonly schema: avsc.Schema;
  /** The name by which a wrapped union calls this type. */
  readonly branch: string;
  readonly values: fc.Arbitrary<unknown>;
}

/** As large as avsc writes them. */
const wholeNumbers = fc.integer({ min: -(2 ** 51), max: 2 ** 51 });

const leaf = (schema: string, values: fc.Arbitrary<unknown>): TypedValues => ({
  schema,
  branch: schema,
  values,
});

const primitives: readonly TypedValues[] = [
  leaf('null', fc.constant(null)),
  leaf('boolean', fc.boolean()),
  leaf('int', fc.integer()),
  leaf('long', wholeNumbers),
  leaf('float', fc.float({ noNaN: true })),
  leaf('double', fc.double({ noNaN: true })),
  leaf(
    'bytes',
    fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
  ),
  leaf('string', fc.string({ unit: 'grapheme', maxLength: 70 })),
];

/**
 * Schemas of every Avro type, nested.
 *
 * @param depth - how deep types nest at most
 * @param name - the name of a named type at this place; each place has its own
 */
export function anyType(depth: number, name = 't'): fc.Arbitrary<TypedValues> {
  const simple = fc.oneof(
    fc.constantFrom(...primitives),
    fc.integer({ min: 0, max: 20 }).map<TypedValues>((size) => ({
      schema: { type: 'fixed', name, size },
      branch: name,
      values: fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes)),
    })),
    fc.constant<TypedValues>({
      schema: { type: 'enum', name, symbols: ['A', 'B', 'C'] },
      branch: name,
      values: fc.constantFrom('A', 'B', 'C'),
    }),
    fc.constant<TypedValues>({
      schema: { type: 'long', logicalType: 'timestamp-micros' },
      branch: 'long',
      values: wholeNumbers,
    }),
  );
  if (depth === 0) return simple;
  const record = fc
    .integer({ min: 0, max: 4 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, i) => anyType(depth - 1, `${name}_${i}`))),
    )
    .map<TypedValues>((fields) => ({
      schema: {
        type: 'record',
        name,
        fields: fields.map(({ schema }, i) => ({ name: `f${i}`, type: schema })),
      },
      branch: name,
      values: fc.record(Object.fromEntries(fields.map(({ values }, i) => [`f${i}`, values]))),
    }));
  const array = anyType(depth - 1, `${name}_i`).map<TypedValues>(({ schema, values }) => ({
    schema: { type: 'array', items: schema },
    branch: 'array',
    values: fc.array(values, { maxLength: 4 }),
  }));
  const map = anyType(depth - 1, `${name}_v`).map<TypedValues>(({ schema, values }) => ({
    schema: { type: 'map', values: schema },
    branch: 'map',
    values: fc.dictionary(
      fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'),
      values,
      { maxKeys: 4, noNullPrototype: true },
    ),
  }));
  const union = fc
    .tuple(anyType(depth - 1, `${name}_a`), anyType(depth - 1, `${name}_b`), fc.constantFrom('first', 'last'))
    .filter(
      ([a, b]) =>
        !Array.isArray(a.schema) && !Array.isArray(b.schema) && a.branch !== b.branch && a.branch !== 'null',
    )
    .map<TypedValues>(([a, b, nullPlace]) => {
      const nullType = { schema: 'null', branch: 'null', values: fc.constant(null) };
      const others = b.branch === 'null' ? [a] : [a, b];
      const branches = nullPlace === 'first' ? [nullType, ...others] : [...others, nullType];
      return {
        schema: branches.map(({ schema }) => schema) as avsc.Schema,
        branch: 'union',
        values: fc.oneof(
          ...branches.map(({ branch, values }) =>
            branch === 'null' ? fc.constant(null) : values.map((value) => ({ [branch]: value })),
          ),
        ),
      };
    });
  return fc.oneof(simple, record, array, map, union);
}
