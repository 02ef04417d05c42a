import { AlertSimError } from '../../errors.js';
import type { AlertScanner, OnInvalid, ScannedAlert } from '../alertScanner.js';
import { loadReadCodec, type ReadCodec } from '../codecs.js';
import { checkSyncMarker, ContainerBlock, maxBlockHeadBytes, parseBlockHead } from '../containerBlock.js';
import { containerFault } from '../containerErrors.js';
import { containerMagic, parseHeader, syncMarkerBytes, type ContainerHeader } from '../containerHeader.js';
import type { ByteReader } from './byteReader.js';

/** The alerts of a block, and the schema that they have. */
export interface ReadBlock {
  readonly alerts: readonly ScannedAlert[];
  readonly scanner: AlertScanner;
  readonly schemaText: string;
}

export interface ContainerStreamOptions {
  readonly place: string;
  /** The scanner of a writer's schema. */
  readonly scannerOf: (schemaText: string, place: string) => AlertScanner;
  /** Gets what is left out; without it, it is thrown. */
  readonly onInvalid: OnInvalid | undefined;
}

const headerBytesAtFirst = 64 * 1024;
/** A damaged head must not make a stream hold all that follows. */
const mostBlockBytes = 128 * 1024 * 1024;

/**
 * Reads a container as a stream, block by block; several that were joined with `cat`, one after the other.
 *
 * @throws `BAD_INPUT_FILE` with the byte where it is damaged or cut off
 */
export async function* containerStream(
  reader: ByteReader,
  options: ContainerStreamOptions,
): AsyncGenerator<ReadBlock, void, undefined> {
  const { place, scannerOf, onInvalid } = options;
  const leaveOut =
    (alerts: number) =>
    (thrown: unknown): undefined => {
      if (onInvalid === undefined || !(thrown instanceof AlertSimError)) throw thrown;
      onInvalid(thrown, alerts);
    };
  for (;;) {
    const header = await readHeader(reader, place);
    const schemaText = header.metadata.get('avro.schema')?.toString() ?? '';
    const codec = await loadReadCodec(header.metadata.get('avro.codec')?.toString() ?? 'null', place);
    const scanner = scannerOf(schemaText, place);
    let recordsBefore = 0;
    for (;;) {
      const start = await reader.peek(containerMagic.length);
      if (start.length === 0) return;
      // A block cannot begin like this: its count of records would be negative.
      if (start.equals(containerMagic)) break;
      const found = nextBlock(reader, header, codec, { place, recordsBefore });
      const block = await found.catch(leaveOut(0));
      if (block === undefined) {
        if (await skipToMarker(reader, header.syncMarker)) continue;
        return;
      }
      recordsBefore += block.recordCount;
      const unpacked = codec.unpack && block.unpacked().catch(leaveOut(block.recordCount));
      const ready = unpacked === undefined ? block : await unpacked;
      if (ready !== undefined) yield { alerts: scanner.alertsOf(ready, onInvalid), scanner, schemaText };
    }
  }
}

async function readHeader(reader: ByteReader, place: string): Promise<ContainerHeader> {
  for (let bytes = headerBytesAtFirst; ; bytes *= 4) {
    const start = await reader.peek(bytes);
    const header = parseHeader(start, start.length < bytes ? start.length : Infinity, place);
    if (header === undefined) continue;
    await reader.take(header.headerBytes);
    return header;
  }
}

async function nextBlock(
  reader: ByteReader,
  { syncMarker }: ContainerHeader,
  codec: ReadCodec,
  { place, recordsBefore }: { readonly place: string; readonly recordsBefore: number },
): Promise<ContainerBlock> {
  const offsetBytes = reader.position;
  const head = parseBlockHead(await reader.peek(maxBlockHeadBytes), offsetBytes, Infinity, place);
  if (head.storedBytes > mostBlockBytes) {
    const what = `the block says that it has ${head.storedBytes} bytes, more than the ${mostBlockBytes} of a stream`;
    throw containerFault(place, offsetBytes, what, 'if that is right, name the container itself, unpacked');
  }
  const storedEnd = head.headBytes + head.storedBytes;
  // Taken only when it is whole: after a fault, the next marker is looked for from its beginning on.
  const bytes = await reader.peek(storedEnd + syncMarkerBytes);
  if (bytes.length < storedEnd + syncMarkerBytes) {
    const has = Math.max(0, bytes.length - head.headBytes - syncMarkerBytes);
    const what = `the block says that it has ${head.storedBytes} bytes, but the file has only ${has} for it`;
    throw containerFault(place, offsetBytes, what);
  }
  checkSyncMarker(bytes.subarray(storedEnd), syncMarker, offsetBytes + storedEnd, place);
  await reader.take(bytes.length);
  const stored = bytes.subarray(head.headBytes, storedEnd);
  return new ContainerBlock({ path: place, offsetBytes, recordsBefore }, head.recordCount, stored, codec);
}

const windowBytes = 256 * 1024;

/** Takes all up to the end of the next marker; false where there is none. */
async function skipToMarker(reader: ByteReader, marker: Buffer): Promise<boolean> {
  for (;;) {
    const window = await reader.peek(windowBytes);
    const at = window.indexOf(marker);
    if (at >= 0) {
      await reader.take(at + marker.length);
      return true;
    }
    if (window.length < windowBytes) {
      await reader.take(window.length);
      return false;
    }
    await reader.take(windowBytes - marker.length + 1);
  }
}
