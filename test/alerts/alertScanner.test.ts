import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertLayout, schemaIdOf, schemaVersion } from '../../src/alerts/alertSchema.js';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { createAlertMaker } from '../../src/alerts/synthetic/alertMaker.js';
import { syntheticSchemaText } from '../../src/alerts/synthetic/schemaText.js';
import { alertRecords, alertSchemaOf } from './support/alertFiles.js';

const parsed = (schema: unknown): ReturnType<typeof parseAvroSchema> =>
  parseAvroSchema(JSON.stringify(schema), 'a.avro');

describe('alertLayout', () => {
  it.each([
    [3, 'alertId', 'midPointTai', 'ccdVisitId'],
    [4, 'alertId', 'midPointTai', 'ccdVisitId'],
    [5, 'alertId', 'midpointMjdTai', 'ccdVisitId'],
    [6, 'alertId', 'midpointMjdTai', 'visit'],
    [7, 'alertId', 'midpointMjdTai', 'visit'],
    [8, 'diaSourceId', 'midpointMjdTai', 'visit'],
    [9, 'diaSourceId', 'midpointMjdTai', 'visit'],
    [10, 'diaSourceId', 'midpointMjdTai', 'visit'],
    [11, 'diaSourceId', 'midpointMjdTai', 'visit'],
  ])('knows where the parts of version %d are', (major, id, time, visit) => {
    expect(alertLayout(parsed(alertSchemaOf(major)), 'a.avro')).toEqual({
      name: `lsst.v${major}_0.alert`,
      survey: expect.objectContaining({ name: 'Rubin' }) as unknown,
      version: { major, minor: 0 },
      schemaId: major * 100,
      idPath: [id],
      time: { path: ['diaSource', time], unit: 'mjd' },
      scale: 'TAI',
      framing: 'confluent',
      visitPath: ['diaSource', visit],
      historyPath: ['prvDiaSources'],
    });
  });

  it.each([
    [{ type: 'record', name: 'a', fields: [{ name: 'x', type: 'int' }] }, 'the record has x'],
    [
      {
        type: 'record',
        name: 'a',
        fields: [
          {
            name: 'diaSource',
            type: { type: 'record', name: 'b', fields: [{ name: 'ra', type: 'double' }] },
          },
        ],
      },
      'the record has diaSource; name the field of the time with --time-field',
    ],
    ['string', 'the record is of type string'],
  ])('says what was looked for and what there is (%#)', (schema, has) => {
    expect(() => alertLayout(parsed(schema), 'a.avro')).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT_FILE',
        message: expect.stringMatching(
          `^a\\.avro: .*diaSource\\.midpointMjdTai, diaSource\\.midPointTai.*${has}`,
        ) as string,
      }) as Error,
    );
  });

  it('reads the version from the namespace', () => {
    expect(schemaVersion('lsst.v7_1.alert')).toEqual({ major: 7, minor: 1 });
    expect(schemaIdOf({ major: 7, minor: 1 })).toBe(701);
    expect(schemaVersion('ztf.alert')).toBeUndefined();
  });
});

describe('createAlertScanner', () => {
  it.each([3, 4, 5, 6, 7, 8, 9, 10, 11])('reads id, time, visit and history of version %d', (major) => {
    const scanner = createAlertScanner(parsed(alertSchemaOf(major)), 'a.avro');
    const alerts = fc.record({
      // avsc writes no larger numbers exactly; the tests of the wire format and of synthetic alerts do.
      id: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }).map(Math.abs),
      mjd: fc.double({ min: 50_000, max: 70_000, noNaN: true }),
      visit: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      history: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(alerts, (alert) => {
        for (const avro of alertRecords(major, [alert])) {
          expect(scanner.describe(avro)).toEqual({
            avro,
            id: BigInt(alert.id),
            mjd: alert.mjd,
            visit: BigInt(alert.visit),
            historyLength: alert.history,
          });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('counts a history of null as none', () => {
    const scanner = createAlertScanner(parsed(alertSchemaOf(11)), 'a.avro');
    for (const avro of alertRecords(11, [{ id: 1, mjd: 60_000 }])) {
      expect(scanner.describe(avro)?.historyLength).toBe(0);
    }
  });

  it('gives nothing for bytes that are no alert of the schema', () => {
    const scanner = createAlertScanner(parsed(alertSchemaOf(11)), 'a.avro');
    const [avro = Buffer.alloc(0)] = alertRecords(11, [{ id: 1, mjd: 60_000 }]);
    expect(scanner.describe(avro.subarray(1))).toBeUndefined();
    expect(scanner.describe(Buffer.concat([avro, avro]))).toBeUndefined();
    expect(scanner.describe(Buffer.alloc(0))).toBeUndefined();
  });

  it('reads synthetic alerts of the full schema, ids beyond 2^53 included', () => {
    const scanner = createAlertScanner(parseAvroSchema(syntheticSchemaText(), 'the schema'), 'the schema');
    const maker = createAlertMaker({ visits: 1, alertsPerVisit: 20 });
    const ids = new Set<bigint | string>();
    for (let index = 0; index < maker.count; index += 1) {
      const made = maker.alertAt(index);
      const found = scanner.describe(made.bytes);
      expect(found).toMatchObject({ mjd: made.mjd, visit: BigInt(made.visit) });
      ids.add(found?.id ?? 0n);
    }
    expect(ids.size).toBe(20);
    expect([...ids].every((id) => typeof id === 'bigint' && id > 2n ** 53n)).toBe(true);
  });
});
