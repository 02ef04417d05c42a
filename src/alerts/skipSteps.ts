import { badBranch, lengthEnd, noBranch, readLength, RecordFault, within } from './recordBytes.js';

/** Finds where a value ends: from the position where it begins to the one after it. */
export type Skip = (bytes: Uint8Array, at: number) => number;

// Constants, not an enum or an object's members: the switch over them is the hottest place of the program.
const fixed = 0;
const varint = 1;
const prefixed = 2;
const optionalFixed = 3;
const optionalVarint = 4;
const optionalPrefixed = 5;
const called = 6;

/** The kinds of steps: each `optional` one is a union of null, first, and the kind that it is named after. */
const kinds = { fixed, varint, prefixed, optionalFixed, optionalVarint, optionalPrefixed, call: called };

/** A piece of a type, or several of the same kind in a row. */
export interface Step {
  /** What it skips: bytes of a constant size, a number of variable length, bytes after their length; or a call. */
  readonly kind: keyof typeof kinds;
  /** Size of a value of constant size, bytes; else 0. */
  readonly bytes: number;
  /** How many of it follow each other. */
  readonly count: number;
  /** What skips it, for a call. */
  readonly skip: Skip | undefined;
}

/**
 * Makes a step of one value.
 *
 * @param kind - what it skips
 * @param bytes - size of a value of constant size
 * @returns the step
 */
export function step(kind: Exclude<Step['kind'], 'call'>, bytes = 0): Step {
  return { kind, bytes, count: 1, skip: undefined };
}

/**
 * Makes a step of a function.
 *
 * @param skip - what skips the value
 * @returns the step
 */
export function call(skip: Skip): Step {
  return { kind: 'call', bytes: 0, count: 1, skip };
}

/**
 * Joins steps of the same kind that follow each other.
 *
 * @param steps - steps in order
 * @returns as few steps as do the same
 */
export function fuse(steps: readonly Step[]): readonly Step[] {
  const fused: Step[] = [];
  for (const next of steps) {
    const last = fused.at(-1);
    if (last?.kind === 'fixed' && next.kind === 'fixed') {
      fused[fused.length - 1] = { ...last, bytes: last.bytes + next.bytes };
    } else if (last?.kind === next.kind && last.bytes === next.bytes && next.kind !== 'call') {
      fused[fused.length - 1] = { ...last, count: last.count + next.count };
    } else {
      fused.push(next);
    }
  }
  return fused;
}

/**
 * The size of a value whose size is always the same.
 *
 * @param steps - the steps of its type, fused
 * @returns bytes, or undefined when the size depends on the value
 */
export function constantBytes(steps: readonly Step[]): number | undefined {
  const [only] = steps;
  if (only === undefined) return 0;
  return steps.length === 1 && only.kind === 'fixed' ? only.bytes : undefined;
}

/**
 * The step of a union of null, first, and one other type, where there is a quick one.
 *
 * @param steps - the other type's steps, fused
 * @returns the step, or undefined when the other type takes more than one
 */
export function optional(steps: readonly Step[]): Step | undefined {
  const [only] = steps;
  if (steps.length > 1 || only === undefined || only.count > 1) return undefined;
  if (only.kind === 'fixed') return step('optionalFixed', only.bytes);
  if (only.kind === 'varint') return step('optionalVarint');
  return only.kind === 'prefixed' ? step('optionalPrefixed') : undefined;
}

/**
 * Makes one function of steps.
 *
 * @remarks One loop over tables, not a call for each field: an alert has about 10,000 fields, most of them optional
 * numbers, and this was measured at twice the speed of calls.
 * @param steps - steps in order
 * @returns what skips all of them; it throws RecordFault where the bytes do not fit
 */
export function skipOf(steps: readonly Step[]): Skip {
  const fused = fuse(steps);
  const kindTable = Uint8Array.from(fused, ({ kind }) => kinds[kind]);
  const bytesTable = Int32Array.from(fused, ({ bytes }) => bytes);
  const countTable = Uint32Array.from(fused, ({ count }) => count);
  const callTable = fused.map(({ skip }) => skip ?? nothing);
  const stepCount = fused.length;
  return (bytes, start) => {
    let at = start;
    for (let i = 0; i < stepCount; i += 1) {
      const count = countTable[i] ?? 0;
      switch (kindTable[i]) {
        case fixed:
          at += bytesTable[i] ?? 0;
          break;
        case varint:
          for (let n = 0; n < count; n += 1) at = afterVarint(bytes, at);
          break;
        case prefixed:
          for (let n = 0; n < count; n += 1) at = afterPrefixed(bytes, at);
          break;
        case optionalFixed: {
          // Whether a value is there is as good as random to the processor: computing costs less than guessing.
          const size = bytesTable[i] ?? 0;
          let tags = nullTag;
          for (let n = 0; n < count; n += 1) {
            const tag = bytes[at] ?? nullTag;
            tags |= tag;
            at += 1 + (tag >> 1) * size;
          }
          if (tags !== nullTag && tags !== valueTag) throw badBranch();
          break;
        }
        case optionalVarint:
          for (let n = 0; n < count; n += 1) at = isThere(bytes, at) ? afterVarint(bytes, at + 1) : at + 1;
          break;
        case optionalPrefixed:
          for (let n = 0; n < count; n += 1) at = isThere(bytes, at) ? afterPrefixed(bytes, at + 1) : at + 1;
          break;
        default:
          at = callTable[i]?.(bytes, at) ?? at;
      }
    }
    return within(bytes, at);
  };
}

/** The branch's index as it is written: zigzag. */
const nullTag = 0;
const valueTag = 2;

const nothing: Skip = (_bytes, at) => at;

function isThere(bytes: Uint8Array, at: number): boolean {
  const tag = bytes[at];
  if (tag !== valueTag && tag !== nullTag) throw noBranch(bytes, at);
  return tag === valueTag;
}

function afterVarint(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
}

function afterPrefixed(bytes: Uint8Array, at: number): number {
  const length = readLength(bytes, at);
  if (length < 0) throw new RecordFault(`has a text or bytes of negative length ${length}`);
  return within(bytes, lengthEnd(bytes, at) + length);
}
