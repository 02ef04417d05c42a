import zlib from 'node:zlib';
import { encodeLong } from '../../../src/alerts/varint.js';

/** A file of an archive to be made. */
export interface MadeEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

const tarBlock = 512;

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** A tar in the format of POSIX (ustar), or of before it, without its magic. */
export function tarOf(entries: readonly MadeEntry[], format: 'ustar' | 'old' = 'ustar'): Buffer {
  const parts = entries.flatMap(({ name, bytes }) => {
    const head = Buffer.alloc(tarBlock);
    head.write(name, 0, 100);
    head.write(octal(0o644, 8), 100);
    head.write(octal(0, 8), 108);
    head.write(octal(0, 8), 116);
    head.write(octal(bytes.length, 12), 124);
    head.write(octal(1_700_000_000, 12), 136);
    head.write(' '.repeat(8), 148);
    head.write(name.endsWith('/') ? '5' : '0', 156);
    if (format === 'ustar') head.write('ustar\u000000', 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, bytes, Buffer.alloc((tarBlock - (bytes.length % tarBlock)) % tarBlock)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * tarBlock)]);
}

/** A zip archive with entries that are compressed with deflate. */
export function zipOf(entries: readonly MadeEntry[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of entries) {
    const stored = zlib.deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const head = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name)]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, tail, Buffer.from(name)]));
    local.push(head, stored);
    at += head.length + stored.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\u0005\u0006'), end]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A container of blocks of records, as plain as can be. */
export function containerOf(
  schema: unknown,
  blocks: readonly (readonly Buffer[])[],
  codec:
    'null' | 'deflate' | { readonly name: string; readonly compress: (bytes: Buffer) => Buffer } = 'null',
): Buffer {
  const { name, compress } =
    typeof codec === 'object'
      ? codec
      : {
          name: codec,
          compress: (bytes: Buffer) => (codec === 'null' ? bytes : zlib.deflateRawSync(bytes)),
        };
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([encodeLong(bytes.length), bytes]);
  };
  const marker = Buffer.from('0123456789abcdef');
  const head = [
    Buffer.from('Obj\u0001'),
    encodeLong(2),
    text('avro.schema'),
    text(JSON.stringify(schema)),
    text('avro.codec'),
    text(name),
    encodeLong(0),
    marker,
  ];
  const body = blocks.flatMap((records) => {
    const stored = compress(Buffer.concat(records));
    return [encodeLong(records.length), encodeLong(stored.length), stored, marker];
  });
  return Buffer.concat([...head, ...body]);
}
