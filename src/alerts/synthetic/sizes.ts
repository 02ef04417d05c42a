import { meanDetections, mostDetections, type HistoryShape } from './historyShape.js';
import { mostForced } from './history.js';

/** Sizes of an alert's parts in bytes, measured on alerts that were made for it. */
export interface PartSizes {
  readonly solarSystemAlert: number;
  /** An alert of an object without any history. */
  readonly newObjectAlert: number;
  readonly detection: number;
  readonly forced: number;
}

/** Mean size of alerts, bytes, of which a share is of solar-system bodies. */
export function meanBytesOf(sizes: PartSizes, shape: HistoryShape, solarSystem: number): number {
  const ofObjects =
    sizes.newObjectAlert + meanDetections(shape) * sizes.detection + meanForced(shape) * sizes.forced;
  return solarSystem * sizes.solarSystemAlert + (1 - solarSystem) * ofObjects;
}

/** The mean number of earlier detections that gives alerts a mean size; negative where it is too small. */
export function detectionsFor(
  sizes: PartSizes,
  meanBytes: number,
  shape: HistoryShape,
  solarSystem: number,
): number {
  const own = meanBytesOf(sizes, shape, solarSystem);
  const bare = meanBytesOf(sizes, Float64Array.of(1), solarSystem);
  // Forced measurements grow along with detections where these get fewer, and are as many where they grow.
  const detections = meanDetections(shape);
  if (meanBytes <= own) return own === bare ? 0 : (detections * (meanBytes - bare)) / (own - bare);
  return detections + (meanBytes - own) / ((1 - solarSystem) * sizes.detection);
}

/** The smallest and the largest mean size that histories can give, bytes. */
export function reachableBytes(
  sizes: PartSizes,
  shape: HistoryShape,
  solarSystem: number,
): { least: number; most: number } {
  const own = meanBytesOf(sizes, shape, solarSystem);
  const more = Math.max(0, mostDetections() - meanDetections(shape)) * sizes.detection;
  return {
    least: meanBytesOf(sizes, Float64Array.of(1), solarSystem),
    most: own + (1 - solarSystem) * more,
  };
}

/** About half of the visits for which forced measurements are kept lie within the days for which they are. */
function meanForced(shape: HistoryShape): number {
  return shape.reduce((sum, share, length) => sum + share * Math.min(length, mostForced / 2), 0);
}
