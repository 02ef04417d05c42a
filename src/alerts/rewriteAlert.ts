import type { AlertPlace } from './alertPlaces.js';
import { lengthEnd, RecordFault, within } from './recordBytes.js';
import { microsecondsPerDay } from './timeOffset.js';
import { decodeBigLong, writeBigLong } from './varint.js';

export interface AlertShift {
  /** Added to each id; not negative. */
  readonly ids: bigint;
  /** Added to each time, days. */
  readonly days: number;
  /** Instead of the visit's number; undefined leaves it. */
  readonly visit?: bigint | undefined;
}

/** Ids below 2^62 can be counted up: the highest bit below the sign is left for it. */
const idBits = 62;

const timeBytes = 8;
const longestLongBytes = 10;

/**
 * Distance between an alert's ids of two passes: the largest power of two with which the last pass adds less
 * than 2^62, so that an id below 2^62 stays within 63 bits.
 *
 * @remarks Ids of different passes never collide as long as those of the reservoir lie less than a stride
 * apart. With up to 16 passes that is 2^58 or more; with a million passes it is 2^42.
 * @param passes - 1 or more
 * @returns 2^62 for one pass, 2^61 for two, 2^60 for three and four
 */
export function idStride(passes: number): bigint {
  return 1n << BigInt(idBits - (32 - Math.clz32(passes - 1)));
}

/**
 * What a pass adds to the alerts of the first one; nothing for pass 0.
 *
 * @param pass - from 0
 * @param passLengthUs - recorded microseconds from one start to the next
 */
export function shiftOfPass(pass: number, passes: number, passLengthUs: number): AlertShift {
  return { ids: BigInt(pass) * idStride(passes), days: (pass * passLengthUs) / microsecondsPerDay };
}

/** Maximum size of an alert after rewriting, bytes. */
export function mostRewrittenBytes(value: Uint8Array, places: readonly AlertPlace[]): number {
  return value.length + places.length * longestLongBytes;
}

/**
 * Rewrites an alert's ids and times in its encoded bytes; all others stay as they are. A larger id may take
 * more bytes, which moves those behind it.
 *
 * @param value - the message's value
 * @param into - a buffer of at least {@link mostRewrittenBytes}
 * @returns the new value, a view of `into`
 * @throws RecordFault when a place does not hold what it should, or an id is too large to add to
 */
export function rewriteAlert(
  value: Buffer,
  places: readonly AlertPlace[],
  shift: AlertShift,
  into: Buffer,
): Buffer {
  let from = 0;
  let to = 0;
  for (const { kind, at } of places) {
    if (at < from) throw new RecordFault('has places that lie in each other');
    const end = kind === 'time' ? within(value, at + timeBytes) : lengthEnd(value, at);
    to += value.copy(into, to, from, at);
    if (kind === 'time') to = into.writeDoubleLE(value.readDoubleLE(at) + shift.days, to);
    else {
      const long = decodeBigLong(value, at, end);
      to = writeBigLong(kind === 'id' ? shifted(long, shift.ids) : (shift.visit ?? long), into, to);
    }
    from = end;
  }
  to += value.copy(into, to, from);
  return into.subarray(0, to);
}

function shifted(id: bigint, by: bigint): bigint {
  if (id >= 1n << BigInt(idBits))
    throw new RecordFault(`has the id ${id}, but ids from 2^62 on leave no room for more`);
  return id + by;
}
