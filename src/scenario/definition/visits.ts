import { z } from 'zod';
import type { VisitSize } from '../../schedule/pacing.js';
import { percentageField, quantityField, type Report, ruled, wholeField } from '../fields.js';
import { durationQuantity } from '../quantities.js';

const mostAlerts = 100_000_000;

const varying = z
  .strictObject({
    mean: wholeField(1, mostAlerts).meta({
      description: 'Mean number of alerts of a visit that is not a peak.',
    }),
    spread: percentageField({ least: '0%', most: '300%' })
      .prefault('30%')
      .meta({ description: 'Standard deviation as a percentage of the mean.' }),
    peaks: percentageField({ least: '0%', most: '100%' })
      .prefault('0%')
      .meta({ description: 'Which part of the visits are peaks.' }),
    peakAlerts: wholeField(1, mostAlerts)
      .prefault(40_000)
      .meta({ description: 'Alerts of a peak visit; Rubin expects 40,000.' }),
  })
  .transform(({ mean, spread, peaks, peakAlerts }): VisitSize => ({
    kind: 'varying',
    meanAlerts: mean,
    relativeSpread: spread,
    peakFraction: peaks,
    peakAlerts,
  }));

const fixed = wholeField(1, mostAlerts).transform((alerts): VisitSize => ({ kind: 'fixed', alerts }));

const timing = {
  cadence: quantityField(durationQuantity, { above: '0s', most: '1d' })
    .prefault('37s')
    .meta({ description: 'From the start of one visit to the start of the next; Rubin: 37s.' }),
  burst: quantityField(durationQuantity, { above: '0s', most: '1d' })
    .prefault('3s')
    .meta({ description: 'How long the alerts of one visit take to go out; Rubin: 3s.' }),
  detectors: wholeField(1, 10_000).prefault(189).meta({ description: 'Bursts in a visit; Rubin: 189.' }),
};

const seed = wholeField(0, 4_294_967_295)
  .prefault(1)
  .meta({ description: "The seed of sizes and of the detectors' shares." });

/** Visits as the telescope makes them. */
export const visitsField = ruled(
  z.strictObject({
    ...timing,
    alerts: z
      .union([fixed, varying])
      .prefault(10_000)
      .meta({ description: 'Alerts of each visit: a number, or {mean, spread, peaks, peakAlerts}.' }),
    seed,
  }),
  checkBurst,
).meta({ description: 'Visits as the telescope makes them: {cadence, burst, detectors, alerts, seed}.' });

/** Visits whose number of alerts a search finds. */
export const searchedVisits = ruled(z.strictObject({ ...timing, seed }), checkBurst).meta({
  description: 'Searches for the number of alerts per visit: {cadence, burst, detectors, seed}.',
});

function checkBurst({ cadence, burst }: Readonly<Record<string, unknown>>, report: Report): void {
  if (typeof cadence === 'number' && typeof burst === 'number' && burst > cadence) {
    report(['burst'], 'must be at most the cadence: a visit ends before the next one starts');
  }
}
