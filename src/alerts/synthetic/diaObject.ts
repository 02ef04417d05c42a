import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import type { FilterStatistics, FilterSums } from './filterStatistics.js';
import type { IdWords } from './identifiers.js';

const minuteInDays = 1 / 1440;
const degreesPerArcsec = 1 / 3600;

/**
 * Writes a record `diaObject`, field by field in the order of the schema. A filter without a detection has
 * null for its statistics.
 */
export function writeDiaObject(
  to: AvroWriter,
  objectId: IdWords,
  latest: Detection,
  firstMjd: number,
  statistics: FilterStatistics,
): void {
  const detections = statistics.sums.reduce((sum, { detections: count }) => sum + count, 0);
  const errorDegrees = (0.05 * degreesPerArcsec) / Math.sqrt(Math.max(1, detections));
  to.long(objectId.high, objectId.low);
  to.double(latest.mjd + minuteInDays); // validityStartMjdTai
  to.double(latest.ra);
  to.maybeFloat(errorDegrees);
  to.double(latest.dec);
  to.maybeFloat(errorDegrees);
  to.maybeFloat(0);
  for (const sums of statistics.sums) writeMeans(to, sums);
  for (const sums of statistics.sums) writeScience(to, sums);
  for (const sums of statistics.sums) writeExtremes(to, sums);
  to.maybeDouble(firstMjd);
  to.maybeDouble(latest.mjd);
  to.integer(detections);
}

function writeMeans(to: AvroWriter, sums: FilterSums): void {
  const { detections, weight, flux, fluxSquared } = sums;
  const known = detections > 0;
  maybe(to, known, sums.weightedFlux / weight);
  maybe(to, known, 1 / Math.sqrt(weight));
  const mean = flux / detections;
  maybe(to, detections > 1, Math.sqrt(Math.max(0, (fluxSquared - flux * mean) / (detections - 1))));
  to.integer(detections);
  maybe(to, known && sums.forced > 0, sums.forcedFlux / sums.forcedWeight);
  maybe(to, known && sums.forced > 0, 1 / Math.sqrt(sums.forcedWeight));
}

function writeScience(to: AvroWriter, sums: FilterSums): void {
  const known = sums.detections > 0 && sums.forced > 0;
  maybe(to, known, sums.scienceFlux / sums.forcedWeight);
  maybe(to, known, 1.02 / Math.sqrt(sums.forcedWeight));
}

function writeExtremes(to: AvroWriter, sums: FilterSums): void {
  const known = sums.detections > 0;
  maybe(to, known, sums.least);
  maybe(to, known, sums.most);
  maybe(to, sums.detections > 1, sums.steepest);
  maybe(to, known, sums.error / sums.detections);
}

function maybe(to: AvroWriter, known: boolean, value: number): void {
  if (known) to.maybeFloat(value);
  else to.null();
}
