import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import zlib from 'node:zlib';
import avsc from 'avsc';
import { afterAll, describe, expect, it } from 'vitest';
import { removeTemporaryFolders } from '../../src/alerts/sources/temporaryFolder.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { alertFacts } from '../../src/coordinator/alertFacts.js';
import { framedSchemas } from '../../src/coordinator/registeredIds.js';
import { sourceFacts, type SourceFacts, type SourceRequest } from '../../src/coordinator/sourceFacts.js';
import { preloadMessages } from '../../src/workers/preloadSource.js';
import type { PreloadSource, PreloadTask } from '../../src/workers/protocol.js';
import { alertRecords, alertSchemaOf, type SmallAlert } from '../alerts/support/alertFiles.js';
import { containerOf, tarOf } from '../alerts/support/archives.js';
import { surveySchemas } from '../alerts/support/surveyAlerts.js';
import { preloadTaskOf } from './support/preloadTask.js';

const folder = mkdtempSync(join(tmpdir(), 'preload-'));
const { port1, port2 } = new MessageChannel();
afterAll(() => {
  port1.close();
  port2.close();
  removeTemporaryFolders();
  rmSync(folder, { recursive: true });
});

const schema = alertSchemaOf(11);
const secondsAfter = (seconds: number): number => 60_000 + seconds / 86_400;
const recordOf = (alert: SmallAlert): Buffer => alertRecords(11, [alert])[0] ?? Buffer.alloc(0);

interface Sent {
  readonly value: Buffer;
  readonly partition: number;
  readonly index: number;
  readonly seconds: number;
}

async function sentOf(source: PreloadSource, more: Partial<PreloadTask> = {}): Promise<readonly Sent[]> {
  const sent: Sent[] = [];
  for await (const { bytes, schemaId, partition, index, timeOffsetUs } of preloadMessages(
    preloadTaskOf(port1, source, more),
  )) {
    const value = schemaId === undefined ? Buffer.from(bytes) : frameAlert(schemaId, bytes);
    sent.push({ value, partition, index, seconds: timeOffsetUs / 1e6 });
  }
  return sent;
}

