import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import avsc from 'avsc';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAvroSchema } from '../../../src/alerts/avroSchema.js';
import { AlertReader, type ReadOptions } from '../../../src/alerts/sources/alertReader.js';
import { frameAlert } from '../../../src/alerts/wireFormat.js';
import { createAlertMaker } from '../../../src/alerts/synthetic/alertMaker.js';
import { alertRecords, alertSchemaOf, someAlerts } from '../support/alertFiles.js';
import { containerOf, tarOf, zipOf, type MadeEntry } from '../support/archives.js';
import { surveySchemas } from '../support/surveyAlerts.js';

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const schema = alertSchemaOf(11);
const records = alertRecords(11, someAlerts(5));
const container = containerOf(schema, [records.slice(0, 2), [], records.slice(2)]);
const oneEach = records.map((record, index) => ({
  name: `night/alert${index}.avro`,
  bytes: containerOf(schema, [[record]]),
}));
/** Records and the container, compressed with the commands of these names. */
const compressed = {
  bzip2: {
    records:
      'QlpoOTFBWSZTWWnNSkAAAF7/Z1XAgMAIAEAAwkQAECAAAAggAEAgdUAAfiAAchlTymgGgADT1MgiVTyIDQAD1PUCsNGrbwpSkhiD' +
      'kzHPBIsUh9puUwMJJJGg3Unfzb1eszBRqdOpp8NlPylz2GDlFLMUIAgwCOX7VIRVZmkoBpdROHdmMiR+LuSKcKEg05qUgA==',
    container:
      'QlpoOTFBWSZTWTSVxpkAAM9/5/XAhcAYBX/wxmaMGr/332oASCAAQCB1UAB+BABAAb12AUQ1QgA0AMgAAABiAAA0ZAHGjJkYRiAY' +
      'TQYBNBoGTJoyZDCAw01NUEwBGTaAEyDBMmBMABMBMajCSQjQmmJ6p6T1QaeoPUAGgGRkDT0gHlPNSaTMeevN2vI972YoBaE0aPY7' +
      'oYQ9JkhiHt1aUignYAAG4aCaaBgNmZY/yLPlpv0kECJE0iZUo3ykqEC76S6ZdCqV4M3K7IRGEICHIYQy6KpIKAoSCiHiSAY+YPB7' +
      'wYZDtUWG0cPMMIL0m/EmyrWudY0rYohxJcYe4PeHIHKHwD4hcJLakdKRXmxOgMDZJeVkp/Ryi0wDQKw4BmwXN3xag2n8ju3ITtNp' +
      '9vvPfINeNOG4I1tEYOH9zkYGtc93yCYIss/rIK7OyGZk4cnDMh71wZBhTmOiGEYwpLRTUZAkrKJZUbKqR1EdN78+25Fo+vBLJETh' +
      '05CdkKZzITVK42QDtl5RJ2+9PN7cLfkcgKFRxVSFaQLs5ZJ7mwqHda9xJWrLB51aplY+a59gK2ZKI5LeprWSM5Q0gWHGYAQjTX2H' +
      'gfn3KlWZG0qAAfnVsBflTwY7/lUt/6sKITzTzE2KzdKRh/xdyRThQkDSVxpk',
  },
  xz: {
    records:
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ADwAF9dAGgD3AXQBwBudlCRZg5XQzeh8o5+y6mnXweRQpx0B9jpszQVTNVDyO9H0i5d' +
      '388w5JANjJ7pBXmCcvO0UIymw6+G9sYIf8FeCaVnwgk7+aYEE92JFVIg4Mv510N7z7ZgAACRHoOmEORGuAABe/EBAAAAVzdYb7HE' +
      'Z/sCAAAAAARZWg==',
    container:
      '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AOWAXNdACeYiUAQHVfFyqNYaAQ6bALxT3tjUeEv0hR8ySUBJjgTx0DAjsLZeqxhFRro' +
      'gf2qD4i/p/GMoHR4BeOdTzBceuXWO2N/cZ9p9FLk9KeHcWV81n6CS1EddYOAImknJ0oYjH1l1C3jyxarAi0mEjMQgvdrUK6U1H6Q' +
      '+F7NB2Z3Bjd7Ol97lmdyOXeDxeQ3jV6APbVN2yhwkRz9HRJvFqkUe6+oriC7onyabkfc93AKRaoZUGlHQkiX+OOkBJnyZ0eBhivp' +
      '72KuuS4En0Qq3UiShWYbhJJGZ7OZwF1G+QY1AnQK8Ms2svRzvj4w1IQxdRho9N+tKfSZfqHC0jjUT3u/oGDxWDmBBDsIjmaouvXw' +
      '8yIURzlTwcmpe2fnsGJa0P+vhDks3JVCBGim11WL+ZpUjrR2J2klqVo0IxaCMAbkyrqglRimJyB2mXVu466gUYFtDtV0xOsRfOCX' +
      'A3WG6YLaMIkiIeRZTzLkXJHiyabo5eTap3rNAAB00cxrKrGaBwABjwOXBwAAmMfLTrHEZ/sCAAAAAARZWg==',
  },
};
const unbase64 = (text: string): Buffer => Buffer.from(text, 'base64');
/** A container with the records in one block. */
const compressedBy = (name: 'bzip2' | 'xz'): Buffer =>
  containerOf(schema, [records], { name, compress: () => unbase64(compressed[name].records) });
