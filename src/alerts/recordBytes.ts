import { decodeLong, longEnd } from './varint.js';

/** A record that does not match its bytes, or has no usable time; its message is half a sentence. */
export class RecordFault extends Error {
  /** How to fix it, where copying the file again is no help. */
  readonly wayOut: string | undefined;

  /** @param message - half a sentence that begins with a verb */
  constructor(message: string, wayOut?: string) {
    super(message);
    this.wayOut = wayOut;
  }
}

/**
 * Reads a count, a length or the index of a union's branch.
 *
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
 * @throws RecordFault when the bytes end before it does
 */
export function lengthEnd(bytes: Uint8Array, at: number): number {
  const end = longEnd(bytes, at);
  if (end < 0) throw tooShort();
  return end;
}

/**
 * Checks that a position lies within the bytes, or just after them, and returns it.
 *
 * @throws RecordFault when it lies beyond
 */
export function within(bytes: Uint8Array, at: number): number {
  if (at > bytes.length) throw tooShort();
  return at;
}

/** The fault of a union whose index has no branch. */
export function noBranch(bytes: Uint8Array, at: number): RecordFault {
  return at < bytes.length ? new RecordFault('chooses a type that its union does not have') : tooShort();
}

function tooShort(): RecordFault {
  return new RecordFault('needs more bytes than there are');
}
