import { withoutNull, type AvroRecord, type AvroType } from '../avroType.js';
import { rubinSchema } from '../rubinSchemas.js';
import type { AvroWriter } from './avroWriter.js';
import type { IdWords } from './identifiers.js';
import { schemaIdOf, type SchemaVersion } from './schemaText.js';

const uint32 = 4294967296;

/**
 * The values of one record by name, in places that are the same for every version of the schema. A value that
 * is not set is NaN, which a field of floating point is written as; one of another type is null then.
 */
export class RecordValues<Name extends string> {
  /** Where each value is. */
  readonly at: Readonly<Record<Name, number>>;
  /** Flags are 0 or 1, and the upper words of longs are here. */
  readonly numbers: Float64Array;
  /** Lower words of longs. */
  readonly lows: Int32Array;
  readonly texts: (string | undefined)[];

  constructor(readonly names: readonly Name[]) {
    this.at = Object.fromEntries(names.map((name, at) => [name, at])) as Record<Name, number>;
    this.numbers = new Float64Array(names.length).fill(NaN);
    this.lows = new Int32Array(names.length);
    this.texts = names.map(() => undefined);
  }

  /** Sets a long of up to 63 bits. */
  setId(at: number, id: IdWords): void {
    this.numbers[at] = id.high;
    this.lows[at] = id.low;
  }

  /**
   * Sets a long of at most 53 bits.
   *
   * @param value - whole number, 0 or more
   */
  setLong(at: number, value: number): void {
    this.numbers[at] = Math.floor(value / uint32);
    this.lows[at] = (value % uint32) | 0;
  }
}

/** How a field is written: its type, doubled, and one more where it may be null. */
const opcodes = { null: 0, boolean: 2, int: 4, long: 6, float: 8, double: 10, string: 12 } as const;
const nullable = 1;

export interface PlanOptions<Name extends string> {
  /** What a version calls a value, where that is not its name here. */
  readonly aliases?: Readonly<Record<string, Name>>;
  /** Fields without a value are null; without this they are an error. */
  readonly mayLack?: boolean;
}

/**
 * The steps that write a record as a version of the schema has it, made once from the version's table of
 * fields: a step is a number for what to write and the place of the value.
 */
export class RecordPlan<Name extends string> {
  private readonly steps: Uint8Array;
  private readonly places: Uint16Array;

  /** @throws where a field has no value, or has a type that is not one of a plain value */
  constructor(record: AvroRecord, values: RecordValues<Name>, options: PlanOptions<Name> = {}) {
    const { aliases = {}, mayLack = false } = options;
    const places = new Map<string, number>(values.names.map((name, at) => [name, at]));
    const compiled = record.fields.map(({ name, type }) => {
      const place = places.get(aliases[name] ?? name);
      if (place === undefined) {
        if (!mayLack || type.kind !== 'union') throw new Error(`${record.name}.${name} has no value`);
        return { step: opcodes.null, place: 0 };
      }
      return { step: stepOf(record.name, name, type), place };
    });
    this.steps = Uint8Array.from(compiled, ({ step }) => step);
    this.places = Uint16Array.from(compiled, ({ place }) => place);
  }

  /** Writes the record with the values as they are now. */
  write(to: AvroWriter, { numbers, lows, texts }: RecordValues<Name>): void {
    const { steps, places } = this;
    for (let index = 0; index < steps.length; index += 1) {
      const at = places[index] ?? 0;
      const value = numbers[at] ?? NaN;
      switch (steps[index]) {
        case opcodes.boolean | nullable:
          if (Number.isNaN(value)) to.null();
          else to.maybeBoolean(value);
          break;
        case opcodes.float | nullable:
          to.maybeFloat(value);
          break;
        case opcodes.double | nullable:
          to.maybeDouble(value);
          break;
        case opcodes.float:
          to.float(value);
          break;
        case opcodes.double:
          to.double(value);
          break;
        case opcodes.int:
          to.integer(value);
          break;
        case opcodes.long:
          to.long(value, lows[at] ?? 0);
          break;
        case opcodes.int | nullable:
          if (Number.isNaN(value)) to.null();
          else to.maybeInteger(value);
          break;
        case opcodes.long | nullable:
          if (Number.isNaN(value)) to.null();
          else to.maybeLong(value, lows[at] ?? 0);
          break;
        case opcodes.string:
          to.string(texts[at] ?? '');
          break;
        case opcodes.string | nullable:
          to.maybeString(texts[at]);
          break;
        default:
          to.null();
      }
    }
  }
}

/** The record of a name, found anywhere within a version's schema. */
export function recordOf(version: SchemaVersion, name: string): AvroRecord {
  const found = findRecord(rubinSchema(schemaIdOf(version))?.type, name);
  if (found === undefined) throw new Error(`the schema ${version} has no record ${name}`);
  return found;
}

function findRecord(type: AvroType | undefined, name: string): AvroRecord | undefined {
  if (type === undefined) return undefined;
  const bare = withoutNull(type);
  if (bare.kind === 'array') return findRecord(bare.items, name);
  if (bare.kind !== 'record') return undefined;
  if (bare.name.endsWith(`.${name}`)) return bare;
  for (const field of bare.fields) {
    const found = findRecord(field.type, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stepOf(record: string, name: string, type: AvroType): number {
  const { kind } = withoutNull(type);
  if (kind === 'null' || !(kind in opcodes)) throw new Error(`${record}.${name} is ${kind}, not a value`);
  return opcodes[kind as keyof typeof opcodes] | (type.kind === 'union' ? nullable : 0);
}
