import { filters } from './lightCurve.js';

/** Sums over the detections of one object in one filter. Weights are one over the variance. */
export interface FilterSums {
  /** Number of detections. */
  detections: number;
  /** Sum of the weights. */
  weight: number;
  /** Sum of weight times flux. */
  weightedFlux: number;
  /** Sum of the fluxes, nJy. */
  flux: number;
  /** Sum of the squared fluxes. */
  fluxSquared: number;
  /** Sum of the errors, nJy. */
  error: number;
  /** Smallest flux, nJy. */
  least: number;
  /** Largest flux, nJy. */
  most: number;
  /** Steepest change between neighbouring detections, nJy per day; 0 until there are two. */
  steepest: number;
  /** Flux of the latest detection, nJy. */
  lastFlux: number;
  /** Time of the latest detection: Modified Julian Date in days. */
  lastMjd: number;
  /** Number of forced measurements. */
  forced: number;
  /** Sum of the weights of forced measurements. */
  forcedWeight: number;
  /** Sum of weight times forced difference flux. */
  forcedFlux: number;
  /** Sum of weight times forced science flux. */
  scienceFlux: number;
}

/** What the object's own record says of its measurements, filter by filter. */
export class FilterStatistics {
  /** The sums, by number of the filter. */
  readonly sums: readonly FilterSums[] = filters.map(() => emptySums());

  /** Forgets everything, for the next object. */
  reset(): void {
    for (const sums of this.sums) Object.assign(sums, empty);
  }

  /**
   * Counts a detection; in order of time.
   *
   * @param filter - number of the filter
   * @param mjd - its time: Modified Julian Date in days
   * @param flux - its flux on the difference image, nJy
   * @param error - standard error of the flux, nJy
   */
  addDetection(filter: number, mjd: number, flux: number, error: number): void {
    const sums = this.sums[filter];
    if (sums === undefined) return;
    if (sums.detections > 0) {
      const slope = (flux - sums.lastFlux) / (mjd - sums.lastMjd);
      if (Math.abs(slope) > Math.abs(sums.steepest)) sums.steepest = slope;
    }
    const weight = 1 / (error * error);
    sums.detections += 1;
    sums.weight += weight;
    sums.weightedFlux += weight * flux;
    sums.flux += flux;
    sums.fluxSquared += flux * flux;
    sums.error += error;
    sums.least = Math.min(sums.least, flux);
    sums.most = Math.max(sums.most, flux);
    sums.lastFlux = flux;
    sums.lastMjd = mjd;
  }

  /**
   * Counts a forced measurement.
   *
   * @param filter - number of the filter
   * @param flux - flux on the difference image, nJy
   * @param science - flux on the science image, nJy
   * @param error - standard error of the fluxes, nJy
   */
  addForced(filter: number, flux: number, science: number, error: number): void {
    const sums = this.sums[filter];
    if (sums === undefined) return;
    const weight = 1 / (error * error);
    sums.forced += 1;
    sums.forcedWeight += weight;
    sums.forcedFlux += weight * flux;
    sums.scienceFlux += weight * science;
  }
}

const empty: Readonly<FilterSums> = {
  detections: 0,
  weight: 0,
  weightedFlux: 0,
  flux: 0,
  fluxSquared: 0,
  error: 0,
  least: Infinity,
  most: -Infinity,
  steepest: 0,
  lastFlux: 0,
  lastMjd: 0,
  forced: 0,
  forcedWeight: 0,
  forcedFlux: 0,
  scienceFlux: 0,
};

function emptySums(): FilterSums {
  return { ...empty };
}
