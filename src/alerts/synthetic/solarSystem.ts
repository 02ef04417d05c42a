import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import type { IdWords } from './identifiers.js';
import { log10 } from './portableMath.js';
import type { Random } from '../../random.js';
import { add, cross, dot, length, scale, sphereOf, subtract, unit, unitAt, type Vector } from './vectors.js';
import { earthFromSun, eclipticNorth, toEcliptic, toGalactic } from './sky.js';

const kmPerAu = 149_597_870.7;
const secondsPerDay = 86_400;
/** Speed of a body on a circular orbit at 1 au. */
const circularKmPerSecond = 29.78;
const degreesPerRadian = 57.29577951308232;

/** Position, motion and brightness of a body at the time of a detection. */
export interface BodyState {
  readonly designation: Designation;
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
 * Puts a body on the line of sight of a detection: at a random distance, on a nearly circular orbit that
 * agrees with the detection.
 */
export function drawBody(detection: Detection, random: Random): BodyState {
  const sight = unitAt(detection.ra, detection.dec);
  const earth = earthFromSun(detection.mjd);
  const topo = scale(sight, random.between(0.8, 2.4));
  const helio = add(earth, topo);
  const helioVelocity = circularVelocity(helio, random.between(0.95, 1.05));
  return {
    designation: drawDesignation(random),
    helio,
    helioVelocity,
    topo,
    topoVelocity: subtract(helioVelocity, circularVelocity(earth, 1)),
    // 1 nJy is magnitude 31.4.
    magnitude: 31.4 - 2.5 * log10(Math.abs(detection.fluxNjy)),
  };
}

/** Writes a record `ssSource`, field by field in the order of the schema. */
export function writeSsSource(
  to: AvroWriter,
  detection: Detection,
  bodyId: IdWords,
  body: BodyState,
  random: Random,
): void {
  const { helio, topo, helioVelocity, topoVelocity } = body;
  const sight = unit(topo);
  const ecliptic = sphereOf(toEcliptic(sight));
  const galactic = sphereOf(toGalactic(sight));
  const toSun = unit(subtract(topo, helio));
  to.long(detection.id.high, detection.id.low);
  to.long(bodyId.high, bodyId.low);
  to.maybeString(body.designation.readable);
  to.double(ecliptic.longitude);
  to.double(ecliptic.latitude);
  to.double(galactic.longitude);
  to.double(galactic.latitude);
  to.maybeFloat(angleBetween(sight, toSun)); // elongation
  to.maybeFloat(angleBetween(unit(helio), sight)); // phaseAngle
  to.maybeFloat(length(topo));
  to.maybeFloat(dot(topoVelocity, sight));
  to.maybeFloat(length(helio));
  to.maybeFloat(dot(helioVelocity, unit(helio)));
  writeEphemeris(to, detection, body, sight, random);
  writeState(to, helio, helioVelocity);
  writeState(to, topo, topoVelocity);
  to.maybeInteger(1); // diaDistanceRank
}

function writeEphemeris(
  to: AvroWriter,
  detection: Detection,
  { topo, topoVelocity, magnitude }: BodyState,
  sight: Vector,
  random: Random,
): void {
  const east = unit(cross({ x: 0, y: 0, z: 1 }, sight));
  const north = cross(sight, east);
  const degreesPerDay = (secondsPerDay / kmPerAu / length(topo)) * degreesPerRadian;
  const rateEast = dot(topoVelocity, east) * degreesPerDay;
  const rateNorth = dot(topoVelocity, north) * degreesPerDay;
  const rate = Math.sqrt(rateEast * rateEast + rateNorth * rateNorth);
  const offsetEast = 0.1 * random.normal();
  const offsetNorth = 0.1 * random.normal();
  to.maybeDouble(detection.ra - offsetEast / 3600);
  to.maybeDouble(detection.dec - offsetNorth / 3600);
  to.maybeFloat(magnitude);
  to.maybeFloat(rate);
  to.maybeFloat(rateEast);
  to.maybeFloat(rateNorth);
  to.maybeFloat(Math.sqrt(offsetEast * offsetEast + offsetNorth * offsetNorth));
  to.maybeDouble(offsetEast);
  to.maybeDouble(offsetNorth);
  to.maybeFloat((offsetEast * rateEast + offsetNorth * rateNorth) / rate);
  to.maybeFloat((offsetNorth * rateEast - offsetEast * rateNorth) / rate);
}

function writeState(to: AvroWriter, position: Vector, velocity: Vector): void {
  for (const { x, y, z } of [position, velocity]) {
    to.maybeFloat(x);
    to.maybeFloat(y);
    to.maybeFloat(z);
  }
  to.maybeFloat(length(velocity));
}

function circularVelocity(position: Vector, factor: number): Vector {
  const direction = unit(cross(eclipticNorth, position));
  return scale(direction, (factor * circularKmPerSecond) / Math.sqrt(length(position)));
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

/**
 * Draws a well-formed provisional designation of a body found from 2000 to 2025; two bodies may get the same.
 */
export function drawDesignation(random: Random): Designation {
  return designate(2000 + random.below(26), random.below(24), random.below(25), random.below(400));
}

/**
 * A provisional designation from its parts. Source: Minor Planet Center, "Packed Provisional Designations".
 *
 * @param year - 2000 to 2099
 * @param halfMonth - 0 (first half of January) to 23
 * @param order - 0 to 24, the second letter
 * @param cycle - 0 to 619: how often the letters had run out before
 */
export function designate(year: number, halfMonth: number, order: number, cycle: number): Designation {
  const first = halfMonths.charAt(halfMonth);
  const second = orders.charAt(order);
  const tens = base62.charAt(Math.floor(cycle / 10));
  return {
    readable: `${year} ${first}${second}${cycle === 0 ? '' : cycle}`,
    packed: `K${String(year % 100).padStart(2, '0')}${first}${tens}${cycle % 10}${second}`,
  };
}
