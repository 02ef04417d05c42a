import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import avsc from 'avsc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlertDescriber, scannerFromFile } from '../../src/alerts/describeValue.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { frameAlert } from '../../src/alerts/wireFormat.js';
import { alertRecords, alertSchemaOf } from './support/alertFiles.js';
import { containerOf } from './support/archives.js';
import { surveySchemas } from './support/surveyAlerts.js';

/** The schema of version 7 in two parts: the alert, which names the source, and the source. */
const whole = alertSchemaOf(7) as unknown as { fields: { name: string; type: unknown }[] };
const source = whole.fields.find(({ name }) => name === 'diaSource')?.type;
const alert = {
  ...whole,
  fields: whole.fields.map((field) =>
    field.name === 'diaSource' ? { ...field, type: 'lsst.v7_0.diaSource' } : field,
  ),
};
const [record = Buffer.alloc(0)] = alertRecords(7, [{ id: 77, mjd: 60_000, history: 2 }]);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schemas-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string, content: unknown): Promise<void> =>
  writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

describe('a schema that lies in several files, as Rubin publishes it', () => {
  it.each(['lsst.v7_0.diaSource.avsc', 'diaSource.avsc', 'anything.avsc'])(
    'is put together with what it names, in %s',
    async (name) => {
      await write('lsst.v7_0.alert.avsc', alert);
      await write(name, source);
      await write('damaged.avsc', '{');
      // Another version's record beside it, of another full name, is not taken for it.
      await write('lsst.v6_0.diaSource.avsc', { ...(source as object), namespace: 'lsst.v6_0', fields: [] });
      const scanner = await scannerFromFile(join(folder, 'lsst.v7_0.alert.avsc'));
      expect(scanner.describe(record)).toMatchObject({ id: 77n, historyLength: 2 });
    },
  );

  it('is rejected with the name that no file declares, and the fix', async () => {
    const path = join(folder, 'alert.avsc');
    await write('alert.avsc', alert);
    await expect(scannerFromFile(path)).rejects.toMatchObject({
      code: 'BAD_INPUT_FILE',
      message:
        `${path} has a schema that cannot be read: the type "lsst.v7_0.diaSource" is not declared before it is used, ` +
        `nor declared by an .avsc file beside it; put the .avsc file that declares it beside ${path}`,
    });
  });

  it('needs no file beside it where it declares all itself', async () => {
    await write('whole.avsc', whole);
    const scanner = await scannerFromFile(join(folder, 'whole.avsc'));
    expect(scanner.describe(record)?.id).toBe(77n);
  });
});

describe('an alert in a message', () => {
  const made = createAlertMaker({ visits: 1, alertsPerVisit: 1 }).alertAt(0);

  it.each([1100, 1])('is described by the schema of its id, %d', async (id) => {
    const { historyLength } = await new AlertDescriber().describe(frameAlert(id, made.bytes));
    expect(historyLength).toBeGreaterThanOrEqual(0);
  });

  it('has at least an id where its schema is not known, and all with it', async () => {
    const value = frameAlert(4321, record);
    expect(await new AlertDescriber().describe(value)).toEqual({ id: 77n, historyLength: undefined });
    await write('whole.avsc', whole);
    const named = new AlertDescriber(await scannerFromFile(join(folder, 'whole.avsc')));
    expect(await named.describe(value)).toEqual({ id: 77n, historyLength: 2 });
    expect(await named.describe(record)).toEqual({ id: 77n, historyLength: 2 });
  });

  it.each(surveySchemas)(
    'of $survey is described in its container',
    async ({ schema, value, id, historyLength }) => {
      const container = containerOf(schema, [[avsc.Type.forSchema(schema).toBuffer(value)]]);
      expect(await new AlertDescriber().describe(container)).toMatchObject({ id, historyLength });
    },
  );

  it.each([
    ['ZTF', 'objectId'],
    ['WINTER', 'objectid'],
    ['DECam', 'objectId'],
  ])("of %s has the object's name, in the survey's own field", async (survey, field) => {
    const { schema, value } = surveySchemas.find((one) => one.survey === survey) ?? {
      schema: 'null',
      value: null,
    };
    const container = containerOf(schema, [[avsc.Type.forSchema(schema).toBuffer(value)]]);
    const id = (value as Readonly<Record<string, unknown>>)[field];
    expect(await new AlertDescriber().describe(container)).toMatchObject({ object: { field, id } });
  });

  it("of Rubin has the object's number, which bodies of the solar system lack", async () => {
    const maker = createAlertMaker({ visits: 1, alertsPerVisit: 200 });
    const found = new Set<string>();
    for (let index = 0; index < 200; index += 1) {
      const { object } = await new AlertDescriber().describe(frameAlert(1100, maker.alertAt(index).bytes));
      found.add(object === undefined ? 'none' : `${object.field} ${typeof object.id}`);
    }
    expect([...found].sort()).toEqual(['diaObjectId bigint', 'none']);
  });

  it.each([[''], ['Obj\u0001'], ['any text']])('is not %j', async (text) => {
    expect(await new AlertDescriber().describe(Buffer.from(text))).toEqual({
      id: undefined,
      historyLength: undefined,
    });
  });
});
