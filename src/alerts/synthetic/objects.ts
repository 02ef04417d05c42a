import { meanDetections, occasionShape, type HistoryShape } from './historyShape.js';
import { drawLightCurve, type LightCurve, type SourceKind } from './lightCurve.js';
import {
  cellOf,
  drawInnerPixel,
  type Observing,
  type Pixel,
  type Place,
  type SkyPoint,
} from './observing.js';
import type { SyntheticOptions } from './options.js';
import { purposes, Random } from '../../random.js';
import { drawBody, type Body } from './solarSystem.js';

/** Something on the sky that one of the alerts of a visit can be about. */
export interface SkyObject {
  readonly kind: SourceKind;
  /** The occasion at which it can be seen first; negative before the start. */
  readonly born: number;
  readonly point: SkyPoint;
  readonly curve: LightCurve;
  /** Only of asteroids. */
  readonly body: Body | undefined;
}

/** What one place in the order of a region's alerts is for, for all time. */
type Slot =
  | { readonly use: 'once' }
  | {
      readonly use: 'fixed' | 'asteroid';
      /** Occasions at which each of its objects can be seen, one object after the other. */
      readonly span: number;
      /** Occasions of the first object before the start. */
      readonly age: number;
    };

/** Bodies move through less than this part of the sky while they are followed, degrees; a detector has 0.22. */
const followedDegrees = 0.12;
/** Faster than most of the main belt. */
const degreesPerDay = 0.3;
const mostBodyOccasions = 64;
/** Supernovae are followed for between some days and half a year. */
const supernovaOccasions = { least: 9, most: 450 } as const;
const strata = 64;

/**
 * The objects of the sky, each computed from the options and from where and when it is looked at.
 *
 * @remarks A region of the sky has a slot for each alert of a visit. A slot has one object after the other,
 * all for the same number of occasions; the first one is some occasions old at the start. When slots are drawn
 * so that ages have a distribution that never grows, it stays the same for all time (a renewal process).
 */
export class SkyObjects {
  private readonly shares: Float64Array;
  private readonly cumulative: Float64Array;
  private readonly random = new Random();
  private readonly bodyOccasions: number;
  private readonly firstBody: number;

  constructor(
    private readonly options: SyntheticOptions,
    private readonly observing: Observing,
    history: HistoryShape,
  ) {
    this.shares = occasionShape(history);
    let sum = 0;
    this.cumulative = this.shares.map((share) => (sum += share));
    this.bodyOccasions = bodyOccasions(observing.stepDays);
    const { seed, startMjd } = options;
    this.firstBody = this.random.startAt(seed, purposes.object, Math.floor(startMjd * 86_400), 0, 0).uint32();
  }

  /** The object that an alert is about; undefined where it is about something that is seen only once. */
  objectAt(place: Place): SkyObject | undefined {
    const slot = this.slotAt(place);
    if (slot.use === 'once') return undefined;
    const { span } = slot;
    const generation = Math.floor((place.occasion + slot.age) / span);
    const born = generation * span - slot.age;
    return slot.use === 'asteroid'
      ? this.asteroid(place, { generation, born, span })
      : this.fixedObject(place, { generation, born, span });
  }

  /** Something that is seen only once. */
  artefactAt(place: Place): SkyObject {
    const { field } = place.region;
    const { serial, visitIndex, detector } = place;
    const pixel = this.pixelInCell(place, 'once', visitIndex);
    const { random } = this;
    random.startAt(this.options.seed, purposes.object, field, serial, -1 - visitIndex);
    return {
      kind: 'artefact',
      born: place.occasion,
      point: this.observing.skyOf(field, detector, pixel),
      curve: drawLightCurve(random, 'artefact', { beganMjd: 0, seenDays: 0 }),
      body: undefined,
    };
  }

  private fixedObject(place: Place, { generation, born, span }: Generation): SkyObject {
    const { observing, random } = this;
    const { region, serial, detector } = place;
    const pixel = this.pixelInCell(place, 'again', generation * observing.layers + region.layer);
    random.startAt(this.options.seed, purposes.object, observing.regionNumber(region), serial, generation);
    const kind = drawKind(random, span);
    const beganMjd = observing.visitOf(region, born).mjd;
    return {
      kind,
      born,
      point: observing.skyOf(region.field, detector, pixel),
      curve: drawLightCurve(random, kind, { beganMjd, seenDays: span * observing.pastStepDays }),
      body: undefined,
    };
  }

