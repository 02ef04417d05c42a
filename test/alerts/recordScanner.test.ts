import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { RecordFault } from '../../src/alerts/recordBytes.js';
import { compileScanner, type Landmark } from '../../src/alerts/recordScanner.js';
import { encodeLong } from '../../src/alerts/varint.js';
import { anyType } from './support/anyAvro.js';

function scannerOf(
  schema: avsc.Schema,
  landmarks: readonly Landmark[] = [],
): ReturnType<typeof compileScanner> {
  return compileScanner(parseAvroSchema(JSON.stringify(schema), 'a test'), landmarks);
}

/** A schema, a value of it, and the bytes that avsc, an implementation that is not ours, makes of them. */
const encoded = anyType(3).chain(({ schema, values }) => {
  const type = avsc.Type.forSchema(schema, { wrapUnions: 'always' });
  return values.map((value) => ({ schema, bytes: type.toBuffer(value) }));
});

describe('compileScanner', () => {
  it('finds the end of every value that another implementation wrote', () => {
    fc.assert(
      fc.property(encoded, fc.uint8Array({ maxLength: 5 }), ({ schema, bytes }, after) => {
        const scanner = scannerOf(schema);
        expect(scanner.scan(Buffer.concat([bytes, after]), 0)).toBe(bytes.length);
        expect(scanner.scan(Buffer.concat([after, bytes]), after.length)).toBe(after.length + bytes.length);
      }),
      { numRuns: 500 },
    );
  });

  it('never reads past the end of a value that is cut off', () => {
    fc.assert(
      fc.property(encoded, fc.nat(), ({ schema, bytes }, cut) => {
        fc.pre(bytes.length > 0);
        expect(() => scannerOf(schema).scan(bytes.subarray(0, cut % bytes.length), 0)).toThrow(RecordFault);
      }),
      { numRuns: 300 },
    );
  });

  it('ends with an end or a fault, whatever the bytes are', () => {
    fc.assert(
      fc.property(anyType(3), fc.uint8Array({ maxLength: 60 }), ({ schema }, bytes) => {
        const scanner = scannerOf(schema);
        try {
          const end = scanner.scan(bytes, 0);
          expect(end).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(bytes.length);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(RecordFault);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('follows a recursive type', () => {
    const schema: avsc.Schema = {
      type: 'record',
      name: 'tree',
      namespace: 'test',
      fields: [
        { name: 'value', type: 'int' },
        { name: 'next', type: ['null', 'tree'] },
        { name: 'children', type: { type: 'array', items: 'test.tree' } },
      ],
    };
    const leaf = { value: 300, next: null, children: [] };
    const inner = { value: -5, next: { 'test.tree': leaf }, children: [leaf, leaf] };
    const value = { value: 1, next: { 'test.tree': inner }, children: [inner, leaf, inner] };
    const bytes = avsc.Type.forSchema(schema, { wrapUnions: 'always' }).toBuffer(value);
    expect(scannerOf(schema).scan(bytes, 0)).toBe(bytes.length);
  });

  it('takes damaged bytes that nest without end for a fault', () => {
    const schema: avsc.Schema = {
      type: 'record',
      name: 'list',
      fields: [
        { name: 'next', type: ['null', 'list'] },
        { name: 'text', type: 'string' },
      ],
    };
    expect(() => scannerOf(schema).scan(Buffer.alloc(1_000_000, 2), 0)).toThrow('nested too deeply');
  });

  it('goes through long rows of optional values of one kind', () => {
    const fields = Array.from({ length: 200 }, (_, index) => ({
      name: `field${index}`,
      type: ['null', index < 100 ? 'float' : 'string'] as avsc.Schema,
    }));
    const schema: avsc.Schema = { type: 'record', name: 'row', fields };
    const value = Object.fromEntries(
      fields.map(({ name }, index) => [
        name,
        index % 3 === 0 ? null : index < 100 ? index : 'x'.repeat(index),
      ]),
    );
    const bytes = avsc.Type.forSchema(schema).toBuffer(value);
    expect(scannerOf(schema).scan(bytes, 0)).toBe(bytes.length);
    const damaged = Buffer.from(bytes);
    damaged[1] = 1;
    expect(() => scannerOf(schema).scan(damaged, 0)).toThrow('chooses a type that its union does not have');
  });

  it('skips blocks of arrays and maps by their size in bytes', () => {
    const items = Buffer.concat([encodeLong(3), Buffer.from('abc'), encodeLong(0)]);
    const sized = Buffer.concat([encodeLong(-2), encodeLong(items.length), items, encodeLong(0)]);
    const landmark: Landmark = { path: [], note: 'itemCount' };
    const scanner = scannerOf({ type: 'array', items: 'string' }, [landmark]);
    expect(scanner.scan(sized, 0)).toBe(sized.length);
    expect(scanner.noted).toEqual([2]);
    expect(scannerOf({ type: 'map', values: 'null' }).scan(sized, 0)).toBe(sized.length);
  });

  it('does not count through items that have no bytes', () => {
    const bytes = Buffer.concat([encodeLong(2 ** 50), encodeLong(0)]);
    expect(scannerOf({ type: 'array', items: 'null' }).scan(bytes, 0)).toBe(bytes.length);
  });

  it('notes where values begin, through unions, and how many items an array has', () => {
    const inner: avsc.Schema = {
      type: 'record',
      name: 'inner',
      fields: [
        { name: 'before', type: ['null', 'float'] },
        { name: 'time', type: ['null', 'double'] },
      ],
    };
    const schema: avsc.Schema = {
      type: 'record',
      name: 'outer',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'inner', type: ['null', inner] },
        { name: 'history', type: ['null', { type: 'array', items: 'inner' }] },
      ],
    };
    const scanner = scannerOf(schema, [
      { path: ['inner', 'time'], note: 'position' },
      { path: ['id'], note: 'position' },
      { path: ['history'], note: 'itemCount' },
      { path: ['inner', 'missing'], note: 'position' },
    ]);
    const type = avsc.Type.forSchema(schema);
    const other = { before: 1, time: 2 };
    const bytes = type.toBuffer({
      id: 300,
      inner: { before: null, time: 60000.25 },
      history: [other, other],
    });
    expect(scanner.scan(bytes, 0)).toBe(bytes.length);
    const [timeAt, idAt, items, missing] = scanner.noted;
    expect(bytes.readDoubleLE(timeAt)).toBe(60000.25);
    expect([idAt, items, missing]).toEqual([0, 2, -1]);
    scanner.scan(type.toBuffer({ id: 1, inner: null, history: null }), 0);
    expect(scanner.noted).toEqual([-1, 0, -1, -1]);
  });
});
