import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { codecNames, loadCodec } from '../../src/alerts/codecs.js';
import { openContainer, type BlockRange } from '../../src/alerts/container.js';
import { createContainerWriter } from '../../src/alerts/containerWriter.js';
import { AlertSimError } from '../../src/errors.js';
import { alertRecords, alertSchemaOf, alertValue, someAlerts, writeWithPeer } from './support/alertFiles.js';

const schema = alertSchemaOf(11);
const schemaText = JSON.stringify(schema);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'container-'));
  path = join(folder, 'alerts.avro');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A scanner is compiled for each schema and path: the thousands of damaged copies of one container share theirs. */
const scanners = new Map<string, ReturnType<typeof createAlertScanner>>();

/** All alerts of a container, and what its block heads say. */
async function readAll(
  from: string,
  range?: BlockRange,
): Promise<{ ids: number[]; records: number; blocks: number }> {
  const container = await openContainer(from);
  try {
    const key = `${from} ${container.schemaText}`;
    const scanner = scanners.get(key) ?? createAlertScanner(container.schema, from);
    scanners.set(key, scanner);
    const ids: number[] = [];
    for await (const block of container.blocks(range)) {
      ids.push(...scanner.alertsOf(block).map(({ id }) => Number(id)));
    }
    return { ids, ...(await container.countRecords()) };
  } finally {
    await container.close();
  }
}

