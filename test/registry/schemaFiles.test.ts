import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rubinSchema } from '../../src/alerts/rubinSchemas.js';
import { readSavedStore, storeWriter } from '../../src/registry/savedStore.js';
import { schemasFrom } from '../../src/registry/schemaFiles.js';
import { SchemaStore } from '../../src/registry/schemaStore.js';
import { writeTestContainer, testAlerts } from '../integration/support/containers.js';

let folder: string;
const record = (name: string, fields: readonly unknown[] = []): string =>
  JSON.stringify({ type: 'record', name, fields });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schemas-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}

it("a file's number is its id; Rubin's schemas have Rubin's; others get one later", async () => {
  const paths = [
    await file('1300.json', record('own')),
    await file('any.avsc', record('lsst.v12_1.alert')),
    await file('other.avsc', record('survey.alert')),
  ];
  expect(await schemasFrom(paths)).toEqual([
    { id: 1300, schema: record('own'), versions: [{ subject: 'own', version: 1 }] },
    {
      ...{ id: 1201, schema: record('lsst.v12_1.alert') },
      versions: [
        { subject: 'alert-packet', version: 1201 },
        { subject: 'lsst-alerts-v12-value', version: 1201 },
        { subject: 'lsst-alerts-v12.1-value', version: 1201 },
      ],
    },
    { id: undefined, schema: record('survey.alert'), versions: [{ subject: 'survey.alert', version: 1 }] },
  ]);
});

it('a folder of one file per record, as Rubin publishes them, is one schema', async () => {
  const source = {
    type: 'record',
    namespace: 'lsst.v12_0',
    name: 'diaSource',
    fields: [{ name: 'x', type: 'long' }],
  };
  const alert = record('lsst.v12_0.alert', [
    { name: 'a', type: 'lsst.v12_0.diaSource' },
    { name: 'b', type: ['null', { type: 'array', items: 'lsst.v12_0.diaSource' }], default: null },
  ]);
  await file('parts/lsst.v12_0.diaSource.avsc', JSON.stringify(source));
  await file('parts/lsst.v12_0.alert.avsc', alert);
  const [only, ...more] = await schemasFrom([join(folder, 'parts')]);
  expect(more).toEqual([]);
  expect(only?.id).toBe(1200);
  const fields = [
    { name: 'a', type: source },
    { name: 'b', type: ['null', { type: 'array', items: 'lsst.v12_0.diaSource' }], default: null },
  ];
  expect(JSON.parse(only?.schema ?? '')).toEqual({ type: 'record', name: 'lsst.v12_0.alert', fields });
});

it('a container has its own schema', async () => {
  const path = join(folder, 'alerts.avro');
  await writeTestContainer(path, testAlerts(1, 0.01));
  const [only] = await schemasFrom([path]);
  expect(only?.id).toBeGreaterThanOrEqual(300);
});

it.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  [
    'two schemas for one id',
    { '1300.json': record('a'), '1300.avsc': record('b') },
    /1300\.avsc and .+1300\.json have different schemas for the id 1300/,
  ],
  ['a broken file', { 'a.avsc': '{' }, /a\.avsc is not a schema/],
  ['an invalid schema', { 'a.avsc': '{"type":"nope"}' }, /a\.avsc has no valid Avro schema: .*nope/],
  [
    'a missing type',
    { 'a.avsc': record('a', [{ name: 'x', type: 'b' }]) },
    /a\.avsc has no valid Avro schema: .*b/,
  ],
  ['an empty folder', {}, /has no schemas/],
])('%s is one sentence', async (what, files, message) => {
  const path = join(folder, what);
  await mkdir(path);
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  await expect(schemasFrom([path])).rejects.toMatchObject({
    code: 'BAD_INPUT_FILE',
    message: expect.stringMatching(message) as string,
  });
});

it('the same schema for one id in two files is no fault, and a missing file is one', async () => {
  const text = rubinSchema(1100)?.text ?? '';
  const paths = [await file('same/1100.json', text), await file('same/b.avsc', text)];
  expect((await schemasFrom(paths)).map(({ id }) => id)).toEqual([1100, 1100]);
  await expect(schemasFrom([join(folder, 'missing')])).rejects.toMatchObject({ code: 'BAD_INPUT_FILE' });
});

it('a registry reads what it wrote; a damaged file is one sentence', async () => {
  const path = join(folder, 'new', 'folder', 'schemas.json');
  expect(await readSavedStore(path)).toBeUndefined();
  const store = new SchemaStore();
  const write = storeWriter(path);
  store.register('a-value', record('A'));
  const first = write(store.saved());
  store.register('b-value', record('B'));
  await Promise.all([first, write(store.saved())]);
  expect(await readSavedStore(path)).toEqual(store.saved());
  await writeFile(path, '{"schemas":');
  await expect(readSavedStore(path)).rejects.toMatchObject({
    code: 'BAD_INPUT_FILE',
    message: expect.stringContaining('--data') as string,
  });
});
