import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeaders } from '../../src/kafka/rows.js';
import { decodeHeaders } from './decodeHeaders.js';

const anyBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const header = fc.tuple(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.oneof(anyBytes, fc.string({ unit: 'binary' })),
);

describe('headers of a row', () => {
  it('come back as they were: any names, in order, with any bytes, also none at all', () => {
    fc.assert(
      fc.property(fc.array(header, { maxLength: 8 }), (headers) => {
        const decoded = decodeHeaders(encodeHeaders(headers.map(([name, value]) => ({ [name]: value }))));
        expect(decoded.map((one) => Object.entries(one))).toEqual(
          headers.map(([name, value]) => [[name, Buffer.from(value as string)]]),
        );
      }),
    );
  });

  it.each<[string, Parameters<typeof encodeHeaders>[0], string]>([
    ['no headers at all', [], ''],
    [
      'name and value, each behind its length',
      [{ ab: Buffer.from([1, 2, 3]) }],
      '02000000 6162 03000000 010203',
    ],
    ['an empty value', [{ a: Buffer.alloc(0) }], '01000000 61 00000000'],
    ['no value, which is not an empty one', [{ a: null }], '01000000 61 ffffffff'],
    ['an empty name', [{ '': 'x' }], '00000000 01000000 78'],
    ['a text as UTF-8', [{ é: 'µ' }], '02000000 c3a9 02000000 c2b5'],
    ['the same name twice', [{ a: 'x' }, { a: 'y' }], '01000000 61 01000000 78 01000000 61 01000000 79'],
    ['several headers in one object', [{ a: 'x', b: null }], '01000000 61 01000000 78 01000000 62 ffffffff'],
  ])('are encoded: %s', (_, headers, hex) => {
    expect(encodeHeaders(headers).toString('hex')).toBe(hex.replaceAll(' ', ''));
  });

  it('without a value come out with an empty one, and the next header is found', () => {
    expect(decodeHeaders(encodeHeaders([{ a: null }, { b: 'x' }]))).toEqual([
      { a: Buffer.alloc(0) },
      { b: Buffer.from('x') },
    ]);
  });
});