/** The error of reading a container; undefined when there is none. */
async function faultOf(from: string): Promise<unknown> {
  return readAll(from).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** One to four changes: a byte replaced, bytes left out, put in, or copied from elsewhere, or the end cut off. */
function mutated(whole: Buffer, below: (count: number) => number): Buffer {
  let bytes = Buffer.from(whole);
  for (let change = below(4); change >= 0; change -= 1) {
    const at = below(bytes.length + 1);
    const length = 1 + below(40);
    const rest = bytes.subarray(at);
    const parts = [
      [Buffer.of(below(256)), rest.subarray(1)],
      [rest.subarray(length)],
      [Buffer.alloc(length, below(256)), rest],
      [bytes.subarray(below(bytes.length + 1)).subarray(0, length), rest.subarray(length)],
      [],
    ][below(5)];
    bytes = Buffer.concat([bytes.subarray(0, at), ...(parts ?? [])]);
  }
  return bytes;
}

/** Chance that is the same in every run of the test. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** 2,000 took 16 s a codec, and found nothing. */
const fuzzRounds = 150;

describe('openContainer', () => {
  const alerts = someAlerts(300);
  const values = alerts.map((alert) => alertValue(11, alert));
  const ids = alerts.map(({ id }) => id);

  it.each(codecNames)('reads what another Avro implementation wrote, with codec %s', async (codec) => {
    await writeWithPeer(path, schema, values, codec, 1000);
    const found = await readAll(path);
    expect(found.ids).toEqual(ids);
    expect(found.records).toBe(300);
    expect(found.blocks).toBeGreaterThan(10);
  });

  it('tells what stands in the header', async () => {
    const sync = Buffer.alloc(16, 9);
    const metadata = { maker: 'test', long: 'x'.repeat(300_000) };
    await (await createContainerWriter(path, { schemaText, codec: 'snappy', sync, metadata })).close();
    const container = await openContainer(path);
    expect(container).toMatchObject({ schemaText, codecName: 'snappy' });
    expect(container.header.syncMarker).toEqual(sync);
    expect(container.header.metadata.get('maker')?.toString()).toBe('test');
    expect(await container.countRecords()).toEqual({ records: 0, blocks: 0 });
    await container.close();
  });

  it('gives each block to exactly one of the ranges, however the file is divided', async () => {
    await writeWithPeer(path, schema, values, 'deflate', 700);
    const container = await openContainer(path);
    const edges = fc.array(fc.integer({ min: 0, max: container.fileBytes }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(edges, async (inner) => {
        const cuts = [0, ...inner.sort((a, b) => a - b), container.fileBytes];
        const found: number[] = [];
        for (const [index, toBytes] of cuts.slice(1).entries()) {
          for await (const block of container.blocks({ fromBytes: cuts[index] ?? 0, toBytes }))
            found.push(block.offsetBytes);
        }
        const whole: number[] = [];
        for await (const block of container.blocks()) whole.push(block.offsetBytes);
        expect(found).toEqual(whole);
      }),
      { numRuns: 60 },
    );
    const shared = await Promise.all(container.ranges(4).map((range) => readAll(path, range)));
    expect(shared.flatMap((part) => part.ids)).toEqual(ids);
    expect(shared.every((part) => part.ids.length > 0)).toBe(true);
    await container.close();
  });

  it.each(codecNames)('passes over blocks without records, with codec %s', async (codecName) => {
    const { compress } = await loadCodec(codecName, 'a test');
    const writer = await createContainerWriter(path, { schemaText, codec: codecName });
    for (const empty of [Buffer.alloc(0), compress(Buffer.alloc(0))]) {
      await writer.appendStoredBlock(0, empty);
      for (const record of alertRecords(11, someAlerts(3))) await writer.append(record);
    }
    await writer.appendStoredBlock(0, compress(Buffer.alloc(0)));
    await writer.close();
    expect(await readAll(path)).toMatchObject({
      ids: [1000, 1001, 1002, 1000, 1001, 1002],
      records: 6,
      blocks: 5,
    });
  });

  it('reads blocks that are larger than what it reads at once', async () => {
    const large = Array.from({ length: 3 }, (_, id) => ({
      ...(alertValue(11, { id, mjd: 60_000 }) as object),
      cutoutDifference: Buffer.alloc(5_000_000, id),
    }));
    await writeWithPeer(path, schema, large, 'null', 1000);
    expect((await readAll(path)).ids).toEqual([0, 1, 2]);
  });
});

describe('a container that is at fault', () => {
  const records = alertRecords(11, someAlerts(12));

  async function writeSmall(codec: (typeof codecNames)[number]): Promise<Buffer> {
    const writer = await createContainerWriter(path, {
      schemaText,
      codec,
      blockBytes: 200,
      sync: Buffer.alloc(16, 0xa5),
    });
    for (const record of records) await writer.append(record);
    await writer.close();
    return readFile(path);
  }

  it.each([
    ['is missing', () => rm(path, { force: true }), /cannot read .*alerts\.avro: no such file/],
    [
      'lies below a file',
      () => writeFile((path = join(folder, 'a')), 'x').then(() => (path = join(path, 'b'))),
      /a part of the path is a file/,
    ],
    ['is a folder', () => Promise.resolve((path = folder)), /is a folder/],
    ['is a device', () => Promise.resolve((path = '/dev/null')), /is not a regular file/],
    ['is empty', () => writeFile(path, ''), /is empty/],
    ['is text', () => writeFile(path, 'hello'), /at byte 0 the file is not an Avro container/],
    [
      'is a Git LFS pointer',
      () => writeFile(path, 'version https://git-lfs.github.com/spec/v1\n'),
      /git lfs pull/,
    ],
    ['is compressed with gzip', () => writeFile(path, zlib.gzipSync('x')), /gunzip/],
    ['has a codec that is not known', () => writeHead('lz4', schemaText), /compressed with "lz4".*fastavro/],
    ['has a broken schema', () => writeHead('null', '{'), /has a schema that cannot be read/],
  ])('%s: the message says so', async (_sentence, make, message) => {
    await make();
    const fault = await faultOf(path);
    expect(fault).toMatchObject({ code: 'BAD_INPUT_FILE' });
    expect((fault as Error).message).toMatch(message);
    expect((fault as Error).message).toContain(path);
  });

  async function writeHead(codec: string, schemaInFile: string): Promise<void> {
    const writer = await createContainerWriter(path, { schemaText: schemaInFile, codec: 'null' });
    await writer.close();
    const bytes = (await readFile(path)).toString('latin1');
    const named = `avro.codec${String.fromCharCode(codec.length * 2)}${codec}`;
    await writeFile(path, bytes.replace('avro.codec\u0008null', named), 'latin1');
  }

  it.skipIf(process.getuid?.() === 0)('may not be read: the message says so', async () => {
    await writeFile(path, 'x');
    await chmod(path, 0);
    expect(await faultOf(path)).toMatchObject({
      message: expect.stringContaining('permission denied') as string,
    });
  });

  it.each(codecNames)('is cut off at any byte: never taken for whole, with codec %s', async (codec) => {
    const whole = await writeSmall(codec);
    const container = await openContainer(path);
    const { headerBytes } = container.header;
    const blockEnds = [headerBytes];
    for await (const { offsetBytes } of container.blocks()) blockEnds.push(offsetBytes);
    await container.close();
    // A header is read in the same way whatever its codec: one codec's is cut at each byte, the others' at some.
    const lengths = [...whole.keys()].filter((at) => codec === 'null' || at >= headerBytes || at % 13 === 0);
    for (const length of lengths) {
      // After a whole block a file may end: nothing in the format tells how many blocks there should be.
      if (blockEnds.includes(length)) continue;
      writeFileSync(path, whole.subarray(0, length));
      const fault = await faultOf(path);
      expect(fault, `cut at ${length} of ${whole.length}`).toBeInstanceOf(AlertSimError);
      expect(fault).toMatchObject({ code: 'BAD_INPUT_FILE' });
      expect((fault as Error).message).toMatch(/byte \d+/);
    }
  });

  it.each(codecNames)(
    'has a flipped bit: a fault that is told, or alerts, but no crash, with codec %s',
    async (codec) => {
      const whole = await writeSmall(codec);
      for (let byte = 0; byte < whole.length; byte += 7) {
        const damaged = Buffer.from(whole);
        damaged[byte] = (damaged[byte] ?? 0) ^ (1 << (byte % 8));
        writeFileSync(path, damaged);
        const fault = await faultOf(path);
        if (fault !== undefined)
          expect(fault, `bit flipped in byte ${byte}`).toMatchObject({ code: 'BAD_INPUT_FILE' });
      }
    },
  );

  it('finds every flipped bit of a block that snappy wrote', async () => {
    const whole = await writeSmall('snappy');
    const { headerBytes } = await openContainer(path).then(async (container) => {
      await container.close();
      return container.header;
    });
    for (let byte = headerBytes; byte < whole.length; byte += 1) {
      const damaged = Buffer.from(whole);
      damaged[byte] = (damaged[byte] ?? 0) ^ (1 << (byte % 8));
      writeFileSync(path, damaged);
      expect(await faultOf(path), `bit flipped in byte ${byte}`).toMatchObject({ code: 'BAD_INPUT_FILE' });
    }
  });

  it('has random bytes after its header: a fault, never a hang', async () => {
    const writer = await createContainerWriter(path, { schemaText, codec: 'null' });
    await writer.close();
    const head = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (bytes) => {
        writeFileSync(path, Buffer.concat([head, bytes]));
        expect(await faultOf(path)).toMatchObject({ code: 'BAD_INPUT_FILE' });
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['more records than its block says', 1, 'left over'],
    ['fewer records than its block says', 3, 'number 3 of 3'],
  ])('has %s', async (_what, recordCount, message) => {
    const writer = await createContainerWriter(path, { schemaText, codec: 'null' });
    await writer.appendStoredBlock(recordCount, Buffer.concat(records.slice(0, 2)));
    await writer.close();
    expect(await faultOf(path)).toMatchObject({
      code: 'BAD_INPUT_FILE',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [0, 'that has no time: diaSource.midpointMjdTai is 0: leave such alerts out with --skip-invalid'],
    [NaN, 'that has no time: diaSource.midpointMjdTai is null or not a number'],
    [
      1480360995,
      'has 1480360995 in diaSource.midpointMjdTai, which is not an MJD between the years 1990 and 2099, but looks ' +
        'like a Unix time in seconds (2016-11-28 19:23:15.000): read it as such with ' +
        '--time-field diaSource.midpointMjdTai:unix',
    ],
    [2457721.5, 'looks like a Julian date (2016-11-29 00:00:00.000): read it as such with'],
    [20161128, 'which is not an MJD between the years 1990 and 2099'],
  ])(
    'has an alert with the time %d: it says which alert, and what the time looks like',
    async (mjd, says) => {
      const writer = await createContainerWriter(path, { schemaText, codec: 'null', blockBytes: 1 });
      const records = alertRecords(11, [...someAlerts(2), { id: 1, mjd }]);
      for (const record of records) await writer.append(record);
      await writer.close();
      const fault = await faultOf(path);
      expect(fault).toMatchObject({ code: 'BAD_INPUT_FILE' });
      const { message } = fault as Error;
      expect(message).toMatch(
        /at byte \d+ the block holds an alert, number 1 of 1 in it, number 3 of the file, that /,
      );
      expect(message).toContain(says);
      expect(message).not.toContain('download');
    },
  );

  it.each(codecNames)(
    'is damaged in any way: a sentence that names the place, or alerts, with codec %s',
    async (codec) => {
      const whole = await writeSmall(codec);
      const random = mulberry32(16);
      const below = (count: number): number => Math.floor(random() * count);
      for (let round = 0; round < fuzzRounds; round += 1) {
        const damaged = mutated(whole, below);
        writeFileSync(path, damaged);
        const fault = await faultOf(path);
        if (fault === undefined) continue;
        expect(fault, `round ${round}`).toMatchObject({ code: 'BAD_INPUT_FILE' });
        expect((fault as Error).message, `round ${round}`).toContain(path);
      }
    },
    60_000,
  );
});
