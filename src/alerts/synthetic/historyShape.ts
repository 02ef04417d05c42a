/** How many earlier sources the alerts of objects have. */
export interface HistoryOptions {
  /** Share of alerts without any, 0 to 1. Default 0.4. */
  readonly none: number;
  /** Half of the alerts have no more than this. Default 8, or the most that the other two allow if that is less. */
  readonly median?: number | undefined;
  /** The longest, 1 to 2,300; more than 1 where few are without. Default 1,000. */
  readonly max: number;
}

export const historyDefaults: HistoryOptions = Object.freeze({ none: 0.4, max: 1000 });

/** With more, an alert could be larger than a message that Kafka takes by default, about 1 MB. */
const longestHistory = 2300;
/** Of the times at which an object could be detected, the share at which it is bright enough; measured. */
const detectedShare = 0.92;
const usualMedian = 8;
/** 0.5 - 0.4 is not quite 0.1. */
const rounding = 1e-9;

/** Share of alerts of objects by how many earlier sources they have: entry k is that of k. */
export type HistoryShape = Float64Array;

/** Something that cannot be had, and the range that can. */
export interface HistoryFault {
  readonly option: 'none' | 'median' | 'max';
  readonly least: number;
  readonly most: number;
}

/**
 * Checks the three numbers against each other. Objects are first seen, seen again, and lost: no number of
 * earlier sources is more frequent than a smaller one.
 *
 * @returns the first one that is out of the range that the others leave to it
 */
export function historyFault({ none, median, max }: HistoryOptions): HistoryFault | undefined {
  if (!(none >= leastNone(1) && none <= 1)) return { option: 'none', least: leastNone(1), most: 1 };
  const leastMax = Math.max(1, ceil((1 - none) / freeNone(none)));
  if (!(Number.isInteger(max) && max >= leastMax && max <= longestHistory))
    return { option: 'max', least: leastMax, most: longestHistory };
  if (median === undefined) return undefined;
  const { least, most } = medians(none, max);
  if (least > most) {
    const roomy = ceil((least * (1 - none)) / (0.5 - none));
    return { option: 'max', least: roomy, most: longestHistory };
  }
  if (!(Number.isInteger(median) && median >= least && median <= most))
    return { option: 'median', least, most };
  return undefined;
}

/**
 * The distribution of the length of histories: equally many of each length up to the median, from there to the
 * longest ever fewer, nearly as one over the length.
 */
export function historyShape({ none, median: wanted, max }: HistoryOptions): HistoryShape {
  const shape = new Float64Array(max + 1);
  shape[0] = none;
  if (none >= 0.5) {
    spread(shape, 0, 1 - none, Infinity);
    return shape;
  }
  const { least, most } = medians(none, max);
  if (least > most) return shape.fill((1 - none) / max, 1);
  const median = wanted ?? Math.max(least, Math.min(usualMedian, most));
  const each = (0.5 - none) / median;
  shape.fill(each, 1, Math.min(max, median) + 1);
  spread(shape, median, 0.5, each);
  return shape;
}

/** Mean number of earlier sources. */
export function meanDetections(shape: HistoryShape): number {
  return shape.reduce((sum, share, length) => sum + share * length, 0);
}

/**
 * A distribution that has another mean: for a smaller one more alerts are without a history, for a larger one
 * long histories are more frequent, up to equally many of each length.
 *
 * @param mean - of earlier sources, 0 to {@link mostDetections}; beyond these, the nearest is taken
 */
export function shapeOfMean(shape: HistoryShape, mean: number): HistoryShape {
  const own = meanDetections(shape);
  if (mean <= own) {
    const kept = own === 0 ? 0 : Math.max(0, mean) / own;
    const shorter = shape.map((share) => share * kept);
    shorter[0] = 1 - kept * (1 - (shape[0] ?? 0));
    return shorter;
  }
  const flat = flatShape();
  const part = Math.min(1, (mean - own) / (meanDetections(flat) - own));
  return flat.map((share, length) => part * share + (1 - part) * (shape[length] ?? 0));
}

/** The largest mean number of earlier sources that {@link shapeOfMean} can give. */
export function mostDetections(): number {
  return meanDetections(flatShape());
}

/**
 * How alerts of objects are distributed over the occasions at which their object could be seen before, by
 * which they have the given number of earlier sources: not each occasion gives one.
 *
 * @returns shares that add up to 1 and, from 1 on, never grow
 */
export function occasionShape(shape: HistoryShape): Float64Array {
  const longest = shape.length - 1;
  const occasions = new Float64Array(Math.ceil(longest / detectedShare) + 1);
  // Each length stretches over 1 / detectedShare occasions, and is shared out among those that it reaches into.
  for (let length = 1; length <= longest; length += 1) {
    const share = shape[length] ?? 0;
    const [from, to] = [(length - 1) / detectedShare, length / detectedShare];
    for (let occasion = Math.floor(from) + 1; occasion - 1 < to; occasion += 1)
      occasions[occasion] =
        (occasions[occasion] ?? 0) + share * (Math.min(occasion, to) - Math.max(occasion - 1, from));
  }
  // An alert whose object is too faint is of something else, which is new.
  occasions[0] = 1 - (1 - (shape[0] ?? 0)) / detectedShare;
  return occasions;
}

/** Equally many alerts of each length of history, with as few without one as there can be. */
function flatShape(): HistoryShape {
  const flat = new Float64Array(longestHistory + 1).fill((1 - leastNone(1)) / longestHistory);
  flat[0] = leastNone(1);
  return flat;
}

/** The smallest share without a history: new things stand in for objects that are too faint. */
function leastNone(step: number): number {
  return Math.ceil((1 - detectedShare) * 100 + step) / 100;
}

/** What remains of the share without a history when those that stand in are taken off. */
function freeNone(none: number): number {
  return Math.max(1e-9, 1 - (1 - none) / detectedShare);
}

/**
 * The medians that leave no number of sources more frequent than a smaller one: a short one makes its few numbers
 * as frequent as none at all, a long one the numbers after it. Where the least is above the most, all numbers
 * have to be equally frequent.
 */
function medians(none: number, max: number): { readonly least: number; readonly most: number } {
  if (none >= 0.5) return { least: 0, most: 0 };
  return {
    least: Math.max(1, ceil((0.5 - none) / freeNone(none))),
    most: Math.floor((max * (0.5 - none)) / (1 - none) + rounding),
  };
}

/**
 * Shares out a total over the lengths after one: as 1 / (length + shift), with the shift that keeps each below
 * a limit.
 */
function spread(shape: HistoryShape, after: number, total: number, limit: number): void {
  const first = after + 1;
  const sumOf = (shift: number): number => {
    let sum = 0;
    for (let length = first; length < shape.length; length += 1) sum += 1 / (length + shift);
    return sum;
  };
  let [low, high] = [0, 1e9];
  const fits = (shift: number): boolean => total / sumOf(shift) / (first + shift) <= limit;
  if (fits(0)) high = 0;
  for (let step = 0; step < 60 && high - low > 1e-6; step += 1) {
    const middle = (low + high) / 2;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  const scale = total / sumOf(high);
  for (let length = first; length < shape.length; length += 1) shape[length] = scale / (length + high);
}

function ceil(value: number): number {
  return Math.ceil(value - rounding);
}
