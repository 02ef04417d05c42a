import type { AvroWriter } from './avroWriter.js';
import type { IdWords } from './identifiers.js';
import { filters } from './lightCurve.js';
import { cosDegrees, log10 } from './portableMath.js';
import { RecordPlan, RecordValues, recordOf } from './recordPlan.js';
import type { SchemaVersion } from './schemaText.js';
import type { Random } from '../../random.js';

/** A detection; everything else in its record follows from this and from chance. */
export interface Detection {
  id: IdWords;
  visit: number;
  detector: number;
  objectId: IdWords | undefined;
  bodyId: IdWords | undefined;
  /** Modified Julian Date in days. */
  mjd: number;
  /** Right ascension, degrees. */
  ra: number;
  /** Declination, degrees. */
  dec: number;
  /** Column on the detector, pixels. */
  x: number;
  /** Row on the detector, pixels. */
  y: number;
  /** Measured flux on the difference image, nJy. */
  fluxNjy: number;
  /** Its standard error, nJy. */
  fluxErrorNjy: number;
  /** Flux on the template, nJy. */
  templateNjy: number;
  /** 0 to 5. */
  filter: number;
  /** 1 for a good night, up to 1.4 for a bad one. */
  seeing: number;
}

const arcsec = 1 / 3600;
const pixelArcsec = 0.2;
/** Pixels of the stamp that a point source is fitted on: 41 x 41. */
const fittedPixels = 1681;
/** From the middle of the exposure until the alert is made, days; a little later for each detector. */
const processingDays = 0.00146;
const perDetectorDays = 1e-6;
/** `ixx` and `iyy` of a point source in a good night, square arcseconds. */
const goodMoment = 0.12;

/** Fields that are the same in every real alert that was looked at (data/README.md says which). */
const neverMeasured = [
  'psfLnL',
  ...['trailRaErr', 'trailDecErr', 'trailLengthErr', 'trailAngleErr', 'trailChi2'],
  ...['dipoleMeanFlux', 'dipoleMeanFluxErr', 'dipoleFluxDiff', 'dipoleFluxDiffErr'],
  ...['dipoleLength', 'dipoleAngle', 'dipoleChi2', 'timeWithdrawnMjdTai'],
] as const;
const alwaysZero = [
  ...['apFlux_flag_apertureTruncated', 'psfFlux_flag_edge', 'psfFlux_flag_noGoodPixels'],
  ...['trail_flag_edge', 'trailNdata', 'dipoleNdata'],
  ...['forced_PsfFlux_flag_edge', 'forced_PsfFlux_flag_noGoodPixels'],
  ...['shape_flag_no_pixels', 'shape_flag_not_contained', 'shape_flag_parent_source'],
  ...['isDipole', 'dipoleFitAttempted', 'pixelFlags', 'pixelFlags_crCenter', 'pixelFlags_edge'],
  ...['pixelFlags_nodata', 'pixelFlags_nodataCenter', 'pixelFlags_interpolatedCenter'],
  ...['pixelFlags_offimage', 'pixelFlags_saturated', 'pixelFlags_saturatedCenter'],
  ...['pixelFlags_streak', 'pixelFlags_streakCenter', 'pixelFlags_injected', 'pixelFlags_injectedCenter'],
  ...['pixelFlags_injected_template', 'pixelFlags_injected_templateCenter', 'glint_trail'],
] as const;
const measured = [
  ...['diaSourceId', 'visit', 'detector', 'diaObjectId', 'ssObjectId', 'parentDiaSourceId'],
  ...['midpointMjdTai', 'ra', 'raErr', 'dec', 'decErr', 'ra_dec_Cov', 'x', 'xErr', 'y', 'yErr'],
  ...['centroid_flag', 'apFlux', 'apFluxErr', 'apFlux_flag', 'isNegative', 'snr', 'psfFlux', 'psfFluxErr'],
  ...['psfChi2', 'psfNdata', 'psfFlux_flag', 'trailFlux', 'trailFluxErr', 'trailRa', 'trailDec'],
  ...['trailLength', 'trailAngle', 'scienceFlux', 'scienceFluxErr', 'forced_PsfFlux_flag'],
  ...['templateFlux', 'templateFluxErr', 'ixx', 'iyy', 'ixy', 'ixxPSF', 'iyyPSF', 'ixyPSF', 'shape_flag'],
  ...['extendedness', 'reliability', 'band', 'timeProcessedMjdTai', 'bboxSize'],
  ...['pixelFlags_bad', 'pixelFlags_cr', 'pixelFlags_interpolated'],
  ...['pixelFlags_suspect', 'pixelFlags_suspectCenter'],
  // From 11.1 on.
  ...['exposureTime', 'trailAlgorithm', 'trail_flag', 'reliabilityVersion'],
] as const;

