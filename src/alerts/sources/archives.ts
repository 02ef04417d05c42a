import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import tar from 'tar-stream';
import yauzl from 'yauzl';
import { messageOf, type AlertSimError } from '../../errors.js';
import { loadReadCodec } from '../codecs.js';
import { ByteReader, readerOf } from './byteReader.js';
import type { Packing } from './formats.js';
import { archiveFault, faultAt, placeIn } from './place.js';

/** A file in an archive. */
export interface Entry {
  readonly place: string;
  /** Without its folders. */
  readonly name: string;
  /** Its content; what is left of it is passed over when the next entry is asked for. */
  readonly reader: ByteReader;
}

/** Up to this size, files are decompressed in one call: much faster than a stream for each of 100,000. */
const smallBytes = 1024 * 1024;
const smallContentBytes = 16 * 1024 * 1024;

/**
 * Decompresses gzip, of one member or several.
 *
 * @throws `BAD_INPUT_FILE` while it is read, where it is damaged or cut off
 */
export async function gunzip(reader: ByteReader, place: string): Promise<ByteReader> {
  const head = await reader.peek(smallBytes + 1);
  if (head.length <= smallBytes) {
    const small = gunzipSmall(head, place);
    if (small !== undefined) return readerOf(small);
  }
  return new ByteReader(gunzipStream(reader, place));
}

/** Undefined for content that is too large to be held. */
function gunzipSmall(bytes: Buffer, place: string): Buffer | undefined {
  try {
    return zlib.gunzipSync(bytes, { maxOutputLength: smallContentBytes });
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE')
      return undefined;
    throw archiveFault(thrown, place, 'its gzip compression is damaged or cut off');
  }
}

async function* gunzipStream(reader: ByteReader, place: string): AsyncGenerator<Buffer, void, undefined> {
  const unzip = zlib.createGunzip({ chunkSize: 256 * 1024 });
  const fed = feed(reader, unzip);
  try {
    for await (const chunk of unzip) yield chunk as Buffer;
  } catch (thrown) {
    throw archiveFault(thrown, place, 'its gzip compression is damaged or cut off');
  } finally {
    unzip.destroy();
    await fed;
  }
}

const mostPackedBytes = 32 * 1024 * 1024;
const unpackers: Readonly<Record<Packing, string>> = { bzip2: 'bunzip2', xz: 'unxz', zstandard: 'unzstd' };

/**
 * Decompresses a small file with a codec of containers, as a whole.
 *
 * @throws `BAD_INPUT_FILE` where it is too large, damaged or cut off
 */
export async function unpack(packing: Packing, reader: ByteReader, place: string): Promise<Buffer> {
  const fix = `unpack it with: ${unpackers[packing]}`;
  const packed = await reader.whole(mostPackedBytes);
  if (packed === undefined)
    throw faultAt(place, `it is compressed with ${packing} and has more than ${mostPackedBytes} bytes`, fix);
  const codec = await loadReadCodec(packing, place);
  try {
    return codec.decompress(codec.unpack === undefined ? packed : await codec.unpack(packed));
  } catch (thrown) {
    const what = `it is compressed with ${packing}, and cannot be decompressed (${messageOf(thrown)})`;
    throw faultAt(place, what, fix, thrown);
  }
}

/**
 * The files in a tar, in order.
 *
 * @throws `BAD_INPUT_FILE` where it is damaged or cut off
 */
export async function* tarEntries(reader: ByteReader, place: string): AsyncGenerator<Entry, void, undefined> {
  // Old tars have no magic; what is a header shows in its checksum, which is always checked.
  const extract = tar.extract({ allowUnknownFormat: true });
  const fed = feed(reader, extract);
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      const inside = placeIn(place, name);
      const content = new ByteReader(faultsOf(entry as AsyncIterable<Buffer>, inside));
      if (type === 'file' || type === 'contiguous-file')
        yield { place: inside, name: lastPart(name), reader: content };
      await content.skipRest();
    }
  } catch (thrown) {
    throw archiveFault(thrown, place, 'the tar archive is damaged or cut off');
  } finally {
    extract.destroy();
    await fed;
  }
}

/** Errors come out where the stream is read. */
async function feed(reader: ByteReader, into: NodeJS.WritableStream): Promise<void> {
  await pipeline(Readable.from(reader.rest(), { highWaterMark: 1 }), into).catch(() => undefined);
}

const zipOptions = { lazyEntries: true, autoClose: false, decodeStrings: false } as const;
const mostNestedZipBytes = 64 * 1024 * 1024;

/**
 * The files in a zip archive, in the order of its directory, which is at its end.
 *
 * @param from - its path; or its bytes, where it lies within another file
 * @throws `BAD_INPUT_FILE` where it is damaged, cut off or encrypted
 */
export async function* zipEntries(
  from: string | ByteReader,
  place: string,
): AsyncGenerator<Entry, void, undefined> {
  const damaged = (thrown: unknown): Error =>
    archiveFault(thrown, place, 'the zip archive is damaged or cut off');
  const zip = await openZip(from, place).catch((thrown: unknown) => {
    throw damaged(thrown);
  });
  // Its errors come out of the iteration.
  zip.on('error', () => undefined);
  try {
    for await (const entry of zip.eachEntry()) {
      // Not decoded by the library, which rejects names that would be a danger if they were written.
      const name = (entry.fileName as unknown as Buffer).toString();
      if (name.endsWith('/')) continue;
      const inside = placeIn(place, name);
      const fault = entryFault(entry, inside);
      if (fault !== undefined) {
        yield { place: inside, name: lastPart(name), reader: failingReader(fault) };
        continue;
      }
      const content = (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer> & Readable;
      // It may fail before anyone reads it; whoever does gets the error.
      content.on('error', () => undefined);
      try {
        yield { place: inside, name: lastPart(name), reader: new ByteReader(faultsOf(content, inside)) };
      } finally {
        content.destroy();
      }
    }
  } catch (thrown) {
    throw damaged(thrown);
  } finally {
    zip.close();
  }
}

/** Why an entry cannot be read although it is not damaged. */
function entryFault(entry: yauzl.Entry, place: string): AlertSimError | undefined {
  if (entry.isEncrypted()) return faultAt(place, 'it is encrypted', 'unpack the archive first');
  if (entry.compressionMethod === storedMethod || entry.compressionMethod === deflateMethod) return undefined;
  const method = `it is compressed with the method ${entry.compressionMethod} of zip`;
  return faultAt(place, `${method}, which is neither stored nor deflate`, 'unpack the archive first');
}

const storedMethod = 0;
const deflateMethod = 8;

/** Throws where it is read, so that a reader that leaves out an entry goes on with the next one. */
function failingReader(fault: Error): ByteReader {
  return new ByteReader({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fault) }) });
}

async function openZip(from: string | ByteReader, place: string): Promise<yauzl.ZipFile> {
  if (typeof from === 'string') return yauzl.openPromise(from, zipOptions);
  const bytes = await from.whole(mostNestedZipBytes);
  if (bytes !== undefined) return yauzl.fromBufferPromise(bytes, zipOptions);
  throw faultAt(
    place,
    `it is a zip archive of more than ${mostNestedZipBytes} bytes within another file or on standard input`,
    'unpack it first, or name it as a file',
  );
}

async function* faultsOf(
  content: AsyncIterable<Buffer>,
  place: string,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* content;
  } catch (thrown) {
    throw archiveFault(thrown, place, 'the entry is damaged or cut off');
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
