import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import type { IdWords } from './identifiers.js';
import { ephemerisNames } from './olderNames.js';
import type { SkyPoint } from './observing.js';
import { cosDegrees, log10 } from './portableMath.js';
import { RecordPlan, RecordValues, recordOf } from './recordPlan.js';
import type { SchemaVersion } from './schemaText.js';
import type { Random } from '../../random.js';
import { add, cross, dot, length, scale, sphereOf, subtract, unit, unitAt, type Vector } from './vectors.js';
import { earthFromSun, eclipticNorth, toEcliptic, toGalactic } from './sky.js';
import { secondsPerDay } from '../timeOffset.js';

const kmPerAu = 149_597_870.7;
/** Speed of a body on a circular orbit at 1 au. */
const circularKmPerSecond = 29.78;
const degreesPerRadian = 57.29577951308232;

/** A minor planet that is followed for some days, in which it moves in a straight line around the Sun. */
export interface Body {
  readonly designation: Designation;
  /** Time of its state: Modified Julian Date in days. */
  readonly epochMjd: number;
  readonly state: BodyState;
}

/** Position, motion and brightness of a body at one time. */
export interface BodyState {
  readonly designation: Designation;
  /** Where it is seen. */
  readonly point: SkyPoint;
  /** Position from the Sun, equatorial axes, au. */
  readonly helio: Vector;
  /** Velocity from the Sun, km/s. */
  readonly helioVelocity: Vector;
  /** Position from the observatory, au. */
  readonly topo: Vector;
  /** Velocity from the observatory, km/s. */
  readonly topoVelocity: Vector;
  /** Brightness, magnitudes. */
  readonly magnitude: number;
}

/**
 * Draws a body that is seen at a point of the sky at a time: at a random distance, on a nearly circular orbit.
 * Bodies whose `number` differs by less than {@link designations} have different designations.
 */
export function drawBody(
  random: Random,
  at: { number: number; mjd: number; point: SkyPoint; fluxNjy: number },
): Body {
  const earth = earthFromSun(at.mjd);
  const topo = scale(unitAt(at.point.ra, at.point.dec), random.between(0.8, 2.4));
  const helio = add(earth, topo);
  const helioVelocity = circularVelocity(helio, random.between(0.95, 1.05));
  const designation = designationOf(at.number);
  const state = {
    designation,
    point: at.point,
    helio,
    helioVelocity,
    topo,
    topoVelocity: subtract(helioVelocity, circularVelocity(earth, 1)),
    // 1 nJy is magnitude 31.4.
    magnitude: 31.4 - 2.5 * log10(at.fluxNjy),
  };
  return { designation, epochMjd: at.mjd, state };
}

/**
 * A body's position, motion and brightness at a time; good for some days around its epoch.
 *
 * @param mjd - Modified Julian Date in days
 */
export function bodyAt({ designation, epochMjd, state }: Body, mjd: number): BodyState {
  const { helioVelocity, magnitude } = state;
  const earth = earthFromSun(mjd);
  const helio = add(state.helio, scale(helioVelocity, ((mjd - epochMjd) * secondsPerDay) / kmPerAu));
  const topo = subtract(helio, earth);
  const { longitude: ra, latitude: dec } = sphereOf(topo);
  const topoVelocity = subtract(helioVelocity, circularVelocity(earth, 1));
  return { designation, point: { ra, dec }, helio, helioVelocity, topo, topoVelocity, magnitude };
}

const ephemerisFields = [
  ...['diaSourceId', 'ssObjectId', 'designation', 'eclLambda', 'eclBeta', 'galLon', 'galLat'],
  ...['elongation', 'phaseAngle', 'topoRange', 'topoRangeRate', 'helioRange', 'helioRangeRate'],
  ...['ephRa', 'ephDec', 'ephVmag', 'ephRate', 'ephRateRa', 'ephRateDec', 'ephOffset'],
  ...['ephOffsetRa', 'ephOffsetDec', 'ephOffsetAlongTrack', 'ephOffsetCrossTrack'],
  ...['helio_x', 'helio_y', 'helio_z', 'helio_vx', 'helio_vy', 'helio_vz', 'helio_vtot'],
  ...['topo_x', 'topo_y', 'topo_z', 'topo_vx', 'topo_vy', 'topo_vz', 'topo_vtot', 'diaDistanceRank'],
] as const;

type EphemerisName = (typeof ephemerisFields)[number];

/** Writes records `ssSource` of a version of the schema. */
export class SsSourceWriter {
  private readonly values = new RecordValues<EphemerisName>(ephemerisFields);
  private readonly plan: RecordPlan<EphemerisName>;

  constructor(version: SchemaVersion) {
    const aliases = version === '9.0' ? ephemerisNames : {};
    this.plan = new RecordPlan(recordOf(version, 'ssSource'), this.values, { aliases });
    this.values.numbers[this.values.at.diaDistanceRank] = 1;
  }

