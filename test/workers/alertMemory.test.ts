import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeaders, producedRow } from '../../src/kafka/rows.js';
import type { StoredMessage } from '../../src/kafka/topicReader.js';
import { AlertMemory } from '../../src/workers/alertMemory.js';
import { decodeHeaders } from '../kafka/decodeHeaders.js';

type Alert = Pick<StoredMessage, 'value' | 'key' | 'headers'>;

const someBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const alerts: fc.Arbitrary<Alert> = fc.record({
  value: someBytes,
  key: fc.option(someBytes),
  headers: fc.array(
    fc
      .record({ name: fc.string({ minLength: 1, maxLength: 5 }), bytes: someBytes })
      .map(({ name, bytes }) => ({ [name]: bytes })),
    { maxLength: 3 },
  ),
});

/** The alert that a row points at. */
function alertAt(memory: AlertMemory, rows: Float64Array, row: number): Alert {
  const field = (name: keyof typeof producedRow): number =>
    rows[row * producedRow.fields + producedRow[name]] ?? NaN;
  const slice = (at: number, length: number): Buffer => Buffer.from(memory.bytes.subarray(at, at + length));
  return {
    value: field('valueBytes') < 0 ? null : slice(field('valueAt'), field('valueBytes')),
    key: field('keyBytes') < 0 ? null : slice(field('keyAt'), field('keyBytes')),
    headers: decodeHeaders(slice(field('headersAt'), field('headersBytes'))),
  };
}

function stored(alert: Alert): StoredMessage {
  return { partition: 0, offset: 0, timestampMs: 0, ...alert };
}

function sizeOf({ value, key, headers }: Alert): number {
  return (value?.length ?? 0) + (key?.length ?? 0) + encodeHeaders(headers).length;
}

describe('AlertMemory', () => {
  it('gives back each alert that it kept, value, key and headers, while others pass through', () => {
    fc.assert(
      fc.property(fc.array(alerts, { minLength: 1, maxLength: 10 }), alerts, (kept, passing) => {
        const memory = new AlertMemory(4000, 100);
        for (const alert of kept) expect(memory.keep(alert)).toBe(true);
        expect(memory.count).toBe(kept.length);
        expect(memory.usedBytes).toBe(kept.reduce((sum, alert) => sum + sizeOf(alert), 0));
        const rows = new Float64Array((kept.length + 1) * producedRow.fields);
        expect(memory.pass(stored(passing), rows, kept.length)).toBe(passing.value?.length);
        kept.forEach((alert, index) => {
          expect(memory.point(index, rows, index)).toBe(alert.value?.length);
        });
        kept.forEach((alert, index) => {
          expect(alertAt(memory, rows, index)).toEqual(alert);
        });
        expect(alertAt(memory, rows, kept.length)).toEqual(passing);
      }),
    );
  });

  it('writes nothing but where the alert lies: the other numbers of a row are its sender’s', () => {
    const memory = new AlertMemory(100, 100);
    memory.keep({ value: Buffer.from('alert'), key: null, headers: [] });
    const rows = new Float64Array(2 * producedRow.fields).fill(77);
    memory.point(0, rows, 1);
    const written = [...rows].flatMap((value, at) => (value === 77 ? [] : [at - producedRow.fields]));
    const { partition, valueAt, valueBytes, keyAt, keyBytes, headersAt, headersBytes } = producedRow;
    expect(written).toEqual([partition, valueAt, valueBytes, keyAt, keyBytes, headersAt, headersBytes]);
  });

  it('tells an empty value from none, a tombstone', () => {
    const memory = new AlertMemory(100, 100);
    const rows = new Float64Array(3 * producedRow.fields);
    const tombstone = { value: null, key: Buffer.from('id'), headers: [] };
    memory.keep({ value: Buffer.alloc(0), key: null, headers: [] });
    memory.keep(tombstone);
    expect([memory.point(0, rows, 0), memory.point(1, rows, 1)]).toEqual([0, 0]);
    memory.pass(stored(tombstone), rows, 2);
    expect([0, 1, 2].map((row) => alertAt(memory, rows, row).value)).toEqual([Buffer.alloc(0), null, null]);
    expect(alertAt(memory, rows, 1)).toEqual(tombstone);
  });

  it('tells an empty key from none', () => {
    const memory = new AlertMemory(100, 100);
    const rows = new Float64Array(2 * producedRow.fields);
    memory.keep({ value: Buffer.from('a'), key: Buffer.alloc(0), headers: [] });
    memory.keep({ value: Buffer.from('b'), key: null, headers: [] });
    memory.point(0, rows, 0);
    memory.point(1, rows, 1);
    expect([alertAt(memory, rows, 0).key, alertAt(memory, rows, 1).key]).toEqual([Buffer.alloc(0), null]);
  });

  it('keeps alerts up to its last byte, and says when there is no room', () => {
    const memory = new AlertMemory(10, 100);
    const alert = (bytes: number): Alert => ({ value: Buffer.alloc(bytes, 1), key: null, headers: [] });
    expect([
      memory.keep(alert(6)),
      memory.keep(alert(5)),
      memory.keep(alert(4)),
      memory.keep(alert(1)),
    ]).toEqual([true, false, true, false]);
    expect([memory.count, memory.usedBytes]).toEqual([2, 10]);
  });

  it('lets the largest message with headers pass, and refuses one that it would have to cut off', () => {
    const memory = new AlertMemory(10, 1000);
    const rows = new Float64Array(producedRow.fields);
    const largest = { value: Buffer.alloc(1000, 7), key: null, headers: [{ h: Buffer.alloc(65_000, 9) }] };
    memory.pass(stored(largest), rows, 0);
    expect(alertAt(memory, rows, 0)).toEqual(largest);
    const tooLarge = { value: Buffer.alloc(1000 + 64 * 1024 + 1), key: null, headers: [] };
    expect(() => memory.pass(stored(tooLarge), rows, 0)).toThrow(
      'an alert of the reservoir takes 66537 bytes with its key and headers, but at most 66536 can be sent',
    );
  });
});
