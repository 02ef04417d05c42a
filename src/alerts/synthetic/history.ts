import type { Detection } from './diaSource.js';
import type { ForcedMeasurement } from './forcedSource.js';
import { idKinds, packId, seedTag, type IdWords } from './identifiers.js';
import { differenceFlux, fluxError, templateFlux } from './lightCurve.js';
import type { SkyObject } from './objects.js';
import type { Observing, Pixel, Place, SkyPoint, Visit } from './observing.js';
import { cosDegrees } from './portableMath.js';
import { purposes, Random, type Purpose } from '../../random.js';

/** How far back history goes, days. */
const historyDays = 365;
/** Objects are measured at their positions for some days, whether they are detected there or not. */
const forcedDays = 3;
export const mostForced = 25;

const leastSignalToNoise = 5;

/** What was measured of an object in one visit. */
export interface Measurement {
  readonly visit: Visit;
  /** On the difference image, nJy. */
  readonly fluxNjy: number;
  readonly errorNjy: number;
  readonly templateNjy: number;
}

/** An object's detections, and other measurements, up to an alert. */
export interface History {
  /** Of the object's first detection. */
  readonly objectId: IdWords;
  /** Modified Julian Date in days. */
  readonly firstMjd: number;
  /** The alert's own. */
  readonly now: Measurement;
  /** Detections of the year before, oldest first; valid until the next look. */
  readonly detections: readonly Measurement[];
  /** Measurements of the last days, oldest first. */
  readonly forced: readonly Measurement[];
}

/**
 * Measures objects. What is measured of an object in a visit depends on the two alone, so that it is the same
 * in the alert of that visit and in the history of all later ones.
 */
export class Measuring {
  private readonly random = new Random();
  private readonly tag: number;

  constructor(
    private readonly seed: number,
    private readonly observing: Observing,
    /** Earlier detections, at most. */
    private readonly longest: number,
  ) {
    this.tag = seedTag(seed);
  }

  /** The identifier of what an alert's place gives in a visit. */
  idOf(visit: Visit, serial: number, kind: number = idKinds.source): IdWords {
    return packId(visit.word, kind, this.tag, serial);
  }

  /** Undefined where the object is too faint in the alert's visit, or was detected too often before. */
  historyOf(object: SkyObject, { region, occasion, serial }: Place): History | undefined {
    const now = this.measure(object, this.observing.visitOf(region, occasion), serial);
    if (!isDetected(now)) return undefined;
    const since = now.visit.mjd - historyDays;
    const detections: Measurement[] = [];
    const forced: Measurement[] = [];
    let first: Measurement | undefined;
    if (object.body === undefined) {
      for (let earlier = object.born; earlier < occasion; earlier += 1) {
        const measured = this.measure(object, this.observing.visitOf(region, earlier), serial);
        const isDetection = isDetected(measured);
        if (isDetection && measured.visit.mjd >= since) detections.push(measured);
        if (isDetection) first ??= measured;
        else if (first === undefined) continue;
        if (occasion - earlier <= mostForced && measured.visit.mjd >= now.visit.mjd - forcedDays)
          forced.push(measured);
      }
    }
    if (detections.length > this.longest) return undefined;
    first ??= now;
    return { objectId: this.idOf(first.visit, serial), firstMjd: first.visit.mjd, now, detections, forced };
  }

  /** Something that is seen only once: faint, and as often darker than the template as artefacts are. */
  artefact(object: SkyObject, { visitIndex, serial }: Place): History {
    const visit = this.observing.visitAt(visitIndex);
    const random = this.start(purposes.measurement, this.idOf(visit, serial), 1);
    const templateNjy = templateFlux(object.curve, visit.filter);
    const snr = leastSignalToNoise / (1 - 0.9 * random.fraction());
    const errorNjy = fluxError(templateNjy, visit.filter, visit.seeing);
    const fluxNjy = (random.fraction() < 0.3 ? -snr : snr) * errorNjy;
    const now = { visit, fluxNjy, errorNjy, templateNjy };
    const objectId = this.idOf(visit, serial);
    return { objectId, firstMjd: visit.mjd, now, detections: [], forced: [] };
  }

  /** Random numbers that a source alone chooses; whatever is written about it starts with these. */
  start(purpose: Purpose, id: IdWords, part = 0): Random {
    return this.random.startAt(this.seed, purpose, id.high, id.low, part);
  }

  private measure({ curve }: SkyObject, visit: Visit, serial: number): Measurement {
    const { filter, mjd, seeing } = visit;
    const truth = differenceFlux(curve, mjd, filter);
    const templateNjy = templateFlux(curve, filter);
    const errorNjy = fluxError(truth + templateNjy, filter, seeing);
    const random = this.start(purposes.measurement, this.idOf(visit, serial));
    return { visit, fluxNjy: truth + errorNjy * random.normal(), errorNjy, templateNjy };
  }
}

function isDetected({ fluxNjy, errorNjy }: Measurement): boolean {
  return Math.abs(fluxNjy) >= leastSignalToNoise * errorNjy;
}

/** What all detections of an object have in common. */
export interface Seen {
  readonly objectId: IdWords | undefined;
  readonly bodyId: IdWords | undefined;
  readonly serial: number;
  readonly detector: number;
  /** True position, and where it lies on the detector without the visit's shift. */
  readonly point: SkyPoint;
  readonly pixel: Pixel;
}

/**
 * Sets a detection to one of an object's; what it is follows from the object and the visit alone.
 *
 * @param detection - gets the values
 * @returns random numbers that the source alone chooses, for the rest of its record
 */
export function setDetection(
  detection: Detection,
  measured: Measurement,
  seen: Seen,
  measuring: Measuring,
): Random {
  const { visit, fluxNjy, errorNjy, templateNjy } = measured;
  const { point, pixel, serial } = seen;
  detection.id = measuring.idOf(visit, serial);
  const random = measuring.start(purposes.source, detection.id);
  // Centroids are good to the seeing over the signal-to-noise ratio.
  const errorDegrees = (0.4 * visit.seeing * errorNjy) / Math.abs(fluxNjy) / 3600;
  detection.objectId = seen.objectId;
  detection.bodyId = seen.bodyId;
  detection.visit = visit.number;
  detection.detector = seen.detector;
  detection.mjd = visit.mjd;
  detection.filter = visit.filter;
  detection.seeing = visit.seeing;
  detection.ra = point.ra + (errorDegrees * random.normal()) / cosDegrees(point.dec);
  detection.dec = point.dec + errorDegrees * random.normal();
  detection.x = pixel.x + visit.shiftX;
  detection.y = pixel.y + visit.shiftY;
  detection.fluxNjy = fluxNjy;
  detection.fluxErrorNjy = errorNjy;
  detection.templateNjy = templateNjy;
  return random;
}

/** A flux measured at an object's position. */
export function forcedOf(measured: Measurement, seen: Seen, measuring: Measuring): ForcedMeasurement {
  const { visit, fluxNjy, errorNjy, templateNjy } = measured;
  const { objectId, detector, point, serial } = seen;
  return {
    id: measuring.idOf(visit, serial, idKinds.forcedSource),
    objectId: objectId ?? { high: 0, low: 0 },
    ...point,
    visit: visit.number,
    detector,
    mjd: visit.mjd,
    fluxNjy,
    fluxErrorNjy: errorNjy,
    templateNjy,
    filter: visit.filter,
  };
}
