import { open, stat, type FileHandle } from 'node:fs/promises';
import { AlertSimError } from '../errors.js';
import { parseAvroSchema } from './avroSchema.js';
import type { AvroType } from './avroType.js';
import { loadCodec, type Codec, type CodecName } from './codecs.js';
import { checkSyncMarker, ContainerBlock, maxBlockHeadBytes, parseBlockHead } from './containerBlock.js';
import { readError } from './containerErrors.js';
import { syncMarkerBytes } from './containerFormat.js';
import { parseHeader, type ContainerHeader } from './containerHeader.js';
import { ReadAhead } from './readAhead.js';
import { findMarker } from './syncSearch.js';

/** A stretch of a container: the blocks whose preceding marker begins in it. */
export interface BlockRange {
  /** Where it begins, bytes from the file's start. */
  readonly fromBytes: number;
  /** Where it ends; this byte is not in it. */
  readonly toBytes: number;
}

/** How much is in a container. */
export interface ContainerCount {
  /** Number of records, as the blocks say. */
  readonly records: number;
  /** Number of blocks. */
  readonly blocks: number;
}

const firstReadBytes = 128 * 1024;

/**
 * Opens an Avro container and reads its head.
 *
 * @param path - the container
 * @returns the container; close it after use
 * @throws `BAD_INPUT_FILE` when there is no such file, it may not be read, is no container, or has a codec or
 * schema that this program does not know
 */
export async function openContainer(path: string): Promise<Container> {
  let file: FileHandle | undefined;
  try {
    const { size: fileBytes } = await checkedStat(path);
    file = await open(path, 'r');
    const header = await readHeader(file, fileBytes, path);
    const schemaText = header.metadata.get('avro.schema')?.toString() ?? '';
    const codec = await loadCodec(header.metadata.get('avro.codec')?.toString() ?? 'null', path);
    return new Container(path, file, fileBytes, header, schemaText, parseAvroSchema(schemaText, path), codec);
  } catch (thrown) {
    await file?.close();
    throw readError(thrown, path);
  }
}

/** An open container. */
export class Container {
  /** Where it lies. */
  readonly path: string;
  /** Its size, bytes. */
  readonly fileBytes: number;
  /** The schema of its records, as its writer gave it. */
  readonly schemaText: string;
  /** The schema of its records, names resolved. */
  readonly schema: AvroType;
  /** How its blocks are compressed. */
  readonly codecName: CodecName;
  /** Its head. */
  readonly header: ContainerHeader;
  readonly #file: FileHandle;
  readonly #codec: Codec;

  /**
   * Use {@link openContainer}.
   *
   * @param path - where it lies
   * @param file - the file, open for reading
   * @param fileBytes - its size
   * @param header - its head
   * @param schemaText - the schema as JSON
   * @param schema - the same, names resolved
   * @param codec - decompresses blocks
   */
  constructor(
    path: string,
    file: FileHandle,
    fileBytes: number,
    header: ContainerHeader,
    schemaText: string,
    schema: AvroType,
    codec: Codec,
  ) {
    this.path = path;
    this.fileBytes = fileBytes;
    this.header = header;
    this.schemaText = schemaText;
    this.schema = schema;
    this.codecName = codec.name;
    this.#file = file;
    this.#codec = codec;
  }