  write(to: AvroWriter, detection: Detection, bodyId: IdWords, body: BodyState): void {
    const { values } = this;
    const { numbers, texts, at } = values;
    const { helio, topo, helioVelocity, topoVelocity } = body;
    const sight = unit(topo);
    const ecliptic = sphereOf(toEcliptic(sight));
    const galactic = sphereOf(toGalactic(sight));
    const toSun = unit(subtract(topo, helio));
    values.setId(at.diaSourceId, detection.id);
    values.setId(at.ssObjectId, bodyId);
    texts[at.designation] = body.designation.readable;
    numbers[at.eclLambda] = ecliptic.longitude;
    numbers[at.eclBeta] = ecliptic.latitude;
    numbers[at.galLon] = galactic.longitude;
    numbers[at.galLat] = galactic.latitude;
    numbers[at.elongation] = angleBetween(sight, toSun);
    numbers[at.phaseAngle] = angleBetween(unit(helio), sight);
    numbers[at.topoRange] = length(topo);
    numbers[at.topoRangeRate] = dot(topoVelocity, sight);
    numbers[at.helioRange] = length(helio);
    numbers[at.helioRangeRate] = dot(helioVelocity, unit(helio));
    this.setEphemeris(detection, body, sight);
    this.setState('helio', helio, helioVelocity);
    this.setState('topo', topo, topoVelocity);
    this.plan.write(to, values);
  }

  private setEphemeris(
    detection: Detection,
    { point, topo, topoVelocity, magnitude }: BodyState,
    sight: Vector,
  ): void {
    const { numbers, at } = this.values;
    const east = unit(cross({ x: 0, y: 0, z: 1 }, sight));
    const north = cross(sight, east);
    const degreesPerDay = (secondsPerDay / kmPerAu / length(topo)) * degreesPerRadian;
    const rateEast = dot(topoVelocity, east) * degreesPerDay;
    const rateNorth = dot(topoVelocity, north) * degreesPerDay;
    const rate = Math.sqrt(rateEast * rateEast + rateNorth * rateNorth);
    const offsetEast = shortWay(detection.ra - point.ra) * 3600 * cosDegrees(point.dec);
    const offsetNorth = (detection.dec - point.dec) * 3600;
    numbers[at.ephRa] = point.ra;
    numbers[at.ephDec] = point.dec;
    numbers[at.ephVmag] = magnitude;
    numbers[at.ephRate] = rate;
    numbers[at.ephRateRa] = rateEast;
    numbers[at.ephRateDec] = rateNorth;
    numbers[at.ephOffset] = Math.sqrt(offsetEast * offsetEast + offsetNorth * offsetNorth);
    numbers[at.ephOffsetRa] = offsetEast;
    numbers[at.ephOffsetDec] = offsetNorth;
    numbers[at.ephOffsetAlongTrack] = (offsetEast * rateEast + offsetNorth * rateNorth) / rate;
    numbers[at.ephOffsetCrossTrack] = (offsetNorth * rateEast - offsetEast * rateNorth) / rate;
  }

  private setState(from: 'helio' | 'topo', position: Vector, velocity: Vector): void {
    const { numbers, at } = this.values;
    for (const axis of ['x', 'y', 'z'] as const) {
      numbers[at[`${from}_${axis}`]] = position[axis];
      numbers[at[`${from}_v${axis}`]] = velocity[axis];
    }
    numbers[at[`${from}_vtot`]] = length(velocity);
  }
}

function circularVelocity(position: Vector, factor: number): Vector {
  const direction = unit(cross(eclipticNorth, position));
  return scale(direction, (factor * circularKmPerSecond) / Math.sqrt(length(position)));
}

/** An angle between -180 and 180 degrees. */
function shortWay(degrees: number): number {
  return degrees - 360 * Math.round(degrees / 360);
}

function angleBetween(a: Vector, b: Vector): number {
  return sphereOf({ x: dot(a, b), y: length(cross(a, b)), z: 0 }).longitude;
}

/** Provisional name of a minor planet that has no number yet. */
export interface Designation {
  /** As people write it: `2019 QB12`. */
  readonly readable: string;
  /** As the Minor Planet Center packs it in seven characters: `K19Q12B`. */
  readonly packed: string;
}

const halfMonths = 'ABCDEFGHJKLMNOPQRSTUVWXY';
const orders = 'ABCDEFGHJKLMNOPQRSTUVWXYZ';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const years = 26;
const cycles = 620;
/** How many provisional designations there are from 2000 to 2025. */
const designations = years * 24 * 25 * cycles;

/**
 * The designation of a number, which none of the {@link designations} - 1 numbers after it has too.
 *
 * @param number - whole, 0 to 2^53 - 1
 */
function designationOf(number: number): Designation {
  // A prime spreads neighbours; it divides no part of the total, so that no two numbers meet.
  let rest = ((number % designations) * 1_000_003) % designations;
  const draw = (count: number): number => {
    const drawn = rest % count;
    rest = Math.floor(rest / count);
    return drawn;
  };
  return designate(2000 + draw(years), draw(24), draw(25), draw(cycles));
}

/**
 * A provisional designation from its parts. Source: Minor Planet Center, "Packed Provisional Designations".
 *
 * @param year - 2000 to 2099
 * @param halfMonth - 0 (first half of January) to 23
 * @param order - 0 to 24, the second letter
 * @param cycle - 0 to 619: how often the letters had run out before
 */
function designate(year: number, halfMonth: number, order: number, cycle: number): Designation {
  const first = halfMonths.charAt(halfMonth);
  const second = orders.charAt(order);
  const tens = base62.charAt(Math.floor(cycle / 10));
  return {
    readable: `${year} ${first}${second}${cycle === 0 ? '' : cycle}`,
    packed: `K${String(year % 100).padStart(2, '0')}${first}${tens}${cycle % 10}${second}`,
  };
}
