import { messageOf } from '../errors.js';
import type { ReadCodec } from './codecs.js';
import { containerFault } from './containerErrors.js';
import { syncMarkerBytes } from './containerHeader.js';
import { decodeLong, longEnd } from './varint.js';

/** Maximum size of a block's head: two numbers of ten bytes. */
export const maxBlockHeadBytes = 20;

/** Limit on the size of a block as it is stored. */
const mostStoredBytes = 1024 ** 3;

export interface BlockHead {
  readonly recordCount: number;
  /** Size of the records as stored. */
  readonly storedBytes: number;
  readonly headBytes: number;
}

export type BlockPlace = Pick<ContainerBlock, 'path' | 'offsetBytes' | 'recordsBefore'>;

/** A block of a container. */
export class ContainerBlock {
  readonly path: string;
  readonly offsetBytes: number;
  readonly recordCount: number;
  readonly stored: Buffer;
  /** As the blocks before it say; undefined where these were not read. */
  readonly recordsBefore: number | undefined;
  readonly #codec: ReadCodec;

  constructor(place: BlockPlace, recordCount: number, stored: Buffer, codec: ReadCodec) {
    this.path = place.path;
    this.offsetBytes = place.offsetBytes;
    this.recordsBefore = place.recordsBefore;
    this.recordCount = recordCount;
    this.stored = stored;
    this.#codec = codec;
  }

  /**
   * The block, ready to be decompressed: some codecs work while others go on.
   *
   * @throws `BAD_INPUT_FILE` when the codec finds it damaged
   */
  async unpacked(): Promise<ContainerBlock> {
    const { unpack, name, decompress } = this.#codec;
    if (unpack === undefined || this.#isEmpty()) return this;
    const unpacked = await unpack(this.stored).catch((thrown: unknown) => {
      throw this.#damaged(thrown);
    });
    return new ContainerBlock(this, this.recordCount, unpacked, { name, decompress });
  }

  /**
   * Decompresses the records: their Avro bytes, one after the other.
   *
   * @throws `BAD_INPUT_FILE` when the codec finds them damaged
   */
  decompress(): Buffer {
    if (this.#isEmpty()) return this.stored;
    try {
      return this.#codec.decompress(this.stored);
    } catch (thrown) {
      throw this.#damaged(thrown);
    }
  }

  /**
   * The error of a damaged block.
   *
   * @param what - what is wrong with it, as half a sentence that begins with a verb
   * @param wayOut - how to fix it; undefined where copying the file again is the fix
   */
  fault(what: string, cause?: unknown, wayOut?: string): Error {
    return containerFault(this.path, this.offsetBytes, `the block ${what}`, wayOut, cause);
  }

  /** A writer may leave an empty block without the bytes that its codec uses for nothing. */
  #isEmpty(): boolean {
    return this.recordCount === 0 && this.stored.length === 0;
  }

  #damaged(thrown: unknown): Error {
    return this.fault(`cannot be decompressed with ${this.#codec.name}: ${messageOf(thrown)}`, thrown);
  }
}

/**
 * Reads a block's head and checks that the block lies within the file.
 *
 * @param start - the block's first 20 bytes; fewer only at the end of the file
 * @param offsetBytes - where the block begins, bytes from the file's start
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
  if (storedBytes > mostStoredBytes) {
    throw containerFault(
      path,
      offsetBytes,
      `the block has ${storedBytes} bytes, more than the ${mostStoredBytes} that this program holds at once`,
      'write the file again with smaller blocks',
    );
  }
  return { recordCount, storedBytes, headBytes };
}

/**
 * Checks the marker after a block.
 *
 * @throws `BAD_INPUT_FILE` when it is not the container's marker
 */
export function checkSyncMarker(found: Buffer, expected: Buffer, offsetBytes: number, path: string): void {
  if (found.equals(expected)) return;
  throw containerFault(
    path,
    offsetBytes,
    "the marker after a block is not the file's, so the block before is damaged",
  );
}
