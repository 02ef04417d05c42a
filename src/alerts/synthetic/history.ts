import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import type { FilterStatistics } from './filterStatistics.js';
import type { ForcedMeasurement } from './forcedSource.js';
import { idKinds, packId, visitNumber, type IdWords } from './identifiers.js';
import { differenceFlux, filters, fluxError, templateFlux, type LightCurve } from './lightCurve.js';
import type { Random } from '../../random.js';
import type { RecordWriters } from './recordWriters.js';
import type { HistoryLength } from './sizes.js';

/** How far back history goes, days. */
export const historyDays = 365;

const secondsPerDay = 86_400;
const nominalCadenceSeconds = 37;

/** An earlier exposure of an object. */
export interface Epoch {
  /** Modified Julian Date in days. */
  readonly mjd: number;
  /** 0 to 5. */
  readonly filter: number;
  /** Whole Modified Julian Date. */
  readonly night: number;
  /** Number of the exposure in its night, one every 37 s. */
  readonly sequence: number;
  /** Number of the visit as Rubin writes it. */
  readonly visit: number;
  readonly detector: number;
  /** Number of the source within its detector's image. */
  readonly index: number;
  /** 1 for a good night, up to 1.4 for a bad one. */
  readonly seeing: number;
}

/**
 * The exposures of the year before an alert, oldest first, cycling through the filters. Each is on an earlier
 * night than the alert, so that no identifier of the history is one of an alert.
 *
 * @param nowMjd - time of the alert: Modified Julian Date in days
 * @param filter - filter of the alert; the cycle ends before it
 * @returns the exposures, no two within 37 s for any number that sizes allow
 */
export function drawEpochs(random: Random, count: number, nowMjd: number, filter: number): Epoch[] {
  const step = (historyDays - 1) / Math.max(1, count);
  return Array.from({ length: count }, (_, at) => {
    const mjd = nowMjd - historyDays + (at + random.between(0.1, 0.9)) * step;
    const night = Math.floor(mjd);
    const sequence = Math.floor(((mjd - night) * secondsPerDay) / nominalCadenceSeconds);
    return {
      mjd,
      filter: (((filter - count + at) % filters.length) + filters.length) % filters.length,
      night,
      sequence,
      visit: visitNumber(mjd, sequence),
      detector: random.below(189),
      index: random.below(65_536),
      seeing: random.between(1, 1.4),
    };
  });
}

/**
 * Time of the first of an object's earlier detections, or of the alert if it is the first: Modified Julian
 * Date in days.
 */
export function firstDetectionMjd(epochs: readonly Epoch[], length: HistoryLength, nowMjd: number): number {
  return epochs[epochs.length - length.detections]?.mjd ?? nowMjd;
}

/**
 * Writes the fields `prvDiaSources`, null where there are none, and `prvDiaForcedSources`, which may be empty.
 *
 * @param bench - its writer stands behind the alert's own source
 * @param epochs - oldest first
 * @param length - how many detections and forced measurements; each kind takes the latest exposures
 * @param alert - position and object are taken from it
 */
export function writeHistory(
  bench: HistoryBench,
  epochs: readonly Epoch[],
  length: HistoryLength,
  curve: LightCurve,
  alert: Detection,
): void {
  const { writer: to, records, statistics, random } = bench;
  const earlier: Detection = { ...alert };
  if (length.detections === 0) to.null();
  else startArray(to, length.detections);
  for (let at = epochs.length - length.detections; at < epochs.length; at += 1) {
    const epoch = epochs[at];
    if (epoch === undefined) continue;
    placeDetection(earlier, epoch, alert, random);
    measureDetection(earlier, curve, random);
    const { fluxNjy, fluxErrorNjy, templateNjy } = earlier;
    statistics.addDetection(epoch.filter, epoch.mjd, fluxNjy, fluxErrorNjy, templateNjy);
    records.source.write(to, earlier, random, 'history');
  }
  if (length.detections > 0) to.integer(0); // the end of the array
  startArray(to, length.forced);
  for (let at = epochs.length - length.forced; at < epochs.length; at += 1) {
    const epoch = epochs[at];
    if (epoch !== undefined && alert.objectId !== undefined) {
      records.forced.write(to, measureForced(epoch, curve, alert, alert.objectId, random));
    }
  }
  to.integer(0);
}

/** What a history is written with. */
export interface HistoryBench {
  readonly writer: AvroWriter;
  readonly records: RecordWriters;
  readonly statistics: FilterStatistics;
  readonly random: Random;
}

/**
 * Measures the flux of a detection at its time and in its filter. A detection stands out by at least 5 sigma,
 * or it would not be one.
 *
 * @param detection - gets the flux, its error and the flux on the template
 */
export function measureDetection(detection: Detection, curve: LightCurve, random: Random): void {
  const { mjd, filter, seeing } = detection;
  const truth = differenceFlux(curve, mjd, filter);
  const template = templateFlux(curve, filter);
  const error = fluxError(truth + template, filter, seeing);
  const measured = truth + error * random.normal();
  const least = 5 * error * random.between(1, 1.2);
  detection.fluxErrorNjy = error;
  detection.fluxNjy = Math.abs(measured) >= least ? measured : measured < 0 ? -least : least;
  detection.templateNjy = template;
}

function placeDetection(detection: Detection, epoch: Epoch, alert: Detection, random: Random): void {
  const { mjd, visit, detector, filter } = epoch;
  detection.id = packId(epoch, idKinds.source);
  detection.visit = visit;
  detection.detector = detector;
  detection.filter = filter;
  detection.mjd = mjd;
  detection.seeing = epoch.seeing;
  detection.ra = alert.ra + 2e-5 * random.normal();
  detection.dec = alert.dec + 2e-5 * random.normal();
  detection.x = random.between(50, 4022);
  detection.y = random.between(50, 3950);
}

function measureForced(
  epoch: Epoch,
  curve: LightCurve,
  alert: Detection,
  objectId: IdWords,
  random: Random,
): ForcedMeasurement {
  const { mjd, visit, filter, detector } = epoch;
  const truth = differenceFlux(curve, mjd, filter);
  const templateNjy = templateFlux(curve, filter);
  const fluxErrorNjy = fluxError(truth + templateNjy, filter, epoch.seeing);
  return {
    id: packId(epoch, idKinds.forcedSource),
    objectId,
    ra: alert.ra,
    dec: alert.dec,
    visit,
    detector,
    mjd,
    fluxNjy: truth + fluxErrorNjy * random.normal(),
    fluxErrorNjy,
    templateNjy,
    filter,
  };
}

/** An array that may be null: the union's branch, then one block of items unless it is empty. */
function startArray(to: AvroWriter, length: number): void {
  to.present();
  if (length > 0) to.integer(length);
}
