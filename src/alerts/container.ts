import { open, stat, type FileHandle } from 'node:fs/promises';
import { AlertSimError } from '../errors.js';
import { parseAvroSchema } from './avroSchema.js';
import type { AvroType } from './avroType.js';
import { loadReadCodec, type ReadCodec, type ReadCodecName } from './codecs.js';
import { checkSyncMarker, ContainerBlock, maxBlockHeadBytes, parseBlockHead } from './containerBlock.js';
import { JoinedContainers, readError } from './containerErrors.js';
import { containerMagic, parseHeader, syncMarkerBytes, type ContainerHeader } from './containerHeader.js';
import { ReadAhead } from './readAhead.js';

/** The blocks of a container whose preceding marker begins in this range of bytes. */
export interface BlockRange {
  readonly fromBytes: number;
  /** Exclusive. */
  readonly toBytes: number;
}

export interface ContainerCount {
  /** As the blocks say. */
  readonly records: number;
  readonly blocks: number;
}

const firstReadBytes = 128 * 1024;

/**
 * Opens an Avro container and reads its head. Close it after use.
 *
 * @throws `BAD_INPUT_FILE` when the file does not exist, may not be read, is not a container, or has an
 * unknown codec or schema
 */
export async function openContainer(path: string): Promise<Container> {
  let file: FileHandle | undefined;
  try {
    const { size: fileBytes } = await checkedStat(path);
    file = await open(path, 'r');
    const header = await readHeader(file, fileBytes, path);
    const schemaText = header.metadata.get('avro.schema')?.toString() ?? '';
    const codec = await loadReadCodec(header.metadata.get('avro.codec')?.toString() ?? 'null', path);
    return new Container(path, file, fileBytes, header, schemaText, parseAvroSchema(schemaText, path), codec);
  } catch (thrown) {
    await file?.close();
    throw readError(thrown, path);
  }
}

/** Whether a name is that of a file that begins like a container, without saying what is wrong with it otherwise. */
export async function isContainerFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(containerMagic.length));
    return buffer.subarray(0, bytesRead).equals(containerMagic);
  } finally {
    await file.close();
  }
}

/** An open container. */
export class Container {
  readonly path: string;
  readonly fileBytes: number;
  /** The schema of its records, as its writer gave it. */
  readonly schemaText: string;
  readonly schema: AvroType;
  readonly codecName: ReadCodecName;
  readonly header: ContainerHeader;
  readonly #file: FileHandle;
  readonly #codec: ReadCodec;

  /** Use {@link openContainer}. */
  constructor(
    path: string,
    file: FileHandle,
    fileBytes: number,
    header: ContainerHeader,
    schemaText: string,
    schema: AvroType,
    codec: ReadCodec,
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
   * Reads blocks in order, not yet decompressed, with bounded memory and one large chunk ahead. With `reuse`, a
   * block and its records are valid only until the next block is asked for.
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
        const start = await reader.peek(maxBlockHeadBytes);
        checkSameContainer(start, offsetBytes, path);
        const head = parseBlockHead(start, offsetBytes, fileBytes, path);
        const block = await reader.take(head.headBytes + head.storedBytes + syncMarkerBytes);
        const storedEnd = head.headBytes + head.storedBytes;
        checkSyncMarker(block.subarray(storedEnd), syncMarker, offsetBytes + storedEnd, path);
        const stored = block.subarray(head.headBytes, storedEnd);
        const place = { path, offsetBytes, recordsBefore };
        const found = new ContainerBlock(place, head.recordCount, stored, this.#codec);
        yield this.#codec.unpack === undefined ? found : await found.unpacked();
        if (recordsBefore !== undefined) recordsBefore += head.recordCount;
      }
    } catch (thrown) {
      throw readError(thrown, path);
    }
  }

  /**
   * Divides the file into stretches of about the same size, in order: together their readers read each block
   * once.
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
   * @throws `BAD_INPUT_FILE` with the byte where the file is damaged or cut off
   */
  async countRecords(): Promise<ContainerCount> {
    const { path, fileBytes } = this;
    const { syncMarker, headerBytes } = this.header;
    // Each read gets the marker after one block and the head of the next.
    const seam = Buffer.alloc(syncMarkerBytes + maxBlockHeadBytes);
    let records = 0;
    let blocks = 0;
    try {
      for (let markerAt = headerBytes - syncMarkerBytes; ; blocks += 1) {
        const { bytesRead } = await this.#file.read(seam, 0, seam.length, markerAt);
        checkSyncMarker(seam.subarray(0, Math.min(syncMarkerBytes, bytesRead)), syncMarker, markerAt, path);
        const offsetBytes = markerAt + syncMarkerBytes;
        if (offsetBytes >= fileBytes) return { records, blocks };
        const start = seam.subarray(syncMarkerBytes, bytesRead);
        checkSameContainer(start, offsetBytes, path);
        const head = parseBlockHead(start, offsetBytes, fileBytes, path);
        records += head.recordCount;
        markerAt = offsetBytes + head.headBytes + head.storedBytes;
      }
    } catch (thrown) {
      throw readError(thrown, path);
    }
  }

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

/** No block begins like a container: its count of records would be negative. */
function checkSameContainer(start: Buffer, offsetBytes: number, path: string): void {
  if (start.subarray(0, containerMagic.length).equals(containerMagic))
    throw new JoinedContainers(path, offsetBytes);
}

/** Opening a pipe would wait for its writer forever, so the kind of file is checked first. */
async function checkedStat(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  const fault = found.isDirectory()
    ? 'is a folder: name an Avro container in it'
    : !found.isFile()
      ? 'is not a regular file: save the container to disk first'
      : found.size === 0
        ? 'is empty (byte 0): copy or download the file again'
        : undefined;
  if (fault !== undefined) throw new AlertSimError('BAD_INPUT_FILE', `${path} ${fault}`);
  return found;
}

async function readHeader(file: FileHandle, fileBytes: number, path: string): Promise<ContainerHeader> {
  for (let bytes = firstReadBytes; ; bytes *= 4) {
    const start = await new ReadAhead(file, 0, Math.min(bytes, fileBytes), { chunkBytes: bytes }).take(bytes);
    // If the file has become shorter meanwhile, what could be read counts.
    const header = parseHeader(start, bytes < fileBytes ? fileBytes : start.length, path);
    if (header !== undefined) return header;
  }
}

const windowBytes = 1024 * 1024;

/**
 * Finds the first marker that begins in a stretch of a file.
 *
 * @param toBytes - exclusive; a marker that begins before this byte may end after it
 */
async function findMarker(
  file: FileHandle,
  marker: Buffer,
  fromBytes: number,
  toBytes: number,
): Promise<number | undefined> {
  // A marker may span two windows: they overlap by one byte less than its length.
  const overlapBytes = marker.length - 1;
  const window = Buffer.allocUnsafe(windowBytes + overlapBytes);
  for (let start = fromBytes; start < toBytes; start += windowBytes) {
    const wanted = Math.min(windowBytes, toBytes - start) + overlapBytes;
    const { bytesRead } = await file.read(window, 0, wanted, start);
    const found = window.subarray(0, bytesRead).indexOf(marker);
    if (found >= 0) return start + found;
    if (bytesRead < wanted) return undefined;
  }
  return undefined;
}
