import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import type { FilterSums } from './filterStatistics.js';
import type { IdWords } from './identifiers.js';
import { filters } from './lightCurve.js';
import { RecordPlan, RecordValues, recordOf } from './recordPlan.js';
import type { SchemaVersion } from './schemaText.js';

/** From the middle of the exposure until the object's record holds, days. */
const validAfterDays = 0.00152;
const degreesPerArcsec = 1 / 3600;

const plain = [
  ...['diaObjectId', 'validityStartMjdTai', 'ra', 'raErr', 'dec', 'decErr', 'ra_dec_Cov'],
  ...['firstDiaSourceMjdTai', 'lastDiaSourceMjdTai', 'nDiaSources'],
] as const;
const ofFilter = [
  ...['psfFluxMean', 'psfFluxMeanErr', 'psfFluxSigma', 'psfFluxNdata', 'fpFluxMean', 'fpFluxMeanErr'],
  ...['scienceFluxMean', 'scienceFluxMeanErr'],
  ...['psfFluxMin', 'psfFluxMax', 'psfFluxMaxSlope', 'psfFluxErrMean'],
] as const;

type ObjectName = (typeof plain)[number] | `${(typeof filters)[number]}_${(typeof ofFilter)[number]}`;

/** Writes records `diaObject` of a version of the schema. */
export class DiaObjectWriter {
  private readonly values = new RecordValues<ObjectName>([
    ...plain,
    ...filters.flatMap((filter) => ofFilter.map((name) => `${filter}_${name}` as const)),
  ]);
  private readonly plan: RecordPlan<ObjectName>;
  /** Detections in a filter that is not the alert's; 9.0 has null for it. */
  private readonly uncounted: number;

  constructor(version: SchemaVersion) {
    this.plan = new RecordPlan(recordOf(version, 'diaObject'), this.values);
    this.uncounted = version === '9.0' ? NaN : 0;
  }

  /**
   * Writes a record. Real ones have the statistics of the alert's own filter, and NaN for those of the
   * others, for forced photometry, and for the times of the first and the last detection.
   *
   * @param detections - all that the object has, with the latest
   * @param sums - of those in the filter of the latest
   */
  write(to: AvroWriter, objectId: IdWords, latest: Detection, detections: number, sums: FilterSums): void {
    const { values } = this;
    const { numbers, at } = values;
    numbers.fill(NaN);
    values.setId(at.diaObjectId, objectId);
    const errorDegrees = (0.05 * degreesPerArcsec) / Math.sqrt(detections);
    numbers[at.validityStartMjdTai] = latest.mjd + validAfterDays;
    numbers[at.ra] = latest.ra;
    numbers[at.raErr] = errorDegrees;
    numbers[at.dec] = latest.dec;
    numbers[at.decErr] = errorDegrees;
    numbers[at.ra_dec_Cov] = 0.02 * errorDegrees * errorDegrees;
    numbers[at.nDiaSources] = detections;
    for (const filter of filters) numbers[at[`${filter}_psfFluxNdata`]] = this.uncounted;
    this.setStatistics(filters[latest.filter] ?? 'r', sums);
    this.plan.write(to, values);
  }

  private setStatistics(filter: (typeof filters)[number], sums: FilterSums): void {
    const { numbers, at } = this.values;
    const { detections, weight, flux, fluxSquared } = sums;
    const mean = flux / detections;
    numbers[at[`${filter}_psfFluxMean`]] = sums.weightedFlux / weight;
    numbers[at[`${filter}_psfFluxMeanErr`]] = 1 / Math.sqrt(weight);
    numbers[at[`${filter}_psfFluxNdata`]] = detections;
    numbers[at[`${filter}_scienceFluxMean`]] = sums.scienceFlux / weight;
    numbers[at[`${filter}_scienceFluxMeanErr`]] = 0.988 / Math.sqrt(weight);
    numbers[at[`${filter}_psfFluxMin`]] = sums.least;
    numbers[at[`${filter}_psfFluxMax`]] = sums.most;
    numbers[at[`${filter}_psfFluxErrMean`]] = sums.error / detections;
    if (detections < 2) return;
    const variance = (fluxSquared - flux * mean) / (detections - 1);
    numbers[at[`${filter}_psfFluxSigma`]] = Math.sqrt(Math.max(0, variance));
    numbers[at[`${filter}_psfFluxMaxSlope`]] = sums.steepest;
  }
}
