import { describe, expect, it } from 'vitest';
import { createPlaceFinder, formatPlaces } from '../../src/alerts/alertPlaces.js';
import { createAlertScanner } from '../../src/alerts/alertScanner.js';
import { parseAvroSchema } from '../../src/alerts/avroSchema.js';
import { frameAlert, unframeAlert } from '../../src/alerts/wireFormat.js';
import { PassRewriter } from '../../src/workers/passRewriter.js';
import type { ReservoirAlert } from '../../src/workers/reservoirReader.js';
import { alertRecords, alertSchemaOf } from '../alerts/support/alertFiles.js';

const schema = parseAvroSchema(JSON.stringify(alertSchemaOf(8)), 'a.avro');
const find = createPlaceFinder(schema, 'a.avro');
const scanner = createAlertScanner(schema, 'a.avro');

const alerts = alertRecords(8, [
  { id: 63, mjd: 60_000 },
  { id: 64, mjd: 60_000.25, history: 2 },
]).map((avro): ReservoirAlert => ({
  timeOffsetUs: 0,
  message: {
    partition: 3,
    offset: 17,
    timestampMs: 0,
    key: Buffer.from('k'),
    value: frameAlert(800, avro),
    headers: [{ 'alertsim-time-offset': Buffer.from('0.0') }],
  },
  places: formatPlaces(find(avro)),
}));

const dayUs = 86_400_000_000;

describe('PassRewriter', () => {
  it('sends the first pass as it lies there', () => {
    const rewriter = new PassRewriter('r', 3, dayUs - 1_000_000);
    for (const alert of alerts) expect(rewriter.messageOf(alert, 0)).toBe(alert.message);
  });

  it('moves later passes by as much as they are due later, each alert with ids of its own', () => {
    const rewriter = new PassRewriter('r', 3, dayUs - 1_000_000);
    const seen = [1, 2].flatMap((pass) =>
      alerts.map((alert) => {
        const { value, ...rest } = rewriter.messageOf(alert, pass);
        const { value: before, ...restBefore } = alert.message;
        expect(rest).toEqual(restBefore);
        expect(value?.equals(before ?? Buffer.alloc(0))).toBe(false);
        const { avro } = unframeAlert(value ?? Buffer.alloc(0)) ?? {};
        const { id, mjd, historyLength } = scanner.describe(avro ?? Buffer.alloc(0)) ?? {};
        return [id, mjd, historyLength];
      }),
    );
    expect(seen).toEqual([
      [63n + 2n ** 60n, 60_001, 0],
      [64n + 2n ** 60n, 60_001.25, 2],
      [63n + 2n ** 61n, 60_002, 0],
      [64n + 2n ** 61n, 60_002.25, 2],
    ]);
  });

  it.each([
    ['no places, in the first pass already', 0, { places: undefined }, 'has no valid alertsim-places header'],
    ['places that are none', 0, { places: '5;id' }, 'has no valid alertsim-places header'],
    ['places beyond its end', 1, { places: '5:id,900:time' }, 'needs more bytes than there are'],
  ])('refuses an alert with %s, and says what to do', (_what, pass, change, what) => {
    const [alert] = alerts;
    if (alert === undefined) throw new Error('there is no alert');
    expect(() => new PassRewriter('r', 2, 0).messageOf({ ...alert, ...change }, pass)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT_FILE',
        message:
          `offset 17 of partition 3 of the reservoir r ${what}, so its ids and times cannot be rewritten: ` +
          'fill the reservoir anew with reservoir.reuse=false, or leave rewrite: true out of the phases',
      }) as Error,
    );
  });
});
