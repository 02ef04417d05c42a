import { decodeLong, longEnd } from './varint.js';

/** A record that does not fit its bytes, or has no usable time; what it says is half a sentence. */
export class RecordFault extends Error {
  /** What to do about it, where copying the file again is no help. */
  readonly wayOut: string | undefined;

  /**
   * @param message - what is wrong with the record, half a sentence that begins with a verb
   * @param wayOut - what to do about it, where copying the file again is no help
   */
  constructor(message: string, wayOut?: string) {
    super(message);
    this.wayOut = wayOut;
  }
}

/**
 * Reads a count, a length or the index of a union's branch.
 *
 * @param bytes - the bytes that hold it
 * @param at - where it begins
 * @returns the number
 * @throws RecordFault when the bytes end before it does
 */
export function readLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte !== undefined && byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  return decodeLong(bytes, at, lengthEnd(bytes, at));
}

/**
 * The position after a count, a length or the index of a union's branch.
 *
 * @param bytes - the bytes that hold it
 * @param at - where it begins
 * @returns the position after it
 * @throws RecordFault when the bytes end before it does
 */
export function lengthEnd(bytes: Uint8Array, at: number): number {
  const end = longEnd(bytes, at);
  if (end < 0) throw tooShort();
  return end;
}

/**
 * Checks that a position lies within the bytes, or just after them.
 *
 * @param bytes - the bytes
 * @param at - the position
 * @returns the position
 * @throws RecordFault when it lies beyond
 */
export function within(bytes: Uint8Array, at: number): number {
  if (at > bytes.length) throw tooShort();
  return at;
}

/**
 * The fault of a union whose index names none of its types.
 *
 * @param bytes - the bytes that hold the index
 * @param at - where it stands
 * @returns the fault
 */
export function noBranch(bytes: Uint8Array, at: number): RecordFault {
  return at < bytes.length ? new RecordFault('chooses a type that its union does not have') : tooShort();
}

function tooShort(): RecordFault {
  return new RecordFault('needs more bytes than there are');
}
