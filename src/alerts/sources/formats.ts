import { containerMagic } from '../containerHeader.js';

/** What a stream of bytes is, by its first bytes; the ending of a file's name says nothing. */
export type Format =
  | { readonly kind: 'container' | 'gzip' | 'tar' | 'zip' | 'bytes' | 'empty' }
  /** Compressed, and read as a whole. */
  | { readonly kind: 'packed'; readonly packing: Packing }
  /** Not alerts; the sentence says what it is, and how to get alerts of it. */
  | { readonly kind: 'other'; readonly sentence: string }
  /** Something that lies beside alerts: a page, a schema, a list, an image. */
  | { readonly kind: 'beside'; readonly sentence: string };

/** Compression of files, other than gzip. */
export type Packing = 'bzip2' | 'xz' | 'zstandard';

/** As many bytes as {@link formatOf} looks at: a tar's header. */
export const formatBytes = 512;

const others: readonly { readonly begins: Buffer; readonly sentence: string }[] = [
  {
    begins: Buffer.from('version https://git-lfs'),
    sentence: 'it is a Git LFS pointer, not the file itself: fetch the file with: git lfs pull',
  },
  {
    begins: Buffer.from('7z\u00bc\u00af', 'latin1'),
    sentence: 'it is a 7-Zip archive: unpack it with: 7z x',
  },
  { begins: Buffer.from('Rar!'), sentence: 'it is a RAR archive: unpack it with: unrar x' },
  {
    begins: Buffer.from([0x04, 0x22, 0x4d, 0x18]),
    sentence: 'it is compressed with lz4: unpack it with: unlz4',
  },
  {
    begins: Buffer.from([0x1f, 0x9d]),
    sentence: 'it is compressed with compress: unpack it with: uncompress',
  },
];

const packings: readonly { readonly begins: Buffer; readonly packing: Packing }[] = [
  { begins: Buffer.from('BZh'), packing: 'bzip2' },
  { begins: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), packing: 'xz' },
  { begins: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), packing: 'zstandard' },
];

const besides: typeof others = [
  { begins: Buffer.from('PAR1'), sentence: 'it is a Parquet file: write the alerts into an Avro container' },
  { begins: Buffer.from('SIMPLE  ='), sentence: 'it is a FITS file, not an alert' },
  { begins: Buffer.from('\u0089HDF', 'latin1'), sentence: 'it is an HDF5 file, not an alert' },
  { begins: Buffer.from('\u0089PNG', 'latin1'), sentence: 'it is an image, not an alert' },
  { begins: Buffer.from('GIF8'), sentence: 'it is an image, not an alert' },
  { begins: Buffer.from([0xff, 0xd8, 0xff]), sentence: 'it is an image, not an alert' },
  { begins: Buffer.from('%PDF'), sentence: 'it is a PDF, not an alert' },
  { begins: Buffer.from('\u0093NUMPY', 'latin1'), sentence: 'it is a NumPy array, not an alert' },
];

/**
 * Recognises a format.
 *
 * @param start - the first {@link formatBytes}, or all where there are fewer
 */
export function formatOf(start: Buffer): Format {
  if (start.length === 0) return { kind: 'empty' };
  if (begins(start, containerMagic)) return { kind: 'container' };
  if (begins(start, Buffer.from([0x1f, 0x8b, 0x08]))) return { kind: 'gzip' };
  // The second one is of an archive without entries.
  if (begins(start, Buffer.from('PK\u0003\u0004')) || begins(start, Buffer.from('PK\u0005\u0006')))
    return { kind: 'zip' };
  if (isTarHeader(start)) return { kind: 'tar' };
  const packed = packings.find((one) => begins(start, one.begins));
  if (packed !== undefined) return { kind: 'packed', packing: packed.packing };
  const other = others.find((one) => begins(start, one.begins));
  if (other !== undefined) return { kind: 'other', sentence: other.sentence };
  const beside = besides.find((one) => begins(start, one.begins));
  if (beside !== undefined) return { kind: 'beside', sentence: beside.sentence };
  if (isText(start)) {
    const sentence = /^\s*[[{]/.test(start.toString('latin1'))
      ? 'it looks like JSON: write the alerts into an Avro container'
      : 'it is text, not alerts';
    return { kind: 'beside', sentence };
  }
  return { kind: 'bytes' };
}

function begins(start: Buffer, magic: Buffer): boolean {
  return start.subarray(0, magic.length).equals(magic);
}

const checksumAt = 148;
const checksumBytes = 8;

/**
 * A tar's header holds the sum of its own bytes, its own field counted as blanks; oldest tars have nothing else
 * to be recognised by. An archive without entries is zeros.
 */
function isTarHeader(start: Buffer): boolean {
  if (start.length < formatBytes) return false;
  const field = start.toString('latin1', checksumAt, checksumAt + checksumBytes);
  const octal = /^\s*([0-7]+)/.exec(field.replaceAll('\0', ' '))?.[1];
  if (octal === undefined) return start.every((byte) => byte === 0);
  const blanks = checksumBytes * 0x20;
  const sum = start.reduce(
    (total, byte, at) => (at >= checksumAt && at < checksumAt + checksumBytes ? total : total + byte),
    blanks,
  );
  return sum === parseInt(octal, 8);
}

/** Whether bytes are text in UTF-8 or ASCII, as alerts never are from their first byte on. */
function isText(start: Buffer): boolean {
  return (
    start.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) &&
    start[0] !== 0x7f
  );
}
