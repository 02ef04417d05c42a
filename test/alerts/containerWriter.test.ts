import { access, chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avsc from 'avsc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codecNames, loadCodec } from '../../src/alerts/codecs.js';
import { createContainerWriter } from '../../src/alerts/containerWriter.js';

const schema: avsc.Schema = {
  type: 'record',
  name: 'note',
  fields: [
    { name: 'id', type: 'int' },
    { name: 'text', type: 'string' },
  ],
};
const schemaText = JSON.stringify(schema);
const type = avsc.Type.forSchema(schema);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'container-writer-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Reads a container with avsc, an implementation of Avro that is not ours. */
async function readWithPeer(path: string): Promise<unknown[]> {
  const codecs: Record<string, (bytes: Buffer, done: (error: Error | null, data?: Buffer) => void) => void> =
    {};
  for (const name of codecNames) {
    const codec = await loadCodec(name, path);
    codecs[name] = (bytes, done) => {
      done(null, codec.decompress(bytes));
    };
  }
  return new Promise((resolve, reject) => {
    const found: unknown[] = [];
    avsc
      .createFileDecoder(path, { codecs })
      .on('data', (value: unknown) => found.push(value))
      .on('end', () => {
        resolve(found);
      })
      .on('error', reject);
  });
}

const notes = Array.from({ length: 500 }, (_, id) => ({ id, text: `note ${id} `.repeat(id % 17) }));

describe('createContainerWriter', () => {
  it.each(codecNames)('writes what another Avro implementation reads, with codec %s', async (codec) => {
    const path = join(folder, 'notes.avro');
    const writer = await createContainerWriter(path, { schemaText, codec, blockBytes: 1000 });
    for (const note of notes) await writer.append(type.toBuffer(note));
    const { records, bytes } = await writer.close();
    expect(records).toBe(500);
    expect(bytes).toBe((await readFile(path)).length);
    expect(await readWithPeer(path)).toEqual(notes);
  });

  it('keeps the order of records when nobody waits for the disk', async () => {
    const path = join(folder, 'notes.avro');
    const writer = await createContainerWriter(path, { schemaText, codec: 'null', blockBytes: 100 });
    for (const note of notes) void writer.append(type.toBuffer(note));
    await writer.close();
    expect(await readWithPeer(path)).toEqual(notes);
  });

  it('copies a record, so that its buffer may be used again at once', async () => {
    const path = join(folder, 'notes.avro');
    const writer = await createContainerWriter(path, { schemaText, codec: 'null', blockBytes: 100 });
    const reused = Buffer.alloc(1000);
    for (const note of notes) {
      const end = type.encode(note, reused, 0);
      await writer.append(reused.subarray(0, end));
    }
    await writer.close();
    expect(await readWithPeer(path)).toEqual(notes);
  });

  it('writes a record that is larger than a block', async () => {
    const path = join(folder, 'notes.avro');
    const note = { id: 1, text: 'x'.repeat(100_000) };
    const writer = await createContainerWriter(path, { schemaText, codec: 'deflate', blockBytes: 10 });
    await writer.append(type.toBuffer(note));
    await writer.close();
    expect(await readWithPeer(path)).toEqual([note]);
  });

  it('makes the same file of the same records when the sync marker is given', async () => {
    const files = await Promise.all(
      ['a.avro', 'b.avro'].map(async (name) => {
        const writer = await createContainerWriter(join(folder, name), {
          schemaText,
          codec: 'deflate',
          sync: Buffer.alloc(16, 7),
          metadata: { maker: 'test' },
        });
        for (const note of notes) await writer.append(type.toBuffer(note));
        await writer.close();
        return readFile(join(folder, name));
      }),
    );
    expect(files[0]).toEqual(files[1]);
    expect(files[0]?.includes('maker')).toBe(true);
  });

  it('gives the file its name only when it is whole', async () => {
    const path = join(folder, 'notes.avro');
    const writer = await createContainerWriter(path, { schemaText, codec: 'null', blockBytes: 10 });
    for (const note of notes) await writer.append(type.toBuffer(note));
    await expect(access(path)).rejects.toThrow('ENOENT');
    await writer.close();
    expect(await readdir(folder)).toEqual(['notes.avro']);
  });

  it('leaves nothing behind after abort, and keeps a finished file', async () => {
    const path = join(folder, 'notes.avro');
    const writer = await createContainerWriter(path, { schemaText, codec: 'null' });
    await writer.append(type.toBuffer(notes[0]));
    await writer.abort();
    await writer.abort();
    expect(await readdir(folder)).toEqual([]);
    const second = await createContainerWriter(path, { schemaText, codec: 'null' });
    await second.close();
    await second.abort();
    expect(await readdir(folder)).toEqual(['notes.avro']);
  });

  it('replaces a file, or refuses to, as it is told', async () => {
    const path = join(folder, 'notes.avro');
    await writeFile(path, 'old');
    await expect(
      createContainerWriter(path, { schemaText, codec: 'null', existing: 'refuse' }),
    ).rejects.toMatchObject({ code: 'BAD_USAGE', message: expect.stringContaining('--force') as string });
    const writer = await createContainerWriter(path, { schemaText, codec: 'null' });
    expect(await readFile(path, 'utf8')).toBe('old');
    await writer.close();
    expect(await readFile(path, 'latin1')).toMatch(/^Obj/);
  });

  it('says what is wrong with the place', async () => {
    await expect(
      createContainerWriter(join(folder, 'none', 'a.avro'), { schemaText, codec: 'null' }),
    ).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('folder does not exist') as string,
    });
    await expect(createContainerWriter(folder, { schemaText, codec: 'null' })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('is a folder, not a file') as string,
    });
  });

  it.skipIf(process.getuid?.() === 0)('says that a folder may not be written', async () => {
    await chmod(folder, 0o500);
    await expect(
      createContainerWriter(join(folder, 'a.avro'), { schemaText, codec: 'null' }),
    ).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining('permission denied') as string,
    });
    await chmod(folder, 0o700);
  });
});
