import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, readerOf } from '../../../src/alerts/sources/byteReader.js';

/** A stream in chunks of these sizes, over and over. */
async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const bytesOf = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, at) => at % 251));

describe('a reader of bytes', () => {
  it('gives each byte once, in order, however the stream is cut', async () => {
    const steps = fc.array(
      fc.record({ does: fc.constantFrom('peek', 'take', 'whole'), bytes: fc.integer({ min: 0, max: 60 }) }),
      { maxLength: 20 },
    );
    const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 300 }), sizes, steps, async (count, cuts, all) => {
        // A chunk may be empty, but not every one.
        const bytes = bytesOf(count);
        const reader = new ByteReader(chunksOf(bytes, [...cuts, 1]));
        let at = 0;
        for (const { does, bytes: wanted } of all) {
          const expected = bytes.subarray(at, at + wanted);
          if (does === 'peek') expect(await reader.peek(wanted)).toEqual(expected);
          if (does === 'take') {
            expect(await reader.take(wanted)).toEqual(expected);
            at += expected.length;
          }
          if (does === 'whole') {
            const fits = count - at <= wanted;
            expect(await reader.whole(wanted)).toEqual(fits ? bytes.subarray(at) : undefined);
            if (fits) at = count;
          }
          expect(reader.position).toBe(at);
        }
        const rest: Buffer[] = [];
        for await (const chunk of reader.rest()) rest.push(chunk);
        expect(Buffer.concat(rest)).toEqual(bytes.subarray(at));
        expect(reader.position).toBe(count);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps what it gave, whatever is read after it', async () => {
    const bytes = bytesOf(100);
    const reader = new ByteReader(chunksOf(bytes, [7]));
    const first = await reader.take(20);
    await reader.take(80);
    expect(first).toEqual(bytes.subarray(0, 20));
  });

  it('ends the stream when it is closed', async () => {
    let ended = false;
    const stream = (async function* () {
      try {
        for (;;) {
          await Promise.resolve();
          yield Buffer.alloc(10);
        }
      } finally {
        ended = true;
      }
    })();
    const reader = new ByteReader(stream);
    await reader.take(15);
    await reader.close();
    expect(ended).toBe(true);
  });

  it('drops the rest', async () => {
    const reader = new ByteReader(chunksOf(bytesOf(100), [7]));
    await reader.take(20);
    await reader.skipRest();
    expect(reader.position).toBe(100);
    expect(await reader.take(1)).toHaveLength(0);
  });

  it('reads a buffer, too', async () => {
    expect(await readerOf(bytesOf(3)).whole(3)).toEqual(bytesOf(3));
  });
});
