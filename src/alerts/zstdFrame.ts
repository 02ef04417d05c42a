export interface ZstdFrame {
  readonly frameBytes: number;
  /**
   * Decompressed size that the frame's head declares; undefined where it does not, as from streaming writers.
   */
  readonly contentBytes: number | undefined;
  /** Upper limit of the decompressed size. */
  readonly boundBytes: number;
}

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const maxBlockBytes = 128 * 1024;
const rleBlock = 1;
const reservedBlock = 3;

/**
 * Walks a Zstandard frame's block heads, without decompressing. The library's own guess of the space it needs
 * is too small for frames that do not declare their size, and it trusts the declared size of damaged ones.
 *
 * @remarks Source: RFC 8878, section 3.1.
 * @param bytes - compressed
 * @throws Error when the bytes end before the frame does, or are not a frame
 */
export function zstdFrame(bytes: Buffer, start: number): ZstdFrame {
  const magic = readWord(bytes, start, 4);
  if (magic >>> 4 === skippableMagic >>> 4) {
    const frameBytes = 8 + readWord(bytes, start + 4, 4);
    if (start + frameBytes > bytes.length) throw truncated();
    return { frameBytes, contentBytes: 0, boundBytes: 0 };
  }
  if (magic !== frameMagic) throw new Error('no Zstandard frame begins here');
  const descriptor = readWord(bytes, start + 4, 1);
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeField = descriptor >>> 6;
  const sizeBytes = sizeField === 0 ? (singleSegment ? 1 : 0) : 1 << sizeField;
  const sizeAt = start + 5 + (singleSegment ? 0 : 1) + dictionaryIdBytes;
  const contentBytes =
    sizeBytes === 0 ? undefined : readWord(bytes, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0);

  let at = sizeAt + sizeBytes;
  let boundBytes = 0;
  for (let last = false; !last;) {
    const head = readWord(bytes, at, 3);
    last = (head & 1) !== 0;
    const type = (head >>> 1) & 3;
    if (type === reservedBlock) throw new Error('a block of a Zstandard frame has no known type');
    at += 3 + (type === rleBlock ? 1 : head >>> 3);
    boundBytes += maxBlockBytes;
  }
  if ((descriptor & 4) !== 0) at += 4;
  if (at > bytes.length) throw truncated();
  return { frameBytes: at - start, contentBytes, boundBytes };
}

function readWord(bytes: Buffer, at: number, width: number): number {
  if (at + width > bytes.length) throw truncated();
  return width === 8
    ? bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at)
    : bytes.readUIntLE(at, width);
}

function truncated(): Error {
  return new Error('the Zstandard frame ends too early');
}
