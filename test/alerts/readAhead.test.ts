import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/alerts/readAhead.js';

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff));

let folder: string;
let file: FileHandle;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-ahead-'));
  const path = join(folder, 'content');
  await writeFile(path, content);
  file = await open(path, 'r');
});
afterAll(async () => {
  await file.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each([false, true])('ReadAhead with reuse %s', (reuse) => {
  it('gives the bytes of the file in order, whatever is asked for at once', async () => {
    const sizes = fc.array(fc.oneof(fc.nat(2000), fc.nat(900_000)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 700_000 }), async (asked, chunkBytes) => {
        const reader = new ReadAhead(file, 100, content.length - 50, { chunkBytes, reuse });
        let at = 100;
        for (const bytes of asked) {
          const end = Math.min(at + bytes, content.length - 50);
          expect(reader.position).toBe(at);
          expect(
            (await reader.peek(10)).equals(content.subarray(at, Math.min(at + 10, content.length - 50))),
          ).toBe(true);
          expect((await reader.take(bytes)).equals(content.subarray(at, end))).toBe(true);
          at = end;
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('ReadAhead', () => {
  it('leaves as they are the bytes that were taken, unless memory is reused', async () => {
    const reader = new ReadAhead(file, 0, content.length, { chunkBytes: 100_000 });
    const taken: Buffer[] = [];
    while (reader.position < content.length) taken.push(await reader.take(7000));
    expect(Buffer.concat(taken).equals(content)).toBe(true);
  });

  it('holds two chunks, however long the file is, where memory is reused', async () => {
    const reader = new ReadAhead(file, 0, content.length, { chunkBytes: 100_000, reuse: true });
    const memories = new Set<ArrayBufferLike>();
    while (reader.position < content.length) memories.add((await reader.take(7000)).buffer);
    expect(memories.size).toBe(2);
  });
});
