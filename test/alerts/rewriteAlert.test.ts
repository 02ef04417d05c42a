import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlaceFinder, formatPlaces, parsePlaces } from '../../src/alerts/alertPlaces.js';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import {
  idStride,
  mostRewrittenBytes,
  rewriteAlert,
  shiftOfPass,
  type AlertShift,
} from '../../src/alerts/rewriteAlert.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { syntheticSchemaText } from '../../src/alerts/synthetic/schemaText.js';
import { frameAlert, unframeAlert } from '../../src/alerts/wireFormat.js';
import { alertSchemaOf, alertValue } from './support/alertFiles.js';
import { alertType, decode, long } from './synthetic/decoding.js';

const finderOf = (schema: unknown): ReturnType<typeof createPlaceFinder> =>
  createPlaceFinder(parseAvroSchema(JSON.stringify(schema), 'a.avro'), 'a.avro');

/** Finds the places, takes them through their header's text, and rewrites. */
function rewritten(avro: Buffer, find: ReturnType<typeof createPlaceFinder>, shift: AlertShift): Buffer {
  const value = frameAlert(1100, avro);
  const before = Buffer.from(value);
  const places = parsePlaces(formatPlaces(find(avro))) ?? [];
  const into = Buffer.alloc(mostRewrittenBytes(value, places), 0xee);
  const result = unframeAlert(rewriteAlert(value, places, shift, into));
  expect(value.equals(before)).toBe(true);
  expect(result?.schemaId).toBe(1100);
  return result?.avro ?? Buffer.alloc(0);
}

const largestId = 2n ** 62n - 1n;
const anyId = fc.oneof(fc.bigInt(-(2n ** 63n), largestId), fc.bigInt(-200n, 200n), fc.constant(largestId));
const anyShift = fc
  .tuple(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  )
  .chain(([passes, part]) =>
    fc
      .integer({ min: 1_000_000, max: 86_400_000_000 })
      .map((lengthUs) => shiftOfPass(Math.floor(part * passes), passes, lengthUs)),
  );

describe('rewriteAlert', () => {
  it.each([3, 4, 5, 7, 8, 11])(
    'changes the alert’s own ids and time and no other byte in version %d, with ids exact to 64 bits',
    (major) => {
      const schema = alertSchemaOf(major);
      const type = avsc.Type.forSchema(schema, { registry: { long } });
      const find = finderOf(schema);
      const [idName, timeName, visitName] = [
        major < 8 ? 'alertId' : 'diaSourceId',
        major < 5 ? 'midPointTai' : 'midpointMjdTai',
        major < 6 ? 'ccdVisitId' : 'visit',
      ];
      const history = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
      const mjd = fc.double({ min: 50_000, max: 70_000, noNaN: true });
      fc.assert(
        fc.property(anyId, anyId, history, mjd, anyShift, (id, sourceId, length, time, shift) => {
          const small = alertValue(major, { id: 7, mjd: time }) as Record<string, unknown>;
          const source = { ...(small.diaSource as Record<string, unknown>), [visitName]: id };
          const value = {
            ...small,
            [idName]: id,
            diaSource: { ...source, diaSourceId: sourceId },
            prvDiaSources: length === undefined ? null : Array(length).fill({ ...source, diaSourceId: id }),
          };
          const expected = {
            ...value,
            [idName]: id + shift.ids,
            diaSource: { ...source, diaSourceId: sourceId + shift.ids, [timeName]: time + shift.days },
          };
          const after = rewritten(type.toBuffer(value), find, shift);
          expect(type.fromBuffer(after)).toEqual(type.fromBuffer(type.toBuffer(expected)));
          expect(after.equals(type.toBuffer(expected))).toBe(true);
        }),
      );
    },
  );

  it('keeps synthetic alerts whole, those of solar-system bodies among them', () => {
    const maker = createAlertMaker({ visits: 2, alertsPerVisit: 40, meanBytes: 8000, cutouts: false });
    const find = finderOf(JSON.parse(syntheticSchemaText()));
    const indexes = Array.from({ length: maker.count }, (_, index) => index);
    expect(indexes.some((index) => decode(maker.alertAt(index).bytes).ssSource !== null)).toBe(true);
    fc.assert(
      fc.property(fc.constantFrom(...indexes), anyShift, (index, shift) => {
        const avro = Buffer.from(maker.alertAt(index).bytes);
        const before = decode(avro);
        const after = rewritten(avro, find, shift);
        const { ids, days } = shift;
        const id = before.diaSourceId + ids;
        const { diaSource, ssSource } = before;
        const expected = {
          ...before,
          diaSourceId: id,
          diaSource: { ...diaSource, diaSourceId: id, midpointMjdTai: diaSource.midpointMjdTai + days },
          ssSource: ssSource === null ? null : { ...ssSource, diaSourceId: id },
        };
        expect(decode(after).diaSource.diaSourceId).toBe(id);
        expect(after.equals(alertType.toBuffer(expected))).toBe(true);
      }),
    );
  });

  it('gives the same bytes for a shift of nothing', () => {
    const type = avsc.Type.forSchema(alertSchemaOf(7));
    const avro = type.toBuffer(alertValue(7, { id: 123_456, mjd: 60_000.5, history: 2 }));
    expect(rewritten(avro, finderOf(alertSchemaOf(7)), { ids: 0n, days: 0 }).equals(avro)).toBe(true);
  });

  it.each([
    ['an id of 2^62', Buffer.from('80808080808080808001', 'hex'), '0:id', 'has the id 4611686018427387904'],
    ['an id without an end', Buffer.from([0x80, 0x80]), '0:id', 'needs more bytes than there are'],
    ['a time beyond the end', Buffer.alloc(12), '5:time', 'needs more bytes than there are'],
    ['places in each other', Buffer.alloc(12), '0:time,4:id', 'has places that lie in each other'],
  ])('refuses %s', (_what, value, text, message) => {
    const places = parsePlaces(text) ?? [];
    const into = Buffer.alloc(mostRewrittenBytes(value, places));
    expect(() => rewriteAlert(value, places, { ids: 1n, days: 1 }, into)).toThrow(message);
  });
});