const schemaText = JSON.stringify(schema);
const known = { text: schemaText, type: parseAvroSchema(schemaText, 'the schema') };

interface Found {
  readonly place: string;
  readonly number: number;
  readonly avro: Buffer;
  readonly frameId: number | undefined;
  readonly asCame: Buffer | undefined;
}

let files = 0;
async function read(bytes: Buffer | readonly Buffer[], options: ReadOptions = {}): Promise<readonly Found[]> {
  const paths = (Buffer.isBuffer(bytes) ? [bytes] : bytes).map((one) => {
    const path = join(folder, `file${(files += 1)}`);
    writeFileSync(path, one);
    return { path, place: path };
  });
  const found: Found[] = [];
  for await (const { place, number, avro, frameId, asCame } of new AlertReader(options).alertsIn(paths))
    found.push({
      place: place.replace(/^.*?\/file\d+/, 'FILE'),
      number,
      avro: Buffer.from(avro),
      frameId,
      asCame,
    });
  return found;
}

const avroOf = (found: readonly Found[]): readonly Buffer[] => found.map(({ avro }) => avro);
const gzip = (bytes: Buffer): Buffer => zlib.gzipSync(bytes);
const [firstRecord = Buffer.alloc(0)] = records;
const framed = frameAlert(1234, firstRecord);
const [rubinAlert] = [createAlertMaker({ visits: 1, alertsPerVisit: 1 }).alertAt(0).bytes];

