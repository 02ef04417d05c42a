import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { cutoutStripper } from '../../src/alerts/tools/stripCutouts.js';

const image = { type: 'record', name: 'cutout', fields: [
  { name: 'fileName', type: 'string' },
  { name: 'stampData', type: 'bytes' },
] }; // prettier-ignore

const record = (fields: Readonly<Record<string, unknown>>): avsc.Schema =>
  ({
    type: 'record',
    name: 'alert',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
  }) as avsc.Schema;

const bytes = Buffer.from('FITS '.repeat(1000));
const withImage = { fileName: 'a.fits.gz', stampData: bytes };

describe('an alert without its cutouts', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, object, object]>([
    [
      "as Rubin's: null",
      { id: 'long', cutoutScience: ['null', 'bytes'], ssSource: ['null', 'double'] },
      { id: 5, cutoutScience: bytes, ssSource: 1.5 },
      { id: 5, cutoutScience: null, ssSource: 1.5 },
    ],
    [
      "as ZTF's: null, also where null comes last",
      { cutoutScience: ['null', image], cutoutTemplate: ['cutout', 'null'], end: 'string' },
      { cutoutScience: withImage, cutoutTemplate: withImage, end: 'x' },
      { cutoutScience: null, cutoutTemplate: null, end: 'x' },
    ],
    [
      "as WINTER's, which have no null: empty",
      { cutout_science: 'bytes', cutout_template: 'bytes', id: 'long' },
      { cutout_science: bytes, cutout_template: Buffer.alloc(0), id: 5 },
      { cutout_science: Buffer.alloc(0), cutout_template: Buffer.alloc(0), id: 5 },
    ],
    [
      'a record without a null: its name stays',
      { cutout: image, thumbnail: 'bytes' },
      { cutout: withImage, thumbnail: bytes },
      { cutout: { fileName: 'a.fits.gz', stampData: Buffer.alloc(0) }, thumbnail: bytes },
    ],
  ])('is %s', (_what, fields, before, after) => {
    const schema = record(fields);
    const type = avsc.Type.forSchema(schema, { wrapUnions: false });
    const strip = cutoutStripper(parseAvroSchema(JSON.stringify(schema), 'here'), 'here');
    expect(strip(type.toBuffer(before))).toEqual(type.toBuffer(after));
    // Of one that is light already nothing changes.
    expect(strip(type.toBuffer(after))).toEqual(type.toBuffer(after));
  });

  it('is not to be had where the schema has none', () => {
    const schema = parseAvroSchema(JSON.stringify(record({ id: 'long' })), 'here');
    expect(() => cutoutStripper(schema, 'FILE')).toThrow('FILE: its alerts have no cutouts');
  });
});
