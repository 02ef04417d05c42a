import { expect, it } from 'vitest';
import { rubinSchema } from '../../src/alerts/rubinSchemas.js';
import { bytesForm, readingFault } from '../../src/registry/avroText.js';
import { builtInSchemas } from '../../src/registry/builtInSchemas.js';
import { SchemaStore } from '../../src/registry/schemaStore.js';

const record = (name: string): string => JSON.stringify({ type: 'record', name, fields: [] });

function withBuiltIn(store: SchemaStore): SchemaStore {
  for (const schema of builtInSchemas()) store.give(schema);
  return store;
}

it('what was registered, deleted or set outlives a restart; what comes along is not kept', () => {
  const store = withBuiltIn(new SchemaStore());
  expect(store.saved()).toEqual({ nextId: 20_001, schemas: [], versions: [], compatibility: {}, modes: {} });
  store.register('a-value', record('A'));
  store.register('b-value', record('B'));
  store.register('rubin-value', rubinSchema(1100)?.text ?? '');
  store.deleteSubject('b-value', false);
  store.setCompatibility('FULL', 'a-value');
  store.setMode('READONLY');
  const again = withBuiltIn(new SchemaStore(store.saved()));
  expect(again.all(true)).toEqual(store.all(true));
  expect(again.subjects('only')).toEqual(['b-value']);
  expect(again.compatibility('a-value')).toBe('FULL');
  expect(again.mode()).toBe('READONLY');
  // Not even what came along is missed, where a registered version has it.
  expect(new SchemaStore(store.saved()).schemaOf('rubin-value', 'latest', false).id).toBe(1100);
});

it('an id that a stream was written with keeps its schema when another comes along', () => {
  const store = new SchemaStore();
  store.register('t-value', JSON.stringify({ type: 'record', name: 'lsst.v11_0.alert', fields: [] }));
  const again = withBuiltIn(new SchemaStore(store.saved()));
  expect(again.schema(1100)).toBe(store.schema(1100));
  expect(again.schema(1101)).toBe(rubinSchema(1101)?.text);
});

it('schemas of files without an id get free ones', () => {
  const store = new SchemaStore();
  store.register('t-value', record('A'));
  store.give({ id: undefined, schema: record('B'), versions: [{ subject: 'B', version: 1 }] });
  store.give({ id: undefined, schema: record('A'), versions: [{ subject: 'A', version: 1 }] });
  expect(store.all(false).map(({ subject, id }) => [subject, id])).toEqual([
    ['A', 20_001],
    ['B', 20_002],
    ['t-value', 20_001],
  ]);
});

it('every schema that comes along is valid, and its id is its own', () => {
  const store = withBuiltIn(new SchemaStore());
  for (const { id, schema } of builtInSchemas()) {
    expect(readingFault(schema, schema)).toBeUndefined();
    expect(store.register('again', schema)).toBe(id);
  }
});

it('documentation, defaults and logical types do not change the form by bytes; an order of fields does', () => {
  const a = '{"type":"record","name":"n.A","doc":"d","fields":[{"name":"x","type":"long","default":1}]}';
  const b =
    '{"namespace":"n","name":"A","type":"record","fields":[{"name":"x","type":{"type":"long","logicalType":"timestamp-micros"}}]}';
  expect(bytesForm(a)).toBe(bytesForm(b));
  expect(bytesForm(a)).not.toBe(bytesForm(record('n.A')));
  expect(bytesForm('no schema')).toBe('no schema');
});
