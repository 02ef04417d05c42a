import { filters } from './lightCurve.js';

/** Sums over the detections of one object in one filter. Weights are one over the variance. */
export interface FilterSums {
  detections: number;
  weight: number;
  weightedFlux: number;
  /** nJy. */
  flux: number;
  /** nJy². */
  fluxSquared: number;
  /** nJy. */
  error: number;
  /** nJy. */
  least: number;
  /** nJy. */
  most: number;
  /** Steepest change between neighbouring detections, nJy per day; 0 until there are two. */
  steepest: number;
  /** nJy. */
  lastFlux: number;
  /** Modified Julian Date in days. */
  lastMjd: number;
  forced: number;
  forcedWeight: number;
  forcedFlux: number;
  scienceFlux: number;
}

/** Statistics of an object's measurements for its own record, filter by filter. */
export class FilterStatistics {
  readonly sums: readonly FilterSums[] = filters.map(() => emptySums());

  reset(): void {
    for (const sums of this.sums) Object.assign(sums, empty);
  }

  /**
   * Counts a detection; call in order of time.
   *
   * @param mjd - Modified Julian Date in days
   * @param flux - on the difference image, nJy
   * @param error - standard error, nJy
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
   * @param flux - on the difference image, nJy
   * @param science - on the science image, nJy
   * @param error - standard error, nJy
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
