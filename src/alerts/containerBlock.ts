import { messageOf } from '../errors.js';
import { maxBlockBytes, type Codec } from './codecs.js';
import { containerFault } from './containerErrors.js';
import { syncMarkerBytes } from './containerFormat.js';
import { decodeLong, longEnd } from './varint.js';

/** The most bytes that a block's head takes: two numbers of ten bytes. */
export const maxBlockHeadBytes = 20;

/** What stands before a block's records. */
export interface BlockHead {
  /** How many records the block says it has. */
  readonly recordCount: number;
  /** Size of the records as they are stored, bytes. */
  readonly storedBytes: number;
  /** Size of the head itself, bytes. */
  readonly headBytes: number;
}

/** Where a block is. */
export type BlockPlace = Pick<ContainerBlock, 'path' | 'offsetBytes' | 'recordsBefore'>;

/** A block of a container. */
export class ContainerBlock {
  /** The container, for messages. */
  readonly path: string;
  /** Where the block begins, bytes from the file's start. */
  readonly offsetBytes: number;
  /** How many records the block says it has. */
  readonly recordCount: number;
  /** Its records as the file stores them. */
  readonly stored: Buffer;
  /** How many records the blocks before it say they have; undefined where these were not read. */
  readonly recordsBefore: number | undefined;
  readonly #codec: Codec;

  /**
   * @param place - where it is
   * @param recordCount - how many records it says it has
   * @param stored - its records as the file stores them
   * @param codec - the container's codec
   */
  constructor(place: BlockPlace, recordCount: number, stored: Buffer, codec: Codec) {
    this.path = place.path;
    this.offsetBytes = place.offsetBytes;
    this.recordsBefore = place.recordsBefore;
    this.recordCount = recordCount;
    this.stored = stored;
    this.#codec = codec;
  }

  /**
   * Decompresses the records.
   *
   * @returns the records' Avro bytes, one after the other
   * @throws `BAD_INPUT_FILE` when the codec finds them damaged
   */
  decompress(): Buffer {
    // A writer may leave an empty block without the bytes by which its codec would say that there is nothing.
    if (this.recordCount === 0 && this.stored.length === 0) return this.stored;
    try {
      return this.#codec.decompress(this.stored);
    } catch (thrown) {
      throw this.fault(`cannot be decompressed with ${this.#codec.name}: ${messageOf(thrown)}`, thrown);
    }
  }

  /**
   * The error of a damaged block.
   *
   * @param what - what is wrong with it, as half a sentence that begins with a verb
   * @param cause - the error underneath, if there is one
   * @param wayOut - what to do about it; copying the file again where it is left out
   * @returns an error with code `BAD_INPUT_FILE`
   */
  fault(what: string, cause?: unknown, wayOut?: string): Error {
    return containerFault(this.path, this.offsetBytes, `the block ${what}`, wayOut, cause);
  }
}

/**
 * Reads a block's head and checks that the block lies within the file.
 *
 * @param start - the block's first 20 bytes; fewer only at the end of the file
 * @param offsetBytes - where the block begins, bytes from the file's start
 * @param fileBytes - how many bytes the file has
 * @param path - the file, for messages
 * @returns the head
 * @throws `BAD_INPUT_FILE` when the head is damaged, or the block cut off
 */
export function parseBlockHead(
  start: Buffer,
  offsetBytes: number,
  fileBytes: number,
  path: string,
): BlockHead {
  const countEnd = longEnd(start, 0);
  const headBytes = countEnd < 0 ? -1 : longEnd(start, countEnd);
  if (headBytes < 0) {
    throw containerFault(
      path,
      offsetBytes,
      start.length < maxBlockHeadBytes
        ? 'the file ends in the middle of a block'
        : 'no block begins, although one should',
    );
  }
  const recordCount = decodeLong(start, 0, countEnd);
  const storedBytes = decodeLong(start, countEnd, headBytes);
  if (recordCount < 0 || !Number.isSafeInteger(recordCount) || storedBytes < 0) {
    throw containerFault(
      path,
      offsetBytes,
      `the block says that it has ${recordCount} records in ${storedBytes} bytes`,
    );
  }
  const leftBytes = fileBytes - offsetBytes - headBytes - syncMarkerBytes;
  if (storedBytes > leftBytes) {
    throw containerFault(
      path,
      offsetBytes,
      `the block says that it has ${storedBytes} bytes, but the file has only ${Math.max(0, leftBytes)} for it`,
    );
  }
  if (storedBytes > maxBlockBytes) {
    throw containerFault(
      path,
      offsetBytes,
      `the block has ${storedBytes} bytes, more than the ${maxBlockBytes} that this program holds at once`,
      'write the file again with smaller blocks',
    );
  }
  return { recordCount, storedBytes, headBytes };
}

/**
 * Checks the marker after a block.
 *
 * @param found - the 16 bytes after the block
 * @param expected - the container's marker
 * @param offsetBytes - where the 16 bytes stand, bytes from the file's start
 * @param path - the file, for messages
 * @throws `BAD_INPUT_FILE` when they differ
 */
export function checkSyncMarker(found: Buffer, expected: Buffer, offsetBytes: number, path: string): void {
  if (found.equals(expected)) return;
  throw containerFault(
    path,
    offsetBytes,
    "the marker after a block is not the file's, so the block before is damaged",
  );
}
