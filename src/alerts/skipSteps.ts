import { lengthEnd, noBranch, readLength, RecordFault, within } from './recordBytes.js';

/** Finds where a value ends: from the position where it begins to the one after it. */
export type Skip = (bytes: Uint8Array, at: number) => number;

/** Kinds of steps: each `optional` one is a union of null, first, and the kind that it is named after. */
type Kind =
  'fixed' | 'varint' | 'prefixed' | 'optionalFixed' | 'optionalVarint' | 'optionalPrefixed' | 'call';

/** A part of a type, or several of the same kind in a row. */
export interface Step {
  /** Bytes of a constant size, a number of variable length, bytes after their length; or a call. */
  readonly kind: Kind;
  /** Size of a value of constant size, bytes; else 0. */
  readonly bytes: number;
  readonly count: number;
  /** Only for a call. */
  readonly skip: Skip | undefined;
}

/** A step of one value. */
export function step(kind: Exclude<Step['kind'], 'call'>, bytes = 0): Step {
  return { kind, bytes, count: 1, skip: undefined };
}

/** A step that calls a function. */
export function call(skip: Skip): Step {
  return { kind: 'call', bytes: 0, count: 1, skip };
}

/** Joins steps of the same kind that follow each other. */
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

/** Size of a value in bytes; undefined when it depends on the value. */
export function constantBytes(steps: readonly Step[]): number | undefined {
  const [only] = steps;
  if (only === undefined) return 0;
  return steps.length === 1 && only.kind === 'fixed' ? only.bytes : undefined;
}

/**
 * The step of a union of null, first, and one other type; undefined when the other type takes more than one
 * step.
 */
export function optional(steps: readonly Step[]): Step | undefined {
  const [only] = steps;
  if (steps.length > 1 || only === undefined || only.count > 1) return undefined;
  if (only.kind === 'fixed') return step('optionalFixed', only.bytes);
  if (only.kind === 'varint') return step('optionalVarint');
  return only.kind === 'prefixed' ? step('optionalPrefixed') : undefined;
}

/**
 * Compiles steps into one function that throws RecordFault where the bytes do not fit.
 *
 * @remarks The function is generated as text and compiled: an alert has about 10,000 fields, most of them
 * optional numbers, and a loop over tables of steps takes four times as long. Only sizes and counts of a
 * schema get into the text, which are numbers.
 */
export function skipOf(steps: readonly Step[]): Skip {
  const fused = fuse(steps);
  const calls = fused.map(({ skip }) => skip);
  const lines = fused.map((each, index) =>
    each.kind === 'call' ? `at = calls[${index}](bytes, at);` : repeated(lineOf(each), each.count),
  );
  const text = `return (bytes, at) => { let tag = 0; ${lines.join('\n')} return within(bytes, at); }`;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is our own, see the remark
  const make = new Function('calls', 'within', 'noBranch', 'afterPrefixed', text) as (
    ...helpers: readonly unknown[]
  ) => Skip;
  return make(calls, within, noBranch, afterPrefixed);
}

/** More values are skipped by a loop. */
const maxUnrolled = 64;

function repeated(line: string, count: number): string {
  return count <= maxUnrolled ? line.repeat(count) : `for (let n = 0; n < ${count}; n += 1) { ${line} }`;
}

/**
 * Code that skips one value. Past the end of the bytes there is no number, and no comparison with it holds:
 * the tag of a union is a fault there, and all else goes on to the check at the end.
 */
function lineOf({ kind, bytes }: Step): string {
  switch (kind) {
    case 'fixed':
      return `at += ${bytes};`;
    case 'varint':
      return afterVarint;
    case 'prefixed':
      return afterText;
    case 'optionalFixed':
      return ifThere(`at += ${bytes};`);
    case 'optionalVarint':
      return ifThere(afterVarint);
    case 'optionalPrefixed':
      return ifThere(afterText);
    case 'call':
      return '';
  }
}

/** The branch's index as written, zigzag: 0 for null, 2 for the value. */
function ifThere(line: string): string {
  return `tag = bytes[at]; at += 1; if (tag === 2) { ${line} } else if (tag !== 0) throw noBranch(bytes, at - 1);`;
}

const afterVarint = 'while (bytes[at] >= 0x80) at += 1; at += 1;';

/** A length of one byte that is not negative, or else whatever it is. */
const afterText =
  'tag = bytes[at]; if (tag < 0x80 && (tag & 1) === 0) at += 1 + (tag >> 1); else at = afterPrefixed(bytes, at);';

function afterPrefixed(bytes: Uint8Array, at: number): number {
  const length = readLength(bytes, at);
  if (length < 0) throw new RecordFault(`has a text or bytes of negative length ${length}`);
  return within(bytes, lengthEnd(bytes, at) + length);
}