function fileOf(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const facts = (path: string, reading: SourceRequest['reading'] = {}): Promise<SourceFacts> =>
  sourceFacts({ names: [path], reading });

/** Their seconds are 3, 0, 2, 1. */
const shuffled = [3, 0, 2, 1].map((seconds) => ({ id: 100 + seconds, mjd: secondsAfter(seconds) }));
const tarball = zlib.gzipSync(
  tarOf(
    shuffled.map((alert) => ({ name: `${alert.id}.avro`, bytes: containerOf(schema, [[recordOf(alert)]]) })),
  ),
);
const inOrder = [0, 1, 2, 3].map((seconds) =>
  frameAlert(1100, recordOf({ id: 100 + seconds, mjd: secondsAfter(seconds) })),
);

describe('a reservoir of files', () => {
  it('is in order of time', async () => {
    const { source, spanUs, disorder, leftOut } = await facts(fileOf('a.tar.gz', tarball));
    expect({ kind: source.kind, alerts: source.alerts, spanUs, disorder }).toEqual({
      kind: 'files',
      alerts: 4,
      spanUs: 3e6,
      disorder: undefined,
    });
    expect(leftOut).toMatchObject({ invalidAlerts: 0, passedOver: 0 });
    const sent = await sentOf(source);
    expect(sent.map(({ value }) => value)).toEqual(inOrder);
    expect(sent.map(({ index, seconds }) => [index, seconds])).toEqual([0, 1, 2, 3].map((at) => [at, at]));
  });

  it('keeps the order of the files where that is asked for', async () => {
    const { source, disorder } = await facts(fileOf('b.tar.gz', tarball), { keepOrder: true });
    expect(disorder).toEqual({ alerts: 3, firstIndex: 1, firstBehindUs: 3e6 });
    expect((await sentOf(source)).map(({ seconds }) => seconds)).toEqual([0, -3, -1, -2]);
  });

  it('is sorted on disk where memory is too small for it, and the same then', async () => {
    const path = fileOf('sorted.tar.gz', tarball);
    const { source } = await sourceFacts({ names: [path], reading: {}, mostHeldBytes: 0 });
    expect(source.kind).toBe('sorted');
    const sent = await sentOf(source);
    expect(sent.map(({ value }) => value)).toEqual(inOrder);
    expect(sent.map(({ index, seconds }) => [index, seconds])).toEqual([0, 1, 2, 3].map((at) => [at, at]));
    expect(
      (await sentOf(source, { partitions: 3, share: { index: 1, of: 2 } })).map(({ index }) => index),
    ).toEqual([1]);
  });

  it('has each alert once, in order within each partition, whatever the number of workers', async () => {
    const { source } = await facts(fileOf('c.tar.gz', tarball));
    const sent: Sent[] = [];
    for (const index of [0, 1])
      sent.push(...(await sentOf(source, { partitions: 3, share: { index, of: 2 } })));
    expect(sent.map(({ partition, index }) => [partition, index])).toEqual([
      [0, 0],
      [2, 2],
      [0, 3],
      [1, 1],
    ]);
    expect(sent.sort((a, b) => a.index - b.index).map(({ value }) => value)).toEqual(inOrder);
  });

  it('leaves out what is invalid, counts it and names the first ones', async () => {
    const nan = containerOf(schema, [[recordOf({ id: 1, mjd: NaN })]]);
    const bytes = tarOf([
      { name: 'nan.avro', bytes: nan },
      { name: 'one.avro', bytes: containerOf(schema, [[recordOf({ id: 2, mjd: secondsAfter(0) })]]) },
      { name: 'broken.avro', bytes: nan.subarray(0, -20) },
    ]);
    const path = fileOf('d.tar', bytes);
    await expect(facts(path)).rejects.toThrow(/d\.tar › nan\.avro: .* has no time/);
    const { source, leftOut } = await facts(path, { skipInvalid: true });
    expect(source.alerts).toBe(1);
    expect(leftOut).toMatchObject({ invalidAlerts: 1, invalidStretches: 1 });
    expect(leftOut.firstInvalid[0]).toMatch(/nan\.avro: .* has no time/);
    expect(leftOut.firstInvalid[1]).toMatch(/broken\.avro: at byte /);
    expect(await sentOf(source)).toHaveLength(1);
  });

  it('may have several versions, each with its own schema id', async () => {
    const versions = [9, 11].map((major) => {
      const [record = Buffer.alloc(0)] = alertRecords(major, [{ id: major, mjd: secondsAfter(major) }]);
      return { name: `${major}.avro`, bytes: containerOf(alertSchemaOf(major), [[record]]) };
    });
    const { source } = await facts(fileOf('e.tar', tarOf(versions)));
    const ids = (sent: readonly Sent[]): readonly number[] => sent.map(({ value }) => value.readUInt32BE(1));
    expect(ids(await sentOf(source))).toEqual([900, 1100]);
    expect(ids(await sentOf(source, { schemaId: 77 }))).toEqual([77, 77]);
  });

  it('has the ids of a registry, each schema its own, wherever it comes from', async () => {
    const older = alertRecords(10, [{ id: 99, mjd: secondsAfter(-1) }])[0] ?? Buffer.alloc(0);
    const mixed = zlib.gzipSync(
      tarOf([
        { name: 'a.avro', bytes: containerOf(schema, [[recordOf({ id: 100, mjd: secondsAfter(0) })]]) },
        { name: 'b.avro', bytes: containerOf(alertSchemaOf(10), [[older]]) },
      ]),
    );
    const path = fileOf('registered.tar.gz', mixed);
    for (const mostHeldBytes of [undefined, 0]) {
      const held = mostHeldBytes === undefined ? {} : { mostHeldBytes };
      const { source } = await sourceFacts({ names: [path], reading: {}, ...held });
      if (source.kind !== 'files' && source.kind !== 'sorted') throw new Error(source.kind);
      expect(source.framed.map(({ ownId }) => ownId).sort()).toEqual([1000, 1100]);
      const newer = source.framed.find(({ ownId }) => ownId === 1100)?.text ?? '';
      const sent = await sentOf(source, { schemaIds: [[newer, 20_001]] });
      expect(sent.map(({ value }) => value.readUInt32BE(1))).toEqual([1000, 20_001]);
      const forced = await sentOf(source, { schemaIds: [[newer, 20_001]], schemaId: 7 });
      expect(forced.map(({ value }) => value.readUInt32BE(1))).toEqual([7, 7]);
    }
    const container = fileOf('one.avro', containerOf(schema, [[recordOf({ id: 1, mjd: secondsAfter(0) })]]));
    const { source } = await alertFacts({
      alerts: { kind: 'file', files: [container], reading: { keepOrder: false, skipInvalid: false } },
      kafka: { bootstrap: '', client: {}, jmx: 'none' },
    });
    expect(source.kind).toBe('file');
    const [schemaOfFile] = await framedSchemas(source);
    expect(schemaOfFile?.ownId).toBe(1100);
    const [only] = await sentOf(source, { schemaIds: [[schemaOfFile?.text ?? '', 20_002]] });
    expect(only?.value.readUInt32BE(1)).toBe(20_002);
  });

  it('of a plain container goes the short way, unless it is out of order', async () => {
    const reading = { keepOrder: false, skipInvalid: false };
    const kafka = { bootstrap: '', client: {}, jmx: 'none' };
    const kindOf = async (path: string): Promise<string> =>
      (await alertFacts({ alerts: { kind: 'file', files: [path], reading }, kafka })).source.kind;

    const sorted = [...shuffled].sort((a, b) => a.mjd - b.mjd).map(recordOf);
    const plain = containerOf(schema, [sorted]);
    expect(await kindOf(fileOf('plain.avro', plain))).toBe('file');
    expect(await kindOf(fileOf('shuffled.avro', containerOf(schema, [shuffled.map(recordOf)])))).toBe(
      'files',
    );
    expect(await kindOf(fileOf('joined.avro', Buffer.concat([plain, plain])))).toBe('files');
  });

  it('is read from folders, patterns and standard input', async () => {
    const night = join(folder, 'night', 'deep');
    mkdirSync(night, { recursive: true });
    for (const alert of shuffled)
      writeFileSync(join(night, `${alert.id}.avro`), containerOf(schema, [[recordOf(alert)]]));
    for (const names of [[join(folder, 'night')], [join(folder, 'night', '**', '*.avro')]]) {
      const { source } = await sourceFacts({ names, reading: {} });
      expect((await sentOf(source)).map(({ value }) => value)).toEqual(inOrder);
    }
    const { source } = await sourceFacts({
      names: ['-'],
      reading: {},
      stdin: () => Readable.from([tarball]),
    });
    expect((await sentOf(source)).map(({ value }) => value)).toEqual(inOrder);
  });

  it('names standard input where that is at fault', async () => {
    const stdin = (): Readable => Readable.from([tarball.subarray(0, 40)]);
    await expect(sourceFacts({ names: ['-'], reading: {}, stdin })).rejects.toThrow(
      /^standard input: its gzip/,
    );
  });

  it.each([
    ['nothing/*.avro', 'no file fits this pattern'],
    ['nowhere', 'no such file or folder'],
    ['/dev/null', 'it is a device or a socket'],
  ])('of %s is an error', async (name, message) => {
    await expect(facts(join(name.startsWith('/') ? '' : folder, name))).rejects.toThrow(message);
  });
});

describe('the framing', () => {
  const ztf = surveySchemas.find(({ survey }) => survey === 'ZTF') ?? surveySchemas[0];
  if (ztf === undefined) throw new Error('no ZTF');
  const record = avsc.Type.forSchema(ztf.schema).toBuffer(ztf.value);
  const container = containerOf(ztf.schema, [[record]]);

  it.each<readonly [string, string | undefined, Buffer]>([
    ["is that of ZTF's stream by default: the container as it came", undefined, container],
    ['container is the container as it came', 'container', container],
    ['raw is the record', 'raw', record],
    [
      'confluent is the record in a frame, with id 1 where the schema has no version',
      'confluent',
      frameAlert(1, record),
    ],
    ['as-is is what came', 'as-is', container],
  ])('%s', async (what, framing, value) => {
    const { source } = await facts(fileOf(`ztf-${what.slice(0, 4)}`, container), {
      framing: framing as 'raw' | undefined,
    });
    expect(await sentOf(source)).toMatchObject([{ value }]);
  });

  it('container makes containers of alerts that came with others', async () => {
    const { source } = await facts(fileOf('two.avro', containerOf(ztf.schema, [[record, record]])));
    const [first, second] = await sentOf(source);
    expect(first?.value).toEqual(second?.value);
    const { source: again } = await facts(fileOf('made.avro', first?.value ?? Buffer.alloc(0)), {
      framing: 'raw',
    });
    expect(await sentOf(again)).toMatchObject([{ value: record }]);
  });

  it('as-is is an error for alerts that came with others', async () => {
    const path = fileOf('two-again.avro', containerOf(ztf.schema, [[record, record]]));
    await expect(facts(path, { framing: 'as-is' })).rejects.toThrow(
      /two-again\.avro: it is a container of several alerts, .* choose the framing confluent, container or raw/,
    );
  });

  it("keeps a framed file's own schema id", async () => {
    const text = join(folder, 'own.avsc');
    writeFileSync(text, JSON.stringify(schema));
    const value = frameAlert(4321, recordOf({ id: 1, mjd: secondsAfter(0) }));
    const { source } = await facts(fileOf('framed', value), { schema: text });
    expect(await sentOf(source)).toMatchObject([{ value }]);
  });

  it('container cannot be rewritten', async () => {
    const { source } = await facts(fileOf('ztf-rewrite', container));
    await expect(sentOf(source, { notePlaces: true })).rejects.toThrow(
      /framing container cannot be rewritten/,
    );
  });
});