describe('the ids of passes', () => {
  it.each([
    [1, 62n],
    [2, 61n],
    [3, 60n],
    [4, 60n],
    [16, 58n],
    [17, 57n],
    [1_000_000, 42n],
  ])('lie, with %d passes, 2^k apart', (passes, k) => {
    expect(idStride(passes)).toBe(2n ** k);
  });

  it('stay within 63 bits, and differ wherever the ids of one pass lie less than a stride apart', () => {
    const passes = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(
        passes,
        fc.nat(),
        fc.nat(),
        fc.bigInt(0n, largestId),
        fc.bigInt(0n, largestId),
        (of, a, b, id, apart) => {
          const [one, other] = [shiftOfPass(a % of, of, 1e6), shiftOfPass(b % of, of, 1e6)];
          expect(largestId + one.ids).toBeLessThan(2n ** 63n);
          const near = id + (apart % idStride(of));
          const same = a % of === b % of && near === id;
          expect(id + one.ids === near + other.ids).toBe(same);
        },
      ),
    );
  });
});

describe('the places of an alert', () => {
  it('leave out what is null in it, and come in ascending order', () => {
    const source = {
      type: 'record',
      name: 'diaSource',
      fields: [
        { name: 'midpointMjdTai', type: 'double' },
        { name: 'diaSourceId', type: ['null', 'long'] },
      ],
    };
    const schema = { type: 'record', name: 'alert', fields: [{ name: 'diaSource', type: source }] };
    const type = avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'always' });
    const find = finderOf(schema);
    const placesOf = (diaSourceId: unknown): string =>
      formatPlaces(find(type.toBuffer({ diaSource: { midpointMjdTai: 1, diaSourceId } })));
    expect(placesOf({ long: 5 })).toBe('5:time,14:id');
    expect(placesOf(null)).toBe('5:time');
  });

  it('are refused where an id has not 64 bits', () => {
    const schema = JSON.parse(JSON.stringify(alertSchemaOf(7)).replace('"long"', '"int"')) as unknown;
    expect(() => finderOf(schema)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT_FILE',
        message: expect.stringContaining('a.avro: its alertId is of type int') as string,
      }) as Error,
    );
  });

  it.each(['', '5', '5:ids', 'id:5', '5:id,', '9:id,5:time', '5:id,5:time', '-1:id', '5:id 9:time'])(
    'are not read from %j',
    (text) => {
      expect(parsePlaces(text)).toBeUndefined();
    },
  );
});
