import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { AlertSimError } from '../../../src/errors.js';
import { parseAvroSchema } from '../../../src/alerts/avroSchema.js';
import { AlertReader } from '../../../src/alerts/sources/alertReader.js';
import { frameAlert } from '../../../src/alerts/wireFormat.js';
import { purposes, Random } from '../../../src/random.js';
import { alertRecords, alertSchemaOf, someAlerts } from '../support/alertFiles.js';
import { containerOf, tarOf, zipOf } from '../support/archives.js';

/** `ALERTSIM_FUZZ=10000 npx vitest run test/alerts/sources/fuzz.test.ts` looks longer. */
const mutations = Number(process.env.ALERTSIM_FUZZ ?? 60);

const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const schema = alertSchemaOf(11);
const schemaText = JSON.stringify(schema);
const known = { text: schemaText, type: parseAvroSchema(schemaText, 'the schema') };
const records = alertRecords(11, someAlerts(6));
const framed = frameAlert(1234, records[0] ?? Buffer.alloc(0));
const entries = [
  ...records.map((record, index) => ({
    name: `night/${index}.avro`,
    bytes: containerOf(schema, [[record]]),
  })),
  { name: 'framed.avro.gz', bytes: zlib.gzipSync(framed) },
  { name: 'bare', bytes: records[1] ?? Buffer.alloc(0) },
  { name: 'README', bytes: Buffer.from('text\n') },
];
const seeds: readonly (readonly [string, Buffer])[] = [
  ['a container', containerOf(schema, [records.slice(0, 3), [], records.slice(3)])],
  ['a container with deflate', containerOf(schema, [records.slice(0, 3), records.slice(3)], 'deflate')],
  ['a framed alert', framed],
  ['gzip', zlib.gzipSync(containerOf(schema, [records]))],
  ['a tar', tarOf(entries)],
  ['a tar.gz', zlib.gzipSync(tarOf(entries))],
  ['a zip', zipOf(entries)],
];

/** One to four changes: bits, bytes, cuts, stretches doubled, left out or from elsewhere. */
function mutated(bytes: Buffer, random: Random): Buffer {
  let result = Buffer.from(bytes);
  for (let change = 0; change <= random.below(4); change += 1) {
    const at = random.below(Math.max(1, result.length));
    const length = random.below(Math.min(200, result.length - at) + 1);
    const stretch = result.subarray(at, at + length);
    switch (random.below(6)) {
      case 0:
        result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        result[at] = [0x00, 0xff, 0x7f, 0x80][random.below(4)] ?? 0;
        break;
      case 2:
        result = result.subarray(0, at);
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), stretch, result.subarray(at)]);
        break;
      case 4:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      default:
        result = Buffer.concat([
          result.subarray(0, at),
          Buffer.alloc(length, random.below(256)),
          result.subarray(at + length),
        ]);
    }
  }
  return result;
}

/** The number of alerts; or the error, which must be ours, and name the file. */
async function outcome(path: string, skipInvalid: boolean): Promise<number | string> {
  const options = { schema: known, ...(skipInvalid && { onInvalid: () => undefined }) };
  let alerts = 0;
  try {
    for await (const alert of new AlertReader(options).alertsIn([{ path, place: 'FILE' }])) {
      expect(alert.avro.length).toBeGreaterThan(0);
      alerts += 1;
    }
    return alerts;
  } catch (thrown) {
    if (!(thrown instanceof AlertSimError)) throw thrown;
    expect(thrown.code).toBe('BAD_INPUT_FILE');
    expect(thrown.message).toMatch(/^FILE\b/);
    return thrown.message;
  }
}

describe('damaged files', () => {
  it.each(seeds)(
    'of %s are read or rejected with a sentence that names the place; with invalid ones left out they are read to the end',
    async (what, bytes) => {
      const path = join(folder, what.replaceAll(' ', '-'));
      const random = new Random();
      for (let index = 0; index < mutations; index += 1) {
        random.start(1, purposes.noise, index);
        writeFileSync(path, mutated(bytes, random));
        const strict = await outcome(path, false);
        const lenient = await outcome(path, true);
        expect(typeof lenient, `mutation ${index}: ${lenient}`).toBe('number');
        // Whatever is read strictly is read leniently, too.
        if (typeof strict === 'number') expect(lenient, `mutation ${index}`).toBe(strict);
      }
    },
    600_000,
  );
});
