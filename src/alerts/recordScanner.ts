import type { AvroRecord, AvroType } from './avroType.js';
import { lengthEnd, noBranch, readLength, RecordFault, within } from './recordBytes.js';
import { call, constantBytes, fuse, optional, skipOf, step, type Skip, type Step } from './skipSteps.js';

/** A value to note while scanning a record. */
export interface Landmark {
  /** Field names, outermost first. Unions on the way are looked through. */
  readonly path: readonly string[];
  /** The value's position in the bytes, or the number of the array's items. */
  readonly note: 'position' | 'itemCount';
}

/** Finds the ends of records, and landmarks in them, without decoding the rest. */
export interface RecordScanner {
  /**
   * Scans one record and returns the position after it.
   *
   * @throws RecordFault when the bytes are not such a record
   */
  readonly scan: (bytes: Uint8Array, start: number) => number;
  /** What was noted in the last record, in the order of the landmarks; -1 where the value was absent. */
  readonly noted: readonly number[];
}

/** Landmarks at a place of the schema, and below it. */
interface Wanted {
  readonly here: readonly { readonly landmark: Landmark; readonly slot: number }[];
  readonly below: (field: string) => Wanted | undefined;
}

/** A record of more steps is called rather than inlined. */
const maxInlinedSteps = 16;

/**
 * Compiles a schema into a scanner.
 *
 * @remarks What is fixed in the schema is decided here, once; a scanner allocates nothing per record.
 */
export function compileScanner(type: AvroType, landmarks: readonly Landmark[]): RecordScanner {
  const noted = landmarks.map(() => -1);
  const skip = skipOf(new Compiler(noted).steps(type, wantedAt(landmarks, [])));
  return {
    noted,
    scan: (bytes, start) => {
      noted.fill(-1);
      try {
        return within(bytes, skip(bytes, start));
      } catch (thrown) {
        // A recursive schema lets damaged bytes nest without end.
        if (thrown instanceof RangeError) throw new RecordFault('is nested too deeply');
        throw thrown;
      }
    },
  };
}

class Compiler {
  readonly #noted: number[];
  /** Records without landmarks, by their type: each is compiled once. */
  readonly #records = new Map<AvroRecord, { steps?: readonly Step[]; skip?: Skip }>();

  constructor(noted: number[]) {
    this.#noted = noted;
  }

  steps(type: AvroType, wanted: Wanted | undefined): readonly Step[] {
    const noted = this.#noted;
    const positions = (wanted?.here ?? []).filter(({ landmark }) => landmark.note === 'position');
    if (positions.length === 0 || type.kind === 'union') return this.#bare(type, wanted);
    const skip = skipOf(this.#bare(type, wanted));
    const noting: Skip = (bytes, at) => {
      for (const { slot } of positions) noted[slot] = at;
      return skip(bytes, at);
    };
    return [call(noting)];
  }

  #bare(type: AvroType, wanted: Wanted | undefined): readonly Step[] {
    switch (type.kind) {
      case 'null':
        return [];
      case 'boolean':
        return [step('fixed', 1)];
      case 'float':
        return [step('fixed', 4)];
      case 'double':
        return [step('fixed', 8)];
      case 'fixed':
        return type.bytes === 0 ? [] : [step('fixed', type.bytes)];
      case 'int':
      case 'long':
      case 'enum':
        return [step('varint')];
      case 'bytes':
      case 'string':
        return [step('prefixed')];
      case 'array':
        return [call(this.#items(this.steps(type.items, undefined), wanted))];
      case 'map':
        return [call(this.#items(this.#entry(type.values), undefined))];
      case 'union':
        return this.#union(type.branches, wanted);
      case 'record':
        return wanted === undefined ? this.#plainRecord(type) : this.#fields(type, wanted);
    }
  }

  #fields(type: AvroRecord, wanted: Wanted | undefined): readonly Step[] {
    return fuse(type.fields.flatMap((field) => this.steps(field.type, wanted?.below(field.name))));
  }

  #plainRecord(type: AvroRecord): readonly Step[] {
    const known = this.#records.get(type);
    if (known === undefined) {
      const entry: { steps?: readonly Step[]; skip?: Skip } = {};
      this.#records.set(type, entry);
      entry.steps = this.#fields(type, undefined);
      entry.skip = skipOf(entry.steps);
      return this.#plainRecord(type);
    }
    if (known.steps !== undefined && known.steps.length <= maxInlinedSteps) return known.steps;
    // Inside itself a recursive record is not ready yet: its function is looked up when needed.
    return [call(known.skip ?? ((bytes, at) => known.skip?.(bytes, at) ?? at))];
  }

  #entry(values: AvroType): readonly Step[] {
    return fuse([step('prefixed'), ...this.steps(values, undefined)]);
  }

  #union(branches: readonly AvroType[], wanted: Wanted | undefined): readonly Step[] {
    const compiled = branches.map((branch) =>
      this.steps(branch, branch.kind === 'null' ? undefined : wanted),
    );
    const [first, second] = branches;
    const quick = first?.kind === 'null' && second !== undefined && branches.length === 2;
    const optionalStep = quick ? optional(compiled[1] ?? []) : undefined;
    if (optionalStep !== undefined) return [optionalStep];
    const skips = compiled.map(skipOf);
    return [
      call((bytes, at) => {
        const skip = skips[readLength(bytes, at)];
        if (skip === undefined) throw noBranch(bytes, at);
        return skip(bytes, lengthEnd(bytes, at));
      }),
    ];
  }

  /**
   * Arrays and maps: blocks of items, each with its count; a negative count is followed by the size in bytes.
   */
  #items(steps: readonly Step[], wanted: Wanted | undefined): Skip {
    const noted = this.#noted;
    const slots = (wanted?.here ?? [])
      .filter(({ landmark }) => landmark.note === 'itemCount')
      .map(({ slot }) => slot);
    const itemBytes = constantBytes(steps);
    const skipItem = skipOf(steps);
    return (bytes, start) => {
      let at = start;
      let total = 0;
      for (;;) {
        const count = readLength(bytes, at);
        at = lengthEnd(bytes, at);
        if (count === 0) break;
        total += Math.abs(count);
        if (count < 0) {
          const size = readLength(bytes, at);
          if (size < 0) throw new RecordFault(`has an array of ${size} bytes`);
          at = within(bytes, lengthEnd(bytes, at) + size);
        } else if (itemBytes !== undefined) {
          at = within(bytes, at + count * itemBytes);
        } else {
          // Each item takes at least a byte and checks its own end, so a wrong count cannot loop for long.
          for (let i = 0; i < count; i += 1) at = skipItem(bytes, at);
        }
      }
      for (const slot of slots) noted[slot] = total;
      return at;
    };
  }
}

/** Undefined where nothing is wanted at a place or below it, so that the fast plain steps are used. */
function wantedAt(landmarks: readonly Landmark[], prefix: readonly string[]): Wanted | undefined {
  const onTheWay = landmarks
    .map((landmark, slot) => ({ landmark, slot }))
    .filter(({ landmark }) => prefix.every((name, depth) => landmark.path[depth] === name));
  if (onTheWay.length === 0) return undefined;
  return {
    here: onTheWay.filter(({ landmark }) => landmark.path.length === prefix.length),
    below: (field) => wantedAt(landmarks, [...prefix, field]),
  };
}