  /**
   * Reads blocks in their order, with bounded memory and one large chunk ahead.
   *
   * @param range - which stretch of the file; undefined: all of it
   * @param options - with `reuse`, a block and its records are good only until the next block is asked for
   * @returns the blocks, not yet decompressed
   * @throws `BAD_INPUT_FILE` with the byte where the file is damaged or cut off
   */
  async *blocks(
    range?: BlockRange,
    { reuse = false }: { readonly reuse?: boolean } = {},
  ): AsyncGenerator<ContainerBlock, void, undefined> {
    const { path, fileBytes } = this;
    const { syncMarker } = this.header;
    const toBytes = range?.toBytes ?? fileBytes;
    try {
      const start = await this.#firstBlock(range?.fromBytes ?? 0, toBytes);
      if (start === undefined) return;
      const reader = new ReadAhead(this.#file, start, fileBytes, { reuse });
      let recordsBefore = start === this.header.headerBytes ? 0 : undefined;
      while (reader.position < fileBytes && reader.position - syncMarkerBytes < toBytes) {
        const offsetBytes = reader.position;
        const head = parseBlockHead(await reader.peek(maxBlockHeadBytes), offsetBytes, fileBytes, path);
        const block = await reader.take(head.headBytes + head.storedBytes + syncMarkerBytes);
        const storedEnd = head.headBytes + head.storedBytes;
        checkSyncMarker(block.subarray(storedEnd), syncMarker, offsetBytes + storedEnd, path);
        const stored = block.subarray(head.headBytes, storedEnd);
        yield new ContainerBlock({ path, offsetBytes, recordsBefore }, head.recordCount, stored, this.#codec);
        if (recordsBefore !== undefined) recordsBefore += head.recordCount;
      }
    } catch (thrown) {
      throw readError(thrown, path);
    }
  }

  /**
   * Divides the file into stretches of about the same size, for as many readers: together they read each block
   * once.
   *
   * @param count - how many stretches
   * @returns the stretches, in order
   */
  ranges(count: number): readonly BlockRange[] {
    const edge = (index: number): number => Math.floor((this.fileBytes * index) / count);
    return Array.from({ length: count }, (_, index) => ({
      fromBytes: edge(index),
      toBytes: edge(index + 1),
    }));
  }

  /**
   * Counts records by the heads of the blocks, without reading the blocks themselves. Each block's marker is
   * checked.
   *
   * @returns how many records and blocks there are
   * @throws `BAD_INPUT_FILE` with the byte where the file is damaged or cut off
   */
  async countRecords(): Promise<ContainerCount> {
    const { path, fileBytes } = this;
    const { syncMarker, headerBytes } = this.header;
    // Each read brings the marker after one block and the head of the next.
    const seam = Buffer.alloc(syncMarkerBytes + maxBlockHeadBytes);
    let records = 0;
    let blocks = 0;
    try {
      for (let markerAt = headerBytes - syncMarkerBytes; ; blocks += 1) {
        const { bytesRead } = await this.#file.read(seam, 0, seam.length, markerAt);
        checkSyncMarker(seam.subarray(0, Math.min(syncMarkerBytes, bytesRead)), syncMarker, markerAt, path);
        const offsetBytes = markerAt + syncMarkerBytes;
        if (offsetBytes >= fileBytes) return { records, blocks };
        const head = parseBlockHead(seam.subarray(syncMarkerBytes, bytesRead), offsetBytes, fileBytes, path);
        records += head.recordCount;
        markerAt = offsetBytes + head.headBytes + head.storedBytes;
      }
    } catch (thrown) {
      throw readError(thrown, path);
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Where the first block of a range begins; undefined when none does. */
  async #firstBlock(fromBytes: number, toBytes: number): Promise<number | undefined> {
    const { syncMarker, headerBytes } = this.header;
    const headerMarkerAt = headerBytes - syncMarkerBytes;
    if (fromBytes <= headerMarkerAt) return headerMarkerAt < toBytes ? headerBytes : undefined;
    const markerAt = await findMarker(this.#file, syncMarker, fromBytes, toBytes);
    return markerAt === undefined ? undefined : markerAt + syncMarkerBytes;
  }
}

/** Opening a pipe would wait for its writer for ever, so that the kind of file is looked at first. */
async function checkedStat(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  const fault = found.isDirectory()
    ? 'is a folder: name an Avro container in it'
    : !found.isFile()
      ? 'is no ordinary file: save the container to disk first'
      : found.size === 0
        ? 'is empty (byte 0): copy or download the file again'
        : undefined;
  if (fault !== undefined) throw new AlertSimError('BAD_INPUT_FILE', `${path} ${fault}`);
  return found;
}

async function readHeader(file: FileHandle, fileBytes: number, path: string): Promise<ContainerHeader> {
  for (let bytes = firstReadBytes; ; bytes *= 4) {
    const start = await new ReadAhead(file, 0, Math.min(bytes, fileBytes), { chunkBytes: bytes }).take(bytes);
    // What could be read counts, if the file has become shorter meanwhile.
    const header = parseHeader(start, bytes < fileBytes ? fileBytes : start.length, path);
    if (header !== undefined) return header;
  }
}
