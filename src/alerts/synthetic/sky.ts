import { cosDegrees, sinDegrees } from './portableMath.js';
import { dot, unitAt, type Vector } from './vectors.js';

/** Tilt of the Earth's axis at J2000, degrees. */
const obliquity = 23.4393;
const cosObliquity = cosDegrees(obliquity);
const sinObliquity = sinDegrees(obliquity);

/** The north pole of the ecliptic, equatorial axes. */
export const eclipticNorth: Vector = { x: 0, y: -sinObliquity, z: cosObliquity };

/** Galactic axes on the equatorial ones (ICRS): the centre, and the north pole. */
const galacticCentre = unitAt(266.40499, -28.93617);
const galacticNorth = unitAt(192.85948, 27.12825);
const galacticEast: Vector = {
  x: galacticNorth.y * galacticCentre.z - galacticNorth.z * galacticCentre.y,
  y: galacticNorth.z * galacticCentre.x - galacticNorth.x * galacticCentre.z,
  z: galacticNorth.x * galacticCentre.y - galacticNorth.y * galacticCentre.x,
};

/**
 * Ecliptic longitude of the Sun as seen from the Earth, good to about 2 degrees: 0 up to 360.
 *
 * @param mjd - Modified Julian Date in days
 */
export function sunLongitude(mjd: number): number {
  // Mean longitude of the Sun at J2000 (MJD 51544.5) and its daily motion.
  const longitude = 280.46 + 0.9856474 * (mjd - 51_544.5);
  return longitude - Math.floor(longitude / 360) * 360;
}

/**
 * Position of the Earth from the Sun in au, equatorial axes, its orbit taken as a circle.
 *
 * @param mjd - Modified Julian Date in days
 */
export function earthFromSun(mjd: number): Vector {
  const longitude = sunLongitude(mjd) + 180;
  const alongY = sinDegrees(longitude);
  return { x: cosDegrees(longitude), y: alongY * cosObliquity, z: alongY * sinObliquity };
}

/** Turns a vector from equatorial to ecliptic axes. */
export function toEcliptic(a: Vector): Vector {
  return {
    x: a.x,
    y: a.y * cosObliquity + a.z * sinObliquity,
    z: a.z * cosObliquity - a.y * sinObliquity,
  };
}

/** Turns a vector from equatorial (ICRS) to galactic axes. */
export function toGalactic(a: Vector): Vector {
  return { x: dot(a, galacticCentre), y: dot(a, galacticEast), z: dot(a, galacticNorth) };
}
