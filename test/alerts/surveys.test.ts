import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import {
  alertLayout,
  parseFieldPath,
  parseTimeField,
  type NamedFields,
} from '../../src/alerts/alertSchema.js';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { rubinSchema, rubinSchemaIds } from '../../src/alerts/rubinSchemas.js';
import { RecordFault } from '../../src/alerts/recordBytes.js';
import { syntheticSchemaText } from '../../src/alerts/synthetic/schemaText.js';
import { canonicalSchema } from '../../src/alerts/avroSchema.js';
import { surveySchemas } from './support/surveyAlerts.js';

const parsed = (schema: unknown): ReturnType<typeof parseAvroSchema> =>
  parseAvroSchema(JSON.stringify(schema), 'a.avro');

describe('the table of surveys', () => {
  it.each(surveySchemas)('knows alerts of $survey', ({ schema, value, survey, ...expected }) => {
    const scanner = createAlertScanner(parsed(schema), 'a.avro');
    const avro = avsc.Type.forSchema(schema).toBuffer(value);
    const { mjd, id, historyLength } = scanner.alertIn(avro);
    const { framing, scale } = scanner.layout;
    expect(scanner.layout.survey?.name).toBe(survey);
    expect({ mjd, id, historyLength, framing, scale }).toEqual(expected);
  });

  it('recognises a schema of another name by its fields', () => {
    const { schema } = surveySchemas[0] ?? { schema: {} };
    expect(alertLayout(parsed({ ...schema, name: 'mine.alert' }), 'a').survey?.name).toBe('ZTF');
  });
});

describe("Rubin's schemas", () => {
  it('are known in every version, each with its id, time and id of an alert', () => {
    expect(rubinSchemaIds()).toEqual([
      300, 400, 500, 600, 601, 700, 701, 702, 703, 704, 800, 900, 1000, 1100, 1101,
    ]);
    for (const id of rubinSchemaIds()) {
      const schema = rubinSchema(id);
      if (schema === undefined) throw new Error(`${id} is unknown`);
      const layout = alertLayout(schema.type, 'a.avro');
      expect(layout).toMatchObject({
        schemaId: id,
        idPath: [id < 800 ? 'alertId' : 'diaSourceId'],
        time: { path: ['diaSource', id < 500 ? 'midPointTai' : 'midpointMjdTai'], unit: 'mjd' },
        historyPath: ['prvDiaSources'],
      });
    }
    expect(rubinSchema(1)).toBeUndefined();
    expect(rubinSchema(1102)).toBeUndefined();
  });

  it('give records the same bytes as the schema of synthetic alerts', () => {
    const own = canonicalSchema(parseAvroSchema(syntheticSchemaText(), 'own'));
    expect(canonicalSchema(rubinSchema(1100)?.type ?? { kind: 'null' })).toBe(own);
  });
});

describe('a schema of one’s own', () => {
  const schema = {
    type: 'record',
    name: 'mine.alert',
    fields: [
      { name: 'name', type: 'string' },
      {
        name: 'obs',
        type: {
          type: 'record',
          name: 'mine.obs',
          fields: [
            { name: 'obsDate', type: ['null', 'string'] },
            { name: 'unixtime', type: 'long' },
            { name: 'start_mjd', type: 'double' },
            { name: 'flux', type: 'float' },
          ],
        },
      },
      { name: 'ids', type: { type: 'array', items: 'long' } },
    ],
  } as const;
  const avro = avsc.Type.forSchema(schema as unknown as avsc.Schema).toBuffer({
    name: 'SN 2025a',
    obs: { obsDate: '2025-01-01T12:00:00', unixtime: 1_735_732_800, start_mjd: 60_676.5, flux: 1 },
    ids: [],
  });
  const named = (time: string, id?: string): NamedFields => ({
    time: parseTimeField(time, '--time-field'),
    ...(id !== undefined && { id: parseFieldPath(id, '--id-field') }),
  });

  it.each(['obs.obsDate', 'obs.obsDate:iso', 'obs.unixtime:unix', 'obs.start_mjd', 'obs.start_mjd:mjd'])(
    'is read with the time in %s',
    (time) => {
      const { mjd, id } = createAlertScanner(parsed(schema), 'a.avro', named(time, 'name')).alertIn(avro);
      expect({ mjd, id }).toEqual({ mjd: 60_676.5, id: 'SN 2025a' });
    },
  );

  it('without options is an error that lists what could be the time', () => {
    expect(() => alertLayout(parsed(schema), 'a.avro')).toThrow(
      /name the field of the time with --time-field FIELD:UNIT .* it could be obs\.obsDate \(string\), obs\.unixtime \(long\), obs\.start_mjd \(double\)$/,
    );
  });

  it.each([
    ['obs.flx', 'obs.flx, named as the time, is not a field of its records'],
    ['ids', 'ids, named as the time, is of type array'],
  ])('with the time in %s is an error', (time, message) => {
    expect(() => alertLayout(parsed(schema), 'a.avro', named(time))).toThrow(message);
  });

  it('with an id of another type is an error', () => {
    expect(() => alertLayout(parsed(schema), 'a.avro', named('obs.start_mjd', 'obs.flux'))).toThrow(
      'a.avro: obs.flux, named as the id, is of type float: name a field of type long, int or string',
    );
  });

  it('with the wrong unit says which one it looks like', () => {
    const scanner = createAlertScanner(parsed(schema), 'a.avro', named('obs.unixtime:unix_ms'));
    const fault = thrownBy(() => scanner.alertIn(avro));
    expect(fault.message).toMatch(
      /not a Unix time in milliseconds .* looks like a Unix time in seconds \(2025-01-01/,
    );
    expect(fault.wayOut).toBe('read it as such with --time-field obs.unixtime:unix');
  });

  it.each([
    [
      'a.b:days',
      '--time-field a.b:days: after the field comes one of :mjd, :jd, :unix, :unix_ms, :unix_us, :unix_ns, :iso',
    ],
    ['a..b', '--time-field "a..b" is not the path of a field'],
    ['', '--time-field "" is not the path of a field'],
  ])('rejects the option %j', (text, message) => {
    expect(() => parseTimeField(text, '--time-field')).toThrow(message);
  });
});

function thrownBy(act: () => unknown): RecordFault {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof RecordFault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
