import { Zstd } from '@hpcc-js/wasm-zstd';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecNames, loadCodec } from '../../src/alerts/codecs.js';
import { crc32 } from '../../src/alerts/crc32.js';
import { zstdFrame } from '../../src/alerts/zstdFrame.js';

/** Bytes as they occur: random ones, runs, and repeated pieces. */
const someBytes = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 400 })), { maxLength: 8 })
  .map((parts) =>
    Buffer.concat(parts.flatMap(([piece, times]) => Array.from({ length: times }, () => piece))),
  );

/** A frame that does not declare its size, as Java's and other streaming writers make it. */
function streamed(zstd: Zstd, bytes: Buffer): Buffer {
  zstd.reset();
  return Buffer.concat([zstd.compressChunk(bytes), zstd.compressEnd()]);
}

describe('loadCodec', () => {
  it.each(codecNames)('%s gives back what it compressed', async (name) => {
    const codec = await loadCodec(name, 'a test');
    fc.assert(
      fc.property(someBytes, (bytes) => {
        expect(codec.decompress(codec.compress(bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['bzip2', 'xz', 'lz4', ''])(
    'refuses the codec %j, names the place and the way out',
    async (name) => {
      await expect(loadCodec(name, '/data/a.avro')).rejects.toMatchObject({
        code: 'BAD_INPUT_FILE',
        message: expect.stringMatching(
          /^\/data\/a\.avro: the codec .* null, deflate, snappy, zstandard: recompress/,
        ) as string,
      });
    },
  );

  it('snappy ends a block with the big-endian CRC32 of its bytes', async () => {
    const snappy = await loadCodec('snappy', 'a test');
    const stored = snappy.compress(Buffer.from('123456789'));
    expect(stored.subarray(-4).toString('hex')).toBe('cbf43926');
    stored.writeUInt32BE(0xcbf43927, stored.length - 4);
    expect(() => snappy.decompress(stored)).toThrow('CRC32');
  });

  it.each([
    ['deflate', zlib.deflateRawSync(Buffer.alloc(100)).subarray(0, -1), 'unexpected end'],
    [
      'deflate',
      Buffer.concat([zlib.deflateRawSync(Buffer.alloc(100)), Buffer.alloc(3)]),
      '3 bytes are left over',
    ],
    ['deflate', Buffer.alloc(0), 'unexpected end'],
    ['snappy', Buffer.alloc(4), 'too short'],
    ['snappy', Buffer.from('ffffffff0f000000000000', 'hex'), 'decompresses to 4294967295 bytes'],
    ['zstandard', Buffer.from('28b52ffd', 'hex'), 'ends too early'],
    ['zstandard', Buffer.from('no zstandard at all'), 'no Zstandard frame'],
  ])('%s refuses damaged bytes (%#)', async (name, stored, message) => {
    const codec = await loadCodec(name, 'a test');
    expect(() => codec.decompress(stored)).toThrow(message);
  });

  it('zstandard reads frames that do not declare their size, and several in a row', async () => {
    const zstd = await Zstd.load();
    const codec = await loadCodec('zstandard', 'a test');
    // Compresses so well that the library alone would give it too little room.
    const large = Buffer.alloc(30_000_000, 'alert ');
    expect(codec.decompress(streamed(zstd, large)).equals(large)).toBe(true);
    fc.assert(
      fc.property(someBytes, someBytes, (first, second) => {
        const frames = Buffer.concat([streamed(zstd, first), codec.compress(second)]);
        expect(codec.decompress(frames).equals(Buffer.concat([first, second]))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('zstdFrame', () => {
  it('knows the length of a frame and bounds what it holds', async () => {
    const zstd = await Zstd.load();
    fc.assert(
      fc.property(someBytes, fc.boolean(), (bytes, inStream) => {
        const frame = inStream ? streamed(zstd, bytes) : Buffer.from(zstd.compress(bytes));
        const { frameBytes, contentBytes, boundBytes } = zstdFrame(
          Buffer.concat([frame, Buffer.alloc(5)]),
          0,
        );
        expect(frameBytes).toBe(frame.length);
        if (contentBytes !== undefined) expect(contentBytes).toBe(bytes.length);
        expect(boundBytes).toBeGreaterThanOrEqual(bytes.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('crc32', () => {
  it("is zlib's", () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32(Buffer.alloc(0))).toBe(0);
  });
});