type SourceName = (typeof neverMeasured | typeof alwaysZero | typeof measured)[number];

/** Writes records `diaSource` of a version of the schema. */
export class DiaSourceWriter {
  private readonly values = new RecordValues<SourceName>([...neverMeasured, ...alwaysZero, ...measured]);
  private readonly plan: RecordPlan<SourceName>;

  constructor(version: SchemaVersion) {
    this.plan = new RecordPlan(recordOf(version, 'diaSource'), this.values);
    const { numbers, texts, at } = this.values;
    for (const name of alwaysZero) numbers[at[name]] = 0;
    // What was not counted is null there, and 0 in later versions.
    if (version === '9.0') numbers[at.trailNdata] = NaN;
    this.values.setLong(at.parentDiaSourceId, 0);
    numbers[at.psfNdata] = fittedPixels;
    numbers[at.exposureTime] = 30;
    numbers[at.trailAlgorithm] = 0;
    texts[at.reliabilityVersion] = '1';
  }

  /**
   * Writes a record. The same detection and random numbers give the same values in an alert and, later, in
   * the history of one.
   *
   * @param part - an alert's own source has ssObjectId 0 where it has no body, one of the history null
   * @returns `bboxSize`, the side of the box around the source, pixels
   */
  write(to: AvroWriter, detection: Detection, random: Random, part: 'own' | 'history'): number {
    this.identify(detection, part);
    const snr = Math.abs(detection.fluxNjy) / detection.fluxErrorNjy;
    const failed = random.fraction();
    this.setPosition(detection, snr, random);
    this.setFluxes(detection, snr, random);
    this.setShape(detection, snr, random);
    this.setTrail(detection, random);
    this.setFlags(failed, random);
    this.plan.write(to, this.values);
    return this.values.numbers[this.values.at.bboxSize] ?? 0;
  }

  private identify(detection: Detection, part: 'own' | 'history'): void {
    const { values } = this;
    const { at, numbers, texts } = values;
    const { id, visit, detector, objectId, bodyId, mjd, filter } = detection;
    values.setId(at.diaSourceId, id);
    values.setLong(at.visit, visit);
    numbers[at.detector] = detector;
    values.setId(at.diaObjectId, objectId ?? noId);
    values.setId(at.ssObjectId, bodyId ?? noId);
    if (part === 'history' && bodyId === undefined) numbers[at.ssObjectId] = NaN;
    numbers[at.midpointMjdTai] = mjd;
    numbers[at.timeProcessedMjdTai] = mjd + processingDays + detector * perDetectorDays;
    texts[at.band] = filters[filter];
  }

  private setPosition({ ra, dec, x, y }: Detection, snr: number, random: Random): void {
    const { at, numbers } = this.values;
    // Centroids are good to the seeing over the signal-to-noise ratio.
    const xError = (3.4 / Math.max(snr, 1)) * random.between(0.85, 1.15);
    const yError = (3.4 / Math.max(snr, 1)) * random.between(0.85, 1.15);
    const raError = (xError * pixelArcsec * arcsec) / cosDegrees(dec);
    const decError = yError * pixelArcsec * arcsec;
    numbers[at.ra] = ra;
    numbers[at.raErr] = raError;
    numbers[at.dec] = dec;
    numbers[at.decErr] = decError;
    numbers[at.ra_dec_Cov] = 0.05 * random.normal() * raError * decError;
    numbers[at.x] = x;
    numbers[at.xErr] = xError;
    numbers[at.y] = y;
    numbers[at.yErr] = yError;
  }

