import fc from 'fast-check';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { decodeBigLong, longEnd } from '../../src/alerts/varint.js';
import { frameAlert, frameHeadBytes, unframeAlert } from '../../src/alerts/wireFormat.js';

const longType = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
});

describe('the wire format', () => {
  it('is a zero byte, the schema id big-endian, then the record', () => {
    expect(frameAlert(701, Buffer.from('avro')).toString('hex')).toBe('00000002bd6176726f');
  });

  it('gives back schema id and record, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.uint8Array({ maxLength: 200 }),
        (schemaId, avro) => {
          const found = unframeAlert(frameAlert(schemaId, avro));
          expect(found?.schemaId).toBe(schemaId);
          expect(found?.avro).toEqual(Buffer.from(avro));
        },
      ),
    );
  });

  it('keeps all 64 bits of an id', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
        const avro = unframeAlert(frameAlert(1, longType.toBuffer(id)))?.avro ?? Buffer.alloc(0);
        expect(decodeBigLong(avro, 0, longEnd(avro, 0))).toBe(id);
      }),
    );
  });

  it('frames into a buffer that is given', () => {
    const into = Buffer.alloc(100, 0xff);
    const value = frameAlert(1, Buffer.from('ab'), into);
    expect(value.buffer).toBe(into.buffer);
    expect(value.toString('hex')).toBe('00000000016162');
    expect(into[7]).toBe(0xff);
  });

  it.each([-1, 2 ** 32, 1.5, NaN])('refuses the schema id %s', (schemaId) => {
    expect(() => frameAlert(schemaId, Buffer.alloc(1))).toThrow('does not fit into the wire format');
  });

  it.each([
    ['an empty value', Buffer.alloc(0)],
    ['a value shorter than the head', Buffer.alloc(frameHeadBytes - 1)],
    ['a value without the zero byte', Buffer.from('{"id": 1}')],
  ])('takes %s for no framed alert', (_sentence, value) => {
    expect(unframeAlert(value)).toBeUndefined();
  });
});
