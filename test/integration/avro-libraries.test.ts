import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { codecNames, readCodecNames, type CodecName } from '../../src/alerts/codecs.js';
import { openContainer } from '../../src/alerts/container.js';
import { copyAlerts } from '../../src/alerts/tools/copyAlerts.js';
import { messageOf } from '../../src/errors.js';
import { avroTools } from './support/avroTools.js';
import { testSchema } from './support/containers.js';
import { pythonWithAvro } from './support/python.js';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'support', 'avro_containers.py');
const python = await pythonWithAvro();
const tools = await avroTools();

/** An alert as the Python script has it: id, time, history, cutout. */
type Row = readonly [id: string, mjd: number, history: readonly number[] | null, cutout: string | null];

/** Ids beyond 2^53, without history, with an empty one and a longer one, without a cutout, and with an empty one. */
const rows = Array.from({ length: 300 }, (_, index): Row => [
  String(2n ** 60n + BigInt(index)),
  60_000 + index / 86_400,
  index % 3 === 0 ? null : Array.from({ length: index % 4 }, (_one, night) => 59_990.25 + night),
  index % 5 === 0 ? null : Buffer.alloc((index * 7) % 90, index).toString('base64'),
]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'avro-'));
  await writeFile(join(folder, 'alerts.json'), JSON.stringify({ schema: testSchema, records: rows }));
  if (python !== undefined) await run(python, [script, 'write', folder]);
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Ids and times of a container, as this program reads them. */
async function ourReading(path: string): Promise<(readonly [string, number])[]> {
  const container = await openContainer(path);
  try {
    const scanner = createAlertScanner(container.schema, path);
    const found: (readonly [string, number])[] = [];
    for await (const block of container.blocks())
      found.push(...scanner.alertsOf(block).map(({ id, mjd }) => [String(id), mjd] as const));
    return found;
  } finally {
    await container.close();
  }
}

/** A container made by this program. */
async function recompressed(from: string, codec: CodecName | undefined): Promise<string> {
  const to = join(folder, `ours-${codec ?? 'any'}-of-${basename(from)}`);
  const rest = {
    reading: {},
    onInvalid: () => undefined,
    existing: 'replace',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  } as const;
  await copyAlerts({ from: [from], to, codec, ...rest });
  return to;
}

/** What fastavro and Apache Avro for Python find in containers. */
async function theirReading(paths: readonly string[]): Promise<Record<string, Record<string, Row[]>>> {
  const { stdout } = await run(python ?? '', [script, 'read', ...paths], { maxBuffer: 2 ** 30 });
  return JSON.parse(stdout) as Record<string, Record<string, Row[]>>;
}

const expected = rows.map(([id, mjd]) => [id, mjd]);

describe.skipIf(python === undefined)('fastavro and Apache Avro for Python (skipped without them)', () => {
  it('write what we read, in every codec', async () => {
    for (const library of ['fastavro', 'avro']) {
      for (const codec of readCodecNames.filter((name) => library === 'fastavro' || name !== 'xz'))
        expect(await ourReading(join(folder, `${library}-${codec}.avro`)), `${library} ${codec}`).toEqual(
          expected,
        );
    }
  });

  it('read what we made of it in every codec, record by record', async () => {
    const files: string[] = [];
    for (const library of ['fastavro', 'avro']) {
      for (const from of codecNames) {
        for (const to of codecNames)
          files.push(await recompressed(join(folder, `${library}-${from}.avro`), to));
      }
    }
    const found = await theirReading(files);
    expect(Object.keys(found)).toHaveLength(32);
    for (const [file, byLibrary] of Object.entries(found)) {
      expect(byLibrary.fastavro, file).toEqual(rows);
      expect(byLibrary.avro, file).toEqual(rows);
    }
  }, 60_000);

  it('have a codec that we have not: the message names a command, and it works', async () => {
    const path = join(folder, 'fastavro-lz4.avro');
    const fault = messageOf(await openContainer(path).catch((thrown: unknown) => thrown));
    const out = join(folder, 'again-fastavro-lz4.avro');
    const script = /python3 -c "(.*)"/.exec(fault)?.[1]?.replace('IN', path).replace('OUT', out);
    await run(python ?? '', ['-c', script ?? '']);
    expect(await ourReading(out), fault).toEqual(expected);
  }, 60_000);

  it.each(['bzip2', 'xz'] as const)('write %s, which is copied with another codec', async (codec) => {
    const copy = await recompressed(join(folder, `fastavro-${codec}.avro`), undefined);
    expect(await ourReading(copy)).toEqual(expected);
    const container = await openContainer(copy);
    expect(container.codecName).toBe('deflate');
    await container.close();
  });
});

describe.skipIf(python === undefined || tools === undefined)(
  'Apache Avro in Java (skipped without it)',
  () => {
    it('reads what we write, and writes what we read, record by record', async () => {
      const [java = '', ...jar] = tools ?? [];
      const files: string[] = [];
      // The jar comes without a library for xz.
      for (const codec of readCodecNames.filter((name) => name !== 'xz')) {
        const ours = await recompressed(join(folder, 'fastavro-null.avro'), 'null');
        const theirs = join(folder, `java-${codec}.avro`);
        await run(java, [...jar, 'recodec', '--codec', codec, ours, theirs]);
        expect(await ourReading(theirs), codec).toEqual(expected);
        files.push(theirs, await recompressed(theirs, 'null'));
      }
      for (const [file, byLibrary] of Object.entries(await theirReading(files)))
        expect(byLibrary.fastavro, file).toEqual(rows);
    }, 60_000);
  },
);
