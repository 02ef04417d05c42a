import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import avsc from 'avsc';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { AlertReader } from '../../src/alerts/sources/alertReader.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { alertRecords, alertSchemaOf, alertValue, someAlerts } from '../alerts/support/alertFiles.js';
import { containerOf, tarOf } from '../alerts/support/archives.js';
import { runContainer } from './runContainer.js';

const folder = mkdtempSync(join(tmpdir(), 'container-sources-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const schema = alertSchemaOf(11);
const records = alertRecords(11, someAlerts(6));
const file = (name: string, bytes: Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const tarball = file(
  'night.tar.gz',
  zlib.gzipSync(
    tarOf(
      records.map((record, index) => ({ name: `${index}.avro`, bytes: containerOf(schema, [[record]]) })),
    ),
  ),
);
const schemaFile = file('own.avsc', Buffer.from(JSON.stringify(schema)));
const framed = file('framed', frameAlert(7, records[0] ?? Buffer.alloc(0)));

async function recordsOf(path: string): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for await (const { avro } of new AlertReader().alertsIn([{ path, place: path }]))
    found.push(Buffer.from(avro));
  return found;
}

describe('container commands', () => {
  it('show and count the alerts of an archive', async () => {
    expect(JSON.parse(await runContainer('info', tarball, '--json'))).toMatchObject({
      file: tarball,
      files: 1,
      schema: 'lsst.v11_0.alert',
      survey: 'Rubin',
      otherSchemas: [],
      codec: null,
      alerts: 6,
    });
    expect(await runContainer('info', tarball)).not.toContain('codec');
    expect(JSON.parse(await runContainer('count', tarball, '--json'))).toMatchObject({ total: 6 });
  });

  it('make containers of what is none', async () => {
    const out = join(folder, 'combined.avro');
    await runContainer('combine', tarball, framed, '--schema', schemaFile, '--out', out);
    expect(await recordsOf(out)).toEqual([...records, records[0]]);
    const head = join(folder, 'head.avro');
    await runContainer('head', '2', tarball, '--codec', 'zstandard', '--out', head);
    expect(await recordsOf(head)).toEqual(records.slice(0, 2));
  });

  it('read containers that cat joined', async () => {
    const joined = Buffer.concat([
      containerOf(schema, [records.slice(0, 2)]),
      containerOf(schema, [records.slice(2)]),
    ]);
    const out = join(folder, 'whole.avro');
    await runContainer('combine', file('joined.avro', joined), '--out', out);
    expect(await recordsOf(out)).toEqual(records);
  });

  it('say how alerts of several schemas are sent instead', async () => {
    const other = file('other.avro', containerOf(alertSchemaOf(7), [alertRecords(7, someAlerts(1))]));
    await expect(
      runContainer('combine', tarball, other, '--out', join(folder, 'mixed.avro')),
    ).rejects.toThrow(
      /other\.avro has another schema \(lsst\.v7_0\.alert\) than .*0\.avro .* name both for create-stream/,
    );
  });

  it('leave out what is invalid', async () => {
    const [nan = Buffer.alloc(0)] = alertRecords(11, [{ id: 1, mjd: NaN }]);
    const path = file('nan.avro', containerOf(schema, [[nan, ...records]]));
    const out = join(folder, 'valid.avro');
    await expect(runContainer('combine', path, '--out', out)).rejects.toThrow('has no time');
    await runContainer('combine', path, '--skip-invalid', '--out', out);
    expect(await recordsOf(out)).toEqual(records);
  });

  it('make a light copy without cutouts', async () => {
    const out = join(folder, 'light.avro');
    expect(await runContainer('cut', tarball, '--strip-cutouts', '-o', out)).toMatch(/^wrote 6 alerts to /);
    const light = alertRecords(11, someAlerts(6)).map((_record, index) => strippedOf(index));
    expect(await recordsOf(out)).toEqual(light);
    const again = join(folder, 'again.avro');
    await runContainer(
      'cut',
      file('six.avro', containerOf(schema, [records])),
      '--strip-cutouts',
      '-o',
      again,
    );
    expect(await recordsOf(again)).toEqual(light);
  });
});

/** The record with null for its cutout, which is the last field. */
function strippedOf(index: number): Buffer {
  const value = alertValue(11, someAlerts(6)[index] ?? { id: 0, mjd: 0 }) as object;
  return avsc.Type.forSchema(schema).toBuffer({ ...value, cutoutDifference: null });
}
