import { containerFault } from './containerErrors.js';
import { decodeLong, encodeLong, longEnd } from './varint.js';

export const containerMagic = Buffer.from('Obj\u0001', 'latin1');

export const syncMarkerBytes = 16;

export interface ContainerHeader {
  /** Includes `avro.schema` and `avro.codec`. */
  readonly metadata: ReadonlyMap<string, Buffer>;
  readonly syncMarker: Buffer;
  readonly headerBytes: number;
}

/** A larger length is taken for damage. */
const maxHeaderBytes = 64 * 1024 * 1024;

/** How files of other formats begin. */
const otherFormats: readonly { readonly begins: Buffer; readonly sentence: string }[] = [
  {
    begins: Buffer.from('version https://git-lfs'),
    sentence: 'it is a Git LFS pointer, not the file itself: fetch the file with: git lfs pull',
  },
  { begins: Buffer.from([0x1f, 0x8b]), sentence: 'it is compressed with gzip: unpack it with: gunzip' },
  { begins: Buffer.from('BZh'), sentence: 'it is compressed with bzip2: unpack it with: bunzip2' },
  {
    begins: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]),
    sentence: 'it is compressed with xz: unpack it with: unxz',
  },
  {
    begins: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    sentence: 'it is compressed with zstd: unpack it with: unzstd',
  },
  { begins: Buffer.from('PK\u0003\u0004'), sentence: 'it is a zip archive: unpack it with: unzip' },
  { begins: Buffer.from('{'), sentence: 'it looks like JSON: write the alerts into an Avro container' },
];

/**
 * Reads a container's head; undefined when more bytes are needed.
 *
 * @throws `BAD_INPUT_FILE` when the file is not a container, or its head is damaged or cut off
 */
export function parseHeader(start: Buffer, fileBytes: number, path: string): ContainerHeader | undefined {
  checkMagic(start, fileBytes, path);
  const cursor = new HeaderCursor(start, path);
  const header = readEntries(cursor);
  if (header !== undefined) return header;
  if (start.length >= fileBytes) throw cursor.fault('the file ends in the middle of the header');
  if (start.length > maxHeaderBytes) throw cursor.fault('the header has no end');
  return undefined;
}

function readEntries(cursor: HeaderCursor): ContainerHeader | undefined {
  const metadata = new Map<string, Buffer>();
  for (let count = cursor.long(); count !== 0; count = cursor.long()) {
    // A negative count is followed by the size in bytes of these entries.
    if (count === undefined || (count < 0 && cursor.long() === undefined)) return undefined;
    for (let i = Math.abs(count); i > 0; i -= 1) {
      const key = cursor.bytes();
      const value = cursor.bytes();
      if (key === undefined || value === undefined) return undefined;
      metadata.set(key.toString(), value);
    }
  }
  const syncMarker = cursor.take(syncMarkerBytes);
  return syncMarker === undefined ? undefined : { metadata, syncMarker, headerBytes: cursor.at };
}

/** A head without its sync marker: magic, then a map of the metadata. */
export function containerHead(metadata: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(metadata).flatMap(([key, value]) => [
    lengthPrefixed(key),
    lengthPrefixed(value),
  ]);
  return Buffer.concat([containerMagic, encodeLong(pairs.length / 2), ...pairs, encodeLong(0)]);
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeLong(bytes.length), bytes]);
}

/** Reads numbers and bytes; undefined where more of the file is needed. */
class HeaderCursor {
  at = containerMagic.length;
  readonly #bytes: Buffer;
  readonly #path: string;

  constructor(bytes: Buffer, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  long(): number | undefined {
    const end = longEnd(this.#bytes, this.at);
    if (end < 0) {
      if (this.at + 10 <= this.#bytes.length) throw this.fault('the header has no valid number');
      return undefined;
    }
    const value = decodeLong(this.#bytes, this.at, end);
    this.at = end;
    return value;
  }

  bytes(): Buffer | undefined {
    const length = this.long();
    if (length === undefined) return undefined;
    if (length < 0 || length > maxHeaderBytes) throw this.fault(`the header has an entry of ${length} bytes`);
    return this.take(length);
  }

  take(bytes: number): Buffer | undefined {
    if (this.at + bytes > this.#bytes.length) return undefined;
    this.at += bytes;
    return this.#bytes.subarray(this.at - bytes, this.at);
  }

  fault(what: string): Error {
    return containerFault(this.#path, this.at, what);
  }
}

function checkMagic(start: Buffer, fileBytes: number, path: string): void {
  const { length } = containerMagic;
  if (start.subarray(0, length).equals(containerMagic)) return;
  if (
    start.length === fileBytes &&
    start.length < length &&
    containerMagic.subarray(0, start.length).equals(start)
  ) {
    throw containerFault(path, start.length, 'the file ends in the middle of the header');
  }
  const other = otherFormats.find(({ begins }) => start.subarray(0, begins.length).equals(begins));
  throw containerFault(
    path,
    0,
    'the file is not an Avro container (those begin with "Obj" and a byte 1)',
    other?.sentence ?? 'name a file of alerts as Rubin or `rubin-alert-sim generate` writes it',
  );
}
