import { z } from 'zod';
import { bytesField, checkedText, quantityField, ruled, wholeField } from '../fields.js';
import { durationQuantity } from '../quantities.js';
import type { AlertsPlan } from '../plan.js';

const mostSeed = 4_294_967_295;
const kinds = ['file', 'synthetic', 'payload'] as const;

const synthetic = ruled(
  z.strictObject({
    visits: wholeField(1, 65_000).prefault(1).meta({ description: 'How many visits are made.' }),
    alertsPerVisit: wholeField(1, 1_000_000)
      .prefault(10_000)
      .meta({ description: 'Alerts of each visit; Rubin expects 10,000 on average.' }),
    detectors: wholeField(1, 189)
      .prefault(189)
      .meta({ description: 'Detectors that see them; Rubin has 189.' }),
    meanBytes: bytesField(1200, 400_000, 82_000)
      .prefault(82_000)
      .meta({ description: 'Mean size of an alert, in bytes or as a size; from 20 kB with cutouts.' }),
    cadence: quantityField(durationQuantity, { least: '0s', most: '1d' })
      .prefault('37s')
      .meta({ description: 'Time from one visit to the next.' }),
    seed: wholeField(0, mostSeed).prefault(1).meta({ description: 'The seed of all that is random.' }),
    cutouts: z.boolean().prefault(true).meta({ description: 'Whether alerts carry their three cutouts.' }),
  }),
  ({ alertsPerVisit, cutouts, detectors, meanBytes }, report) => {
    if (typeof meanBytes === 'number' && meanBytes < 20_000 && cutouts === true) {
      report(['meanBytes'], 'must be at least 20kB with cutouts', 'write cutouts: false for smaller alerts');
    }
    // Identifiers keep 16 bits for the sources of one detector.
    if (typeof alertsPerVisit === 'number' && typeof detectors === 'number') {
      const most = detectors * 65_536;
      if (alertsPerVisit > most)
        report(['alertsPerVisit'], `must be at most ${most} with detectors: ${detectors}`);
    }
  },
);

const payload = z.strictObject({
  bytes: bytesField(1, 9_000_000, 100).meta({ description: 'Size of each message, in bytes or as a size.' }),
  count: wholeField(1, 10_000_000)
    .prefault(10_000)
    .meta({ description: 'How many different messages are preloaded.' }),
  seed: wholeField(0, mostSeed).prefault(1).meta({ description: 'The seed of the content.' }),
});

/** Which alerts are sent: those of a container, the generator's, or messages of one size. */
export const alertsSection = ruled(
  z
    .strictObject({
      file: checkedText('data/rubin_single_ccd_sample.avro', (path) => (path === '' ? 'is empty' : undefined))
        .optional()
        .meta({ description: 'A container of alerts, relative to the folder where the program is started.' }),
      synthetic: synthetic.optional().meta({ description: 'Alerts that are made by the generator.' }),
      payload: payload
        .optional()
        .meta({ description: 'Messages of one size with random content instead of alerts.' }),
    })
    .meta({ examples: [{ file: 'data/rubin_single_ccd_sample.avro' }] }),
  (alerts, report) => {
    const given = kinds.filter((kind) => alerts[kind] !== undefined);
    if (given.length === 0) report([], 'needs one of file, synthetic or payload');
    for (const kind of given.slice(1)) {
      report(
        [kind],
        `stands beside alerts.${given[0] ?? ''}, but alerts come from one place`,
        'remove one of them',
        'key',
      );
    }
  },
)
  .transform(({ file, synthetic, payload }): AlertsPlan => {
    if (synthetic !== undefined) {
      const { cadence, ...rest } = synthetic;
      return { kind: 'synthetic', ...rest, cadenceNs: cadence };
    }
    if (payload !== undefined) return { kind: 'payload', ...payload };
    return { kind: 'file', path: file ?? '' };
  })
  .meta({
    description: 'Which alerts are sent.',
    oneOf: kinds.map((kind) => ({ required: [kind] })),
  });
