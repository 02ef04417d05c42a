import { Zstd } from '@hpcc-js/wasm-zstd';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codecNames,
  loadCodec,
  loadReadCodec,
  maxBlockBytes,
  ownCrc32 as crc32,
} from '../../src/alerts/codecs.js';
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

const zstd = await Zstd.load();

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

  it.each([
    // Apache Avro has no such codecs.
    ['lz4', 'python3 -c "import fastavro as f; '],
    ['', 'python3 -c "import fastavro as f; '],
  ])('rejects the codec %j, names the place, the codec and the command that helps', async (name, command) => {
    await expect(loadReadCodec(name, '/data/a.avro')).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringContaining(
        `/data/a.avro: its blocks are compressed with "${name}", which is none of null, deflate, snappy, zstandard, bzip2, xz: ` +
          `recompress the file with: ${command}`,
      ) as string,
    });
  });

  it('deflate ignores what stands behind its stream, as the checksum that Python libraries leave there', async () => {
    const deflate = await loadCodec('deflate', 'a test');
    for (const bytes of [Buffer.alloc(0), Buffer.from('alert '.repeat(5000))]) {
      // fastavro and avro for Python write: zlib.compress(bytes)[2:-1].
      expect(deflate.decompress(zlib.deflateSync(bytes).subarray(2, -1)).equals(bytes)).toBe(true);
      for (const surplus of [0, 1, 2, 3, 4, 1000]) {
        const stored = Buffer.concat([zlib.deflateRawSync(bytes), Buffer.alloc(surplus, 0xa5)]);
        expect(deflate.decompress(stored).equals(bytes), `${surplus} bytes behind`).toBe(true);
      }
    }
  });

  it.each(['Z_SYNC_FLUSH', 'Z_FULL_FLUSH', 'Z_PARTIAL_FLUSH'] as const)(
    'deflate reads a stream without a final block, which ends with %s',
    async (flush) => {
      const deflate = await loadCodec('deflate', 'a test');
      const bytes = Buffer.from('alert '.repeat(100_000));
      const stored = zlib.deflateRawSync(bytes, { finishFlush: zlib.constants[flush] });
      expect(deflate.decompress(stored).equals(bytes)).toBe(true);
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
    ['deflate', Buffer.from('ffff', 'hex'), 'invalid block type'],
    ['deflate', Buffer.alloc(0), 'unexpected end'],
    ['snappy', Buffer.alloc(4), 'too short'],
    ['snappy', Buffer.from('ffffffff0f000000000000', 'hex'), 'decompresses to 4294967295 bytes'],
    ['zstandard', Buffer.from('28b52ffd', 'hex'), 'ends too early'],
    ['zstandard', Buffer.from('no zstandard at all'), 'no Zstandard frame'],
  ])('%s refuses damaged bytes (%#)', async (name, stored, message) => {
    const codec = await loadCodec(name, 'a test');
    expect(() => codec.decompress(stored)).toThrow(message);
  });

  it.each<readonly [string, (zeros: Buffer) => Buffer]>([
    ['deflate', (zeros) => zlib.deflateRawSync(zeros)],
    ['zstandard', (zeros) => Buffer.from(zstd.compress(zeros))],
  ])('%s stops at its limit', async (name, compress) => {
    const codec = await loadCodec(name, 'a test');
    const stored = compress(Buffer.alloc(maxBlockBytes + 1));
    expect(() => codec.decompress(stored)).toThrow(/larger than|decompresses to/);
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