  private setFluxes(detection: Detection, snr: number, random: Random): void {
    const { at, numbers } = this.values;
    const { fluxNjy: flux, fluxErrorNjy: error, templateNjy: template } = detection;
    // An aperture of 12 pixels has eight times the noise power of a point source's profile.
    numbers[at.apFlux] = flux + 2.2 * error * random.normal();
    numbers[at.apFluxErr] = 2.75 * error * random.between(0.97, 1.03);
    numbers[at.isNegative] = flux < 0 ? 1 : 0;
    numbers[at.snr] = snr;
    numbers[at.psfFlux] = flux;
    numbers[at.psfFluxErr] = error;
    numbers[at.psfChi2] = fittedPixels + 58 * random.normal();
    numbers[at.scienceFlux] = template + flux + 0.02 * error * random.normal();
    numbers[at.scienceFluxErr] = 0.988 * error;
    numbers[at.templateFlux] = template + 0.02 * error * random.normal();
    numbers[at.templateFluxErr] = 0.076 * error * random.between(0.9, 1.1);
    numbers[at.reliability] = 1 - random.fraction() * Math.min(0.6, 4 / snr);
    numbers[at.bboxSize] = boxSide(snr, random);
  }

  private setShape({ seeing }: Detection, snr: number, random: Random): void {
    const { at, numbers } = this.values;
    const psf = goodMoment * seeing * seeing;
    const scatter = (3.2 * psf) / Math.max(snr, 6);
    numbers[at.ixxPSF] = psf * random.between(0.98, 1.02);
    numbers[at.iyyPSF] = psf * random.between(0.98, 1.02);
    numbers[at.ixyPSF] = 0.01 * psf * random.normal();
    numbers[at.ixx] = psf + 0.6 * scatter * random.normal();
    numbers[at.iyy] = psf + 0.6 * scatter * random.normal();
    numbers[at.ixy] = 0.4 * scatter * random.normal();
    numbers[at.extendedness] = random.fraction() * Math.min(1, 2 / snr);
  }

  private setTrail({ fluxNjy: flux, fluxErrorNjy, bodyId, ra, dec }: Detection, random: Random): void {
    const { at, numbers } = this.values;
    // A body moves some 0.2 degrees a day, which is 0.2 arcseconds in an exposure of 30 seconds.
    const length = random.between(0.2, 1.2) + (bodyId === undefined ? 0 : 0.3);
    numbers[at.trailFlux] = flux * random.between(0.93, 1.02);
    numbers[at.trailFluxErr] = fluxErrorNjy * random.between(0.001, 0.03);
    numbers[at.trailRa] = ra + 1e-5 * random.normal();
    numbers[at.trailDec] = dec + 1e-5 * random.normal();
    numbers[at.trailLength] = length;
    numbers[at.trailAngle] = random.between(-180, 180);
  }

  /**
   * Flags are as frequent as in 1,414 sources of real histories.
   *
   * @param failed - 0 up to 1, by chance: what could not be measured
   */
  private setFlags(failed: number, random: Random): void {
    const { at, numbers } = this.values;
    const hit = random.fraction();
    const noFlux = failed < 0.0028 ? 1 : 0;
    const noShape = failed < 0.0064 ? 1 : 0;
    const bad = hit < 0.0078 ? 1 : 0;
    const ray = hit > 0.9979 ? 1 : 0;
    const suspect = hit > 0.5 && hit < 0.5007 ? 1 : 0;
    numbers[at.centroid_flag] = noFlux;
    numbers[at.apFlux_flag] = noFlux;
    numbers[at.psfFlux_flag] = noFlux;
    numbers[at.forced_PsfFlux_flag] = noFlux;
    numbers[at.shape_flag] = noShape;
    numbers[at.trail_flag] = noShape;
    numbers[at.pixelFlags_bad] = bad;
    numbers[at.pixelFlags_cr] = ray;
    numbers[at.pixelFlags_interpolated] = bad | ray;
    numbers[at.pixelFlags_suspect] = suspect;
    numbers[at.pixelFlags_suspectCenter] = suspect;
    if (noShape === 0) return;
    for (const name of withoutShape) numbers[at[name]] = NaN;
  }
}

const noId: IdWords = { high: 0, low: 0 };

/** What a source has not, where its shape could not be measured. */
const withoutShape = [
  ...['ixx', 'iyy', 'ixy', 'extendedness'],
  ...['trailFlux', 'trailFluxErr', 'trailRa', 'trailDec', 'trailLength', 'trailAngle'],
] as const satisfies readonly SourceName[];

/**
 * Side of the box around a source's pixels. Four real ones: 12 at a signal-to-noise ratio of 5, 18 or 19 at
 * 14, 24 at 42, 33 at 153; brighter ones stay at 33 here.
 */
function boxSide(snr: number, random: Random): number {
  const side = 12 + 14 * log10(Math.max(snr, 1) / 5) + random.between(-1, 1);
  return Math.min(33, Math.max(11, Math.round(side)));
}
