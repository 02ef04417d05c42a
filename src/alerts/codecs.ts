import zlib from 'node:zlib';
import { AlertSimError } from '../errors.js';
import { loadBzip2, loadXz } from './readOnlyCodecs.js';
import { loadZstandard } from './zstandard.js';

/** Codecs that are written. */
export const codecNames = ['null', 'deflate', 'snappy', 'zstandard'] as const;

export type CodecName = (typeof codecNames)[number];

/** Codecs that are read: those of Avro's specification. */
export const readCodecNames = [...codecNames, 'bzip2', 'xz'] as const;

export type ReadCodecName = (typeof readCodecNames)[number];

export interface ReadCodec {
  /** Its name in a container's `avro.codec`. */
  readonly name: ReadCodecName;
  /** Decompresses a block; throws an Error that names the fault. `null` gives the same buffer back. */
  readonly decompress: (bytes: Buffer) => Buffer;
  /** Comes before `decompress`, for a library that works while others go on. */
  readonly unpack?: (bytes: Buffer) => Promise<Buffer>;
}

export interface Codec extends ReadCodec {
  readonly name: CodecName;
  /** Compresses a block's records; `null` gives the same buffer back. */
  readonly compress: (bytes: Buffer) => Buffer;
}

/**
 * Limit on the size of a decompressed block: a small file must not take all memory, damaged or hostile. Libraries
 * close a block after 16 to 256 kB, unless they are asked for more; 1,000 alerts have 80 MB.
 */
export const maxBlockBytes = 150e6;

const crcBytes = 4;

/** `crc32` of node:zlib came with Node 20.15 and 22.2; importing it by name would fail before. */
export const crc32: (bytes: Uint8Array) => number = typeof zlib.crc32 === 'function' ? zlib.crc32 : ownCrc32;

/**
 * Loads a codec and its library, so that compressing and decompressing need no waiting.
 *
 * @param place - what asks for it, for the error message: the container's path, or an option
 * @throws `BAD_INPUT_FILE` for a codec that is not written
 */
export async function loadCodec(name: string, place: string): Promise<Codec> {
  switch (name) {
    case 'null':
      return { name, compress: (bytes) => bytes, decompress: (bytes) => bytes };
    case 'deflate':
      return { name, compress: (bytes) => zlib.deflateRawSync(bytes), decompress: inflate };
    case 'snappy':
      return snappyCodec();
    case 'zstandard':
      return { name, ...(await loadZstandard(maxBlockBytes)) };
    default:
      throw unknownCodec(name, codecNames, place);
  }
}

/**
 * Loads a codec and its library for reading.
 *
 * @param place - what asks for it, for the error message
 * @throws `BAD_INPUT_FILE` for an unknown codec
 */
export async function loadReadCodec(name: string, place: string): Promise<ReadCodec> {
  switch (name) {
    case 'bzip2':
      return { name, decompress: await loadBzip2(maxBlockBytes) };
    case 'xz':
      return { name, decompress: (bytes) => bytes, unpack: await loadXz(maxBlockBytes) };
    default:
      if (isWritten(name)) return loadCodec(name, place);
      throw unknownCodec(name, readCodecNames, place);
  }
}

/** Whether a codec is also written. */
export function isWritten(name: string): name is CodecName {
  return codecNames.some((one) => one === name);
}

function unknownCodec(name: string, known: readonly string[], place: string): AlertSimError {
  const script =
    "import fastavro as f; r = f.reader(open('IN', 'rb')); f.writer(open('OUT', 'wb'), r.writer_schema, r, 'deflate')";
  return new AlertSimError(
    'BAD_INPUT_FILE',
    `${place}: its blocks are compressed with ${JSON.stringify(name)}, which is none of ${known.join(', ')}: ` +
      `recompress the file with: python3 -c "${script}" (it needs: pip install fastavro lz4)`,
  );
}

/**
 * Decompresses a raw deflate stream, as leniently as Java, avro for Python and fastavro do.
 *
 * Bytes after the stream's end are ignored: both Python libraries write `zlib.compress(records)[2:-1]`, which
 * leaves three bytes of a checksum there. A stream without a final block, as a writer that only flushes
 * leaves it, ends with its bytes. The reader of the records notices what is missing: a block says how many it
 * has.
 */
function inflate(bytes: Buffer): Buffer {
  // The first chunk holds most blocks whole, which avoids copying them together.
  const chunkSize = Math.max(64 * 1024, 4 * bytes.length);
  const options = { maxOutputLength: maxBlockBytes, chunkSize };
  try {
    return zlib.inflateRawSync(bytes, options);
  } catch (thrown) {
    const isUnfinished = thrown instanceof Error && 'code' in thrown && thrown.code === 'Z_BUF_ERROR';
    if (!isUnfinished || bytes.length === 0) throw thrown;
    return zlib.inflateRawSync(bytes, { ...options, finishFlush: zlib.constants.Z_SYNC_FLUSH });
  }
}

/** Snappy's raw format, then the big-endian CRC32 of the uncompressed bytes, as Avro requires. */
async function snappyCodec(): Promise<Codec> {
  const { compressSync, uncompressSync } = await import('snappy');
  return {
    name: 'snappy',
    compress: (bytes) => {
      const compressed = compressSync(bytes);
      const out = Buffer.allocUnsafe(compressed.length + crcBytes);
      out.set(compressed);
      out.writeUInt32BE(crc32(bytes), compressed.length);
      return out;
    },
    decompress: (bytes) => {
      const compressedBytes = bytes.length - crcBytes;
      if (compressedBytes < 1) throw new Error('the block is too short for its checksum');
      const declared = snappyLength(bytes);
      // Snappy's best ratio is a copy of 64 bytes out of 3.
      if (declared > maxBlockBytes || declared > 64 * compressedBytes) {
        throw new Error(`the block says that it decompresses to ${declared} bytes`);
      }
      const out = uncompressSync(bytes.subarray(0, compressedBytes), { asBuffer: true }) as Buffer;
      if (crc32(out) !== bytes.readUInt32BE(compressedBytes)) throw new Error('its CRC32 checksum is wrong');
      return out;
    },
  };
}

/** The decompressed size that a snappy block declares: a varint at its start. */
function snappyLength(bytes: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i += 1) {
    const byte = bytes[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  return Infinity;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC32 of Ethernet and zlib as an unsigned number, for a Node whose zlib has none. */
export function ownCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}