describe('alerts', () => {
  it.each<readonly [string, Buffer]>([
    ['a container', container],
    ['a container, compressed with gzip', gzip(container)],
    ['a container, compressed twice', gzip(gzip(container))],
    ['gzip of two members', Buffer.concat([gzip(container.subarray(0, 500)), gzip(container.subarray(500))])],
    ['a container with deflate', containerOf(schema, [records], 'deflate')],
    ['a container with bzip2', compressedBy('bzip2')],
    ['a container with xz', compressedBy('xz')],
    ['a container, compressed with the command bzip2', unbase64(compressed.bzip2.container)],
    ['a container, compressed with the command xz', unbase64(compressed.xz.container)],
    ['a tar of xz', tarOf([{ name: 'a.xz', bytes: unbase64(compressed.xz.container) }])],
    [
      'two containers, put together with cat',
      Buffer.concat([
        containerOf(schema, [records.slice(0, 2)]),
        containerOf(schema, [records.slice(2)], 'deflate'),
      ]),
    ],
    ['a tar of containers', tarOf(oneEach)],
    ['a tar of before POSIX', tarOf(oneEach, 'old')],
    ['a tar with folders', tarOf([{ name: 'night/', bytes: Buffer.alloc(0) }, ...oneEach])],
    ['a tar.gz of containers', gzip(tarOf(oneEach))],
    ['a zip of containers', zipOf(oneEach)],
    ['a zip in a tar', tarOf([{ name: 'a.zip', bytes: zipOf(oneEach) }])],
    ['a tar of tars', tarOf(oneEach.map((entry) => ({ name: 'a.tar', bytes: tarOf([entry]) })))],
    ['a tar of gzip', tarOf(oneEach.map(({ name, bytes }) => ({ name, bytes: gzip(bytes) })))],
    [
      'a tar with a larger container than is held',
      tarOf([
        { name: 'a', bytes: container },
        { name: 'empty', bytes: Buffer.alloc(0) },
      ]),
    ],
  ])('of %s', async (_what, bytes) => {
    expect(avroOf(await read(bytes))).toEqual(records);
  });

  it('of several files, one after the other', async () => {
    expect(avroOf(await read([container, gzip(container)]))).toEqual([...records, ...records]);
  });

  it('of a single framed alert, by the schema of its id', async () => {
    const value = frameAlert(1100, rubinAlert);
    expect(await read(gzip(value))).toEqual([
      { place: 'FILE', number: 1, avro: rubinAlert, frameId: 1100, asCame: value },
    ]);
  });

  it('of framed alerts and bare records, with a schema that is named', async () => {
    const tar = tarOf([
      { name: 'framed', bytes: framed },
      { name: 'bare', bytes: firstRecord },
    ]);
    expect(await read(tar, { schema: known })).toEqual([
      { place: 'FILE › framed', number: 1, avro: firstRecord, frameId: 1234, asCame: framed },
      { place: 'FILE › bare', number: 1, avro: firstRecord, frameId: undefined, asCame: firstRecord },
    ]);
  });

  it('of bare records, with the schemas that lie before them in their archive', async () => {
    const ztf = surveySchemas[0] ?? { schema: {}, value: {} };
    const other = avsc.Type.forSchema(ztf.schema as avsc.Schema).toBuffer(ztf.value);
    const tar = tarOf([
      { name: 'schema.json', bytes: Buffer.from(JSON.stringify(schema)) },
      { name: '00_0000000001.avro', bytes: firstRecord },
      { name: 'schema.json', bytes: Buffer.from(JSON.stringify(ztf.schema)) },
      { name: '00_0000000002.avro', bytes: other },
    ]);
    expect(avroOf(await read(gzip(tar)))).toEqual([firstRecord, other]);
  });

  it('know the bytes of a container of one alert, and number those of others', async () => {
    const single = containerOf(schema, [[], [firstRecord], []]);
    const found = await read(
      tarOf([
        { name: 'one', bytes: single },
        { name: 'five', bytes: container },
      ]),
    );
    expect(found.map(({ place, number, asCame }) => [place, number, asCame])).toEqual([
      ['FILE › one', 1, single],
      ...[1, 2, 3, 4, 5].map((number) => ['FILE › five', number, undefined]),
    ]);
  });

  it.each(surveySchemas)('of $survey', async ({ schema: own, value, mjd, id }) => {
    const record = avsc.Type.forSchema(own).toBuffer(value);
    const path = join(folder, 'survey');
    writeFileSync(path, containerOf(own, [[record]]));
    const found: unknown[] = [];
    for await (const alert of new AlertReader().alertsIn([{ path, place: path }]))
      found.push([alert.mjd, alert.id]);
    expect(found).toEqual([[mjd, id]]);
  });

  it('of archives that are streamed are read to any point, and the files are closed then', async () => {
    const cutout = {
      name: 'cutout.bin',
      bytes: Buffer.concat([Buffer.from('SIMPLE  ='), randomBytes(65_536)]),
    };
    const large = Array.from({ length: 40 }, (_, index) => [oneEach[index % oneEach.length], cutout]).flat();
    const tar = tarOf(large.filter((entry) => entry !== undefined));
    const passed = new Set<string>();
    const options = { onPassedOver: (place: string, what: string) => passed.add(`${place}: ${what}`) };
    for (const bytes of [tar, gzip(tar)]) {
      const path = join(folder, `large${(files += 1)}`);
      writeFileSync(path, bytes);
      for (const wanted of [1, 20, 40]) {
        let found = 0;
        for await (const alert of new AlertReader(options).alertsIn([{ path, place: 'FILE' }])) {
          expect(alert.number).toBe(1);
          found += 1;
          if (found === wanted) break;
        }
        expect(found).toBe(wanted);
      }
    }
    expect([...passed]).toEqual(['FILE › cutout.bin: it is a FITS file, not an alert']);
  });

  it('pass over what lies beside them, and report it', async () => {
    const passed: string[] = [];
    const tar = tarOf([
      { name: 'README.md', bytes: Buffer.from('# A night\n') },
      { name: '._alert0.avro', bytes: Buffer.from([0, 5, 22, 7]) },
      ...oneEach,
      { name: 'empty', bytes: Buffer.alloc(0) },
      { name: 'chart.png', bytes: Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1') },
    ]);
    const found = await read(tar, {
      onPassedOver: (place, what) => passed.push(`${place.replace(/^.*?\/file\d+/, 'FILE')}: ${what}`),
    });
    expect(avroOf(found)).toEqual(records);
    expect(passed).toEqual([
      'FILE › README.md: it is text, not alerts',
      'FILE › empty: it is empty',
      'FILE › chart.png: it is an image, not an alert',
    ]);
  });
});

const damaged = Buffer.from(container);
damaged.fill(0xff, container.length - 60, container.length - 30);

const badTime = alertRecords(11, [{ id: 9, mjd: NaN }]);

const faults: readonly (readonly [string, Buffer, RegExp])[] = [
  ['nothing', Buffer.alloc(0), /FILE: it is empty \(byte 0\): copy or download the file again$/],
  ['text', Buffer.from('hello\n'), /FILE: it is text, not alerts$/],
  ['JSON', Buffer.from('{"a": 1}'), /FILE: it looks like JSON: write the alerts into/],
  [
    'bzip2 that is cut off',
    unbase64(compressed.bzip2.container).subarray(0, 300),
    /FILE: it is compressed with bzip2, and cannot be decompressed \(.*\): unpack it with: bunzip2$/,
  ],
  [
    'xz that is cut off',
    unbase64(compressed.xz.container).subarray(0, 300),
    /FILE: it is compressed with xz, and cannot be decompressed \(.*\): unpack it with: unxz$/,
  ],
  [
    'a container with a damaged block of xz',
    containerOf(schema, [records], {
      name: 'xz',
      compress: () => unbase64(compressed.xz.records).fill(0, 50, 60),
    }),
    /FILE: at byte \d+ the block cannot be decompressed with xz: .*: copy or download the file again$/,
  ],
  ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /git lfs pull$/],
  [
    'random bytes',
    Buffer.from([7, 1, 2, 3]),
    /neither an Avro container, a framed alert, gzip, tar nor zip.*--schema/,
  ],
  ['an unknown frame', framed, /framed with the schema id 1234, which is not one of Rubin's.*--schema FILE$/],
  [
    'a frame of another version',
    frameAlert(1100, firstRecord),
    /FILE: its alert .*: copy or download the file again$/,
  ],
  [
    'a frame with bytes left over',
    frameAlert(1100, Buffer.concat([rubinAlert, Buffer.from([1])])),
    /its alert has 1 bytes left over at its end/,
  ],
  ['gzip that is cut off', gzip(container).subarray(0, 200), /gzip compression is damaged or cut off/],
  ['a container that is cut off in gzip', gzip(container.subarray(0, -3)), /at byte \d+ .*copy or download/],
  [
    'a tar that is cut off',
    tarOf(oneEach).subarray(0, 1500),
    /alert0.avro: |tar archive is damaged or cut off/,
  ],
  ['a zip that is cut off', zipOf(oneEach).subarray(0, 900), /zip archive is damaged or cut off/],
  [
    'a tar with a damaged entry',
    tarOf([...oneEach.slice(0, 1), { name: 'bad.avro', bytes: damaged }]),
    /FILE › bad.avro: at byte \d+/,
  ],
  [
    'an alert without a time',
    tarOf([{ name: 'nan.avro', bytes: containerOf(schema, [badTime]) }]),
    /FILE › nan.avro: at byte \d+ the block holds an alert, number 1 of 1 in it, number 1 of the file, that has no time/,
  ],
  [
    'a name with control characters',
    tarOf([{ name: 'a\u001b[31m.avro', bytes: damaged }]),
    /FILE › a\?\[31m.avro: /,
  ],
];

describe('a source that is at fault', () => {
  it.each(faults)('is %s: the place is named', async (_what, bytes, message) => {
    const fault = await read(bytes).catch((thrown: unknown) => thrown as Error & { code?: string });
    expect(fault).toMatchObject({ code: 'BAD_INPUT_FILE' });
    const text = (fault as Error).message.replace(/^.*?\/file\d+/, 'FILE');
    expect(text).toMatch(message);
  });
});

describe('leaving out what is invalid', () => {
  /** The method of the first entry becomes that of bzip2, in both places of a zip. */
  const otherMethod = zipOf(oneEach);
  otherMethod.writeUInt16LE(12, 8);
  otherMethod.writeUInt16LE(12, otherMethod.indexOf('PK\u0001\u0002') + 10);

  const good: MadeEntry[] = oneEach.slice(0, 2);
  const invalid = containerOf(schema, [[...records.slice(0, 1), ...badTime, ...records.slice(1, 2)]]);
  const cutBlock = containerOf(schema, [records.slice(0, 2), records.slice(2, 3), records.slice(3)]);
  const wrongMarker = Buffer.from(cutBlock);
  wrongMarker[cutBlock.indexOf('0123456789abcdef', cutBlock.indexOf('0123456789abcdef') + 16)] = 0x58;

  it.each<readonly [string, Buffer, readonly Buffer[], readonly number[]]>([
    ['an alert without a time', invalid, records.slice(0, 2), [1]],
    [
      'an entry that is no alert',
      tarOf([...good, { name: 'x', bytes: Buffer.from([7, 1, 2]) }, ...oneEach.slice(2)]),
      records,
      [0],
    ],
    [
      'an entry that is cut off',
      tarOf([...good, { name: 'x', bytes: container.subarray(0, -20) }, ...oneEach.slice(2)]),
      [...records.slice(0, 2), ...records.slice(0, 2), ...records.slice(2)],
      [0],
    ],
    ['a block that is damaged', wrongMarker, records.slice(3), [0]],
    [
      'a block that cannot be decompressed',
      Buffer.concat([
        containerOf(schema, [records.slice(0, 2)], { name: 'xz', compress: () => Buffer.from('no xz') }),
        containerOf(schema, [records.slice(2)]),
      ]),
      records.slice(2),
      [2],
    ],
    [
      'damaged gzip in a tar',
      tarOf([{ name: 'x', bytes: gzip(container).subarray(0, 100) }, ...good]),
      records.slice(0, 2),
      [0],
    ],
    ['an entry of a zip with another compression', otherMethod, records.slice(1), [0]],
  ])('goes on past %s', async (_what, bytes, rest, left) => {
    const invalidAlerts: number[] = [];
    const found = await read(bytes, { onInvalid: (_error, alerts) => invalidAlerts.push(alerts) });
    expect(avroOf(found)).toEqual(rest);
    expect(invalidAlerts).toEqual(left);
  });
});
