/** Sums over the detections of one object in one filter. Weights are one over the variance. */
export interface FilterSums {
  detections: number;
  weight: number;
  weightedFlux: number;
  /** Weighted, on the science image, nJy. */
  scienceFlux: number;
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
}

/** Statistics of an object's detections for its own record: of those in the filter of the alert. */
export class FilterStatistics {
  readonly sums: FilterSums = { ...empty };
  private filter = 0;

  /** @param filter - 0 to 5; detections in others are not counted */
  reset(filter: number): void {
    Object.assign(this.sums, empty);
    this.filter = filter;
  }

  /**
   * Counts a detection; call in order of time.
   *
   * @param mjd - Modified Julian Date in days
   * @param flux - on the difference image, nJy
   * @param error - standard error, nJy
   * @param template - flux on the template, nJy
   */
  addDetection(filter: number, mjd: number, flux: number, error: number, template: number): void {
    if (filter !== this.filter) return;
    const { sums } = this;
    if (sums.detections > 0) {
      const slope = (flux - sums.lastFlux) / (mjd - sums.lastMjd);
      if (Math.abs(slope) > Math.abs(sums.steepest)) sums.steepest = slope;
    }
    const weight = 1 / (error * error);
    sums.detections += 1;
    sums.weight += weight;
    sums.weightedFlux += weight * flux;
    sums.scienceFlux += weight * (flux + template);
    sums.flux += flux;
    sums.fluxSquared += flux * flux;
    sums.error += error;
    sums.least = Math.min(sums.least, flux);
    sums.most = Math.max(sums.most, flux);
    sums.lastFlux = flux;
    sums.lastMjd = mjd;
  }
}

const empty: Readonly<FilterSums> = {
  detections: 0,
  weight: 0,
  weightedFlux: 0,
  scienceFlux: 0,
  flux: 0,
  fluxSquared: 0,
  error: 0,
  least: Infinity,
  most: -Infinity,
  steepest: 0,
  lastFlux: 0,
  lastMjd: 0,
};
