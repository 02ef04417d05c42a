import { visitNumber } from './identifiers.js';
import { filters } from './lightCurve.js';
import type { SyntheticOptions } from './options.js';
import { cosDegrees } from './portableMath.js';
import { purposes, Random } from '../../random.js';
import { sunLongitude } from './sky.js';

const secondsPerDay = 86_400;
const detectorColumns = 4072;
const detectorRows = 4000;
const pixelDegrees = 0.2 / 3600;
/** Detectors in a row of the camera, taken as a square: 189 of them fill some 13 rows of 15. */
const detectorsPerRow = 15;

/** The exposure of an alert, and its number there. */
export interface AlertPlace {
  /** From 0. */
  readonly visitIndex: number;
  /** Number of the visit as Rubin writes it. */
  readonly visit: number;
  /** Whole Modified Julian Date. */
  readonly night: number;
  /** Number of the visit for identifiers, from 1. */
  readonly sequence: number;
  /** From 0. */
  readonly detector: number;
  /** Number of the source within the detector's image, from 0. */
  readonly index: number;
  /** Modified Julian Date in days. */
  readonly mjd: number;
}

/** Position of a source on the sky and on its detector, and how it was observed. */
export interface SkyPlace {
  /** Right ascension, degrees, 0 up to 360. */
  readonly ra: number;
  /** Declination, degrees. */
  readonly dec: number;
  /** Column on the detector, pixels. */
  readonly x: number;
  /** Row on the detector, pixels. */
  readonly y: number;
  /** 0 to 5. */
  readonly filter: number;
  /** 1 for a good night, up to 1.4 for a bad one. */
  readonly seeing: number;
}

/**
 * Finds the exposure of an alert: visits follow each other, and within a visit the detectors. Alerts of one
 * visit share its time.
 *
 * @param alertIndex - from 0
 */
export function placeAlert(options: SyntheticOptions, alertIndex: number): AlertPlace {
  const { alertsPerVisit, detectors, cadenceSeconds, startMjd } = options;
  const visitIndex = Math.floor(alertIndex / alertsPerVisit);
  const inVisit = alertIndex - visitIndex * alertsPerVisit;
  const detector = Math.floor((inVisit * detectors) / alertsPerVisit);
  const firstOfDetector = Math.ceil((detector * alertsPerVisit) / detectors);
  const mjd = startMjd + (visitIndex * cadenceSeconds) / secondsPerDay;
  const sequence = visitIndex + 1;
  return {
    visitIndex,
    visit: visitNumber(mjd, sequence),
    night: Math.floor(mjd),
    sequence,
    detector,
    index: inVisit - firstOfDetector,
    mjd,
  };
}

/**
 * Puts a source somewhere on its detector. Fields lie around the point opposite the Sun, as those of a night
 * do; field, filter and seeing are the same for a whole visit.
 */
export function placeOnSky(options: SyntheticOptions, place: AlertPlace, random: Random): SkyPlace {
  const visit = new Random().start(options.seed, purposes.visit, place.visitIndex);
  const fieldRa = sunLongitude(options.startMjd) + 180 + visit.between(-60, 60);
  const fieldDec = visit.between(-65, 10);
  const filter = visit.below(filters.length);
  const seeing = visit.between(1, 1.4);
  const x = random.between(50, detectorColumns - 50);
  const y = random.between(50, detectorRows - 50);
  const column = (place.detector % detectorsPerRow) - (detectorsPerRow - 1) / 2;
  const row = Math.floor(place.detector / detectorsPerRow) - 6;
  const dec = fieldDec + (row * detectorRows + y - detectorRows / 2) * pixelDegrees;
  const east = (column * detectorColumns + x - detectorColumns / 2) * pixelDegrees;
  const ra = fieldRa - east / cosDegrees(dec);
  return { ra: ra - Math.floor(ra / 360) * 360, dec, x, y, filter, seeing };
}