  private asteroid(place: Place, { generation, born, span }: Generation): SkyObject {
    const { observing, options, random } = this;
    const { region, serial, detector } = place;
    const number = observing.regionNumber(region);
    random.startAt(options.seed, purposes.object, number, serial, generation);
    const middle = options.startMjd + (born + span / 2) * observing.stepDays;
    const curve = drawLightCurve(random, 'asteroid', { beganMjd: middle, seenDays: 0 });
    const regions = observing.fields * observing.layers;
    const point = observing.skyOf(region.field, detector, drawInnerPixel(random));
    const body = drawBody(random, {
      number: this.firstBody + (generation * regions + number) * options.alertsPerVisit + serial,
      mjd: middle,
      point,
      fluxNjy: curve.amplitudeNjy,
    });
    return { kind: 'asteroid', born, point, curve, body };
  }

  private slotAt({ region, serial }: Place): Slot {
    const { options, observing, random, shares } = this;
    const { seed, alertsPerVisit, solarSystem } = options;
    const number = observing.regionNumber(region);
    random.startAt(seed, purposes.slot, number, serial, 0);
    const quantile = stratified(seed, number * alertsPerVisit + serial, random.fraction());
    const chance = random.fraction();
    if (quantile < solarSystem)
      return { use: 'asteroid', span: this.bodyOccasions, age: Math.floor(chance * this.bodyOccasions) };
    const age = firstAbove(this.cumulative, (quantile - solarSystem) / (1 - solarSystem));
    const [none = 1, one = 0] = shares;
    // Of the alerts without a history, as many are the first of their object as there are second ones.
    if (age === 0 && chance * none >= one) return { use: 'once' };
    const level = age === 0 ? chance * none : chance * (shares[age] ?? 0);
    return { use: 'fixed', age, span: Math.max(age + 1, firstAtMost(shares, level)) };
  }

  /**
   * A place in the cell of an alert, apart from all others there: what comes back has the left half, the rest
   * the right. Steps of these sizes spread points evenly (Roberts' R2 sequence).
   */
  private pixelInCell(place: Place, half: 'again' | 'once', number: number): Pixel {
    const { region, serial, inDetector, perDetector } = place;
    const cell = cellOf(inDetector, perDetector);
    const random = this.random.startAt(this.options.seed, purposes.slot, region.field, serial, 1);
    const along = fractionOf(random.fraction() + number * 0.7548776662466927);
    const up = fractionOf(random.fraction() + number * 0.5698402909980532);
    return {
      x: cell.x + cell.width * ((half === 'again' ? 0.05 : 0.55) + 0.4 * along),
      y: cell.y + cell.height * (0.05 + 0.9 * up),
    };
  }
}

interface Generation {
  readonly generation: number;
  readonly born: number;
  readonly span: number;
}

/** Share of the alerts of a visit whose slots have objects that come back. */
export function recurringShare(history: HistoryShape, solarSystem: number): number {
  if (meanDetections(history) === 0) return solarSystem;
  const [none = 1, one = 0] = occasionShape(history);
  return solarSystem + (1 - solarSystem) * (1 - none + one);
}

/** On how many occasions a body can be followed before it leaves its detector. */
function bodyOccasions(stepDays: number): number {
  const most = Math.floor(followedDegrees / (degreesPerDay * stepDays));
  return Math.min(mostBodyOccasions, Math.max(1, most));
}

function drawKind(random: Random, span: number): SourceKind {
  const share = random.fraction();
  const { least, most } = supernovaOccasions;
  if (span >= least && span <= most && share < 0.4) return 'supernova';
  return random.fraction() < 0.6 ? 'variable' : 'agn';
}

/**
 * A number from 0 up to 1 for a slot. Each 64 slots in a row take each 64th once, in a random order, so that
 * the mean of a few hundred is nearly that of all.
 *
 * @param jitter - 0 up to 1, the place within the 64th
 */
export function stratified(seed: number, index: number, jitter: number): number {
  const block = Math.floor(index / strata);
  const random = strataRandom.start(seed, purposes.strata, block);
  // Adding, multiplying by an odd number and folding high bits into low ones are one-to-one on 0..63.
  let stratum = index - block * strata;
  for (let round = 0; round < 3; round += 1) {
    stratum = ((2 * random.below(strata / 2) + 1) * stratum + random.below(strata)) % strata;
    stratum ^= stratum >> 3;
  }
  return (stratum + jitter) / strata;
}

const strataRandom = new Random();

/** The first place in numbers that never fall whose number is above a level; the last place if none is. */
function firstAbove(numbers: Float64Array, level: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) > level) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first place from 1 on in numbers that never grow whose number is at most a level; the length if none is. */
function firstAtMost(numbers: Float64Array, level: number): number {
  let [low, high] = [1, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= level) high = middle;
    else low = middle + 1;
  }
  return low;
}

function fractionOf(value: number): number {
  return value - Math.floor(value);
}
