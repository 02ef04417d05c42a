import { describe, expect, it } from 'vitest';
import { canonicalSchema, parseAvroSchema } from '../../src/alerts/avroSchema.js';

const parse = (schema: unknown): ReturnType<typeof parseAvroSchema> =>
  parseAvroSchema(JSON.stringify(schema), 'a.avro');

describe('parseAvroSchema', () => {
  it('resolves names within their namespace, and full names from anywhere', () => {
    const schema = parse({
      type: 'record',
      name: 'alert',
      namespace: 'lsst.v7_1',
      fields: [
        { name: 'one', type: { type: 'fixed', name: 'hash', size: 4 } },
        { name: 'two', type: 'hash' },
        {
          name: 'three',
          type: { type: 'record', name: 'other.inner', fields: [{ name: 'x', type: 'lsst.v7_1.hash' }] },
        },
      ],
    });
    expect(canonicalSchema(schema)).toContain('{"name":"two","type":"lsst.v7_1.hash"}');
    expect(schema).toMatchObject({ kind: 'record', name: 'lsst.v7_1.alert' });
  });

  it('takes types that are declared again where they are used again, as the same', () => {
    const cutout = {
      type: 'record',
      name: 'cutout',
      fields: [
        { name: 'hash', type: { type: 'fixed', name: 'hash', size: 4, doc: 'Words.' } },
        { name: 'next', type: ['null', 'cutout'] },
      ],
    };
    const alert = (second: unknown): unknown => ({
      type: 'record',
      name: 'ztf.alert',
      fields: [
        { name: 'science', type: cutout },
        { name: 'template', type: ['null', second] },
      ],
    });
    expect(canonicalSchema(parse(alert(cutout)))).toBe(canonicalSchema(parse(alert('cutout'))));
  });

  it.each([
    ['{', 'JSON'],
    ['null', 'is not a type'],
    ['"nonsense"', 'not declared'],
    ['{"type":"record","name":"a"}', 'has no list of fields'],
    ['{"type":"record","fields":[]}', 'has no name'],
    ['{"type":"record","name":"a","fields":[{}]}', 'a field of the record a has no name'],
    ['{"type":"record","name":"a","fields":[{"name":"x"}]}', 'is not a type'],
    ['{"type":"fixed","name":"a","size":-1}', 'no valid size'],
    ['{"type":"enum","name":"a"}', 'has no symbols'],
    ['[{"type":"fixed","name":"a","size":1},{"type":"fixed","name":"a","size":2}]', 'declared twice'],
    [
      '[{"type":"record","name":"a","fields":[]},{"type":"record","name":"a","fields":[{"name":"x","type":"int"}]}]',
      'declared twice',
    ],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nested too deeply'],
    ['', 'JSON'],
  ])('refuses a schema that is wrong (%#)', (text, why) => {
    expect(() => parseAvroSchema(text, 'a.avro')).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT_FILE',
        message: expect.stringContaining(why) as string,
      }) as Error,
    );
  });
});

describe('canonicalSchema', () => {
  const base = { type: 'record', name: 'n.a', fields: [{ name: 'x', type: ['null', 'int'] }] };
  it.each([
    ['documentation', { ...base, doc: 'Words.' }],
    ['defaults', { ...base, fields: [{ name: 'x', type: ['null', 'int'], default: null }] }],
    ['way to write a name', { ...base, name: 'a', namespace: 'n' }],
  ])('is the same with another %s', (_what, other) => {
    expect(canonicalSchema(parse(other))).toBe(canonicalSchema(parse(base)));
  });

  it.each([
    ['name', { ...base, name: 'n.b' }],
    ['field name', { ...base, fields: [{ name: 'y', type: ['null', 'int'] }] }],
    ['order of a union', { ...base, fields: [{ name: 'x', type: ['int', 'null'] }] }],
    ['type', { ...base, fields: [{ name: 'x', type: ['null', 'long'] }] }],
  ])('differs with another %s', (_what, other) => {
    expect(canonicalSchema(parse(other))).not.toBe(canonicalSchema(parse(base)));
  });
});
