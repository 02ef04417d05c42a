import { asinDegrees, atan2Degrees, cosDegrees, sinDegrees } from './portableMath.js';

/** A vector in space. */
export interface Vector {
  /** First component. */
  readonly x: number;
  /** Second component. */
  readonly y: number;
  /** Third component. */
  readonly z: number;
}

/** A direction on a sphere. */
export interface Direction {
  /** Degrees, 0 up to 360. */
  readonly longitude: number;
  /** Degrees, -90 to 90. */
  readonly latitude: number;
}

/**
 * The sum of two vectors.
 *
 * @param a - one
 * @param b - the other
 * @returns a + b
 */
export function add(a: Vector, b: Vector): Vector {
  return { x: a.x + b.x, y: a.y + b.y, z: a.z + b.z };
}

/**
 * The difference of two vectors.
 *
 * @param a - from this
 * @param b - this is taken away
 * @returns a - b
 */
export function subtract(a: Vector, b: Vector): Vector {
  return { x: a.x - b.x, y: a.y - b.y, z: a.z - b.z };
}

/**
 * A vector made longer or shorter.
 *
 * @param a - the vector
 * @param factor - how much longer
 * @returns factor times a
 */
export function scale(a: Vector, factor: number): Vector {
  return { x: a.x * factor, y: a.y * factor, z: a.z * factor };
}

/**
 * The inner product of two vectors.
 *
 * @param a - one
 * @param b - the other
 * @returns the product of their lengths and the cosine between them
 */
export function dot(a: Vector, b: Vector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/**
 * The outer product of two vectors.
 *
 * @param a - one
 * @param b - the other
 * @returns a vector at right angles to both
 */
export function cross(a: Vector, b: Vector): Vector {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}

/**
 * The length of a vector.
 *
 * @param a - the vector
 * @returns its length
 */
export function length(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/**
 * The direction of a vector.
 *
 * @param a - a vector other than zero
 * @returns a vector of length 1
 */
export function unit(a: Vector): Vector {
  return scale(a, 1 / length(a));
}

/**
 * The vector of length 1 that points to a place on the sphere.
 *
 * @param longitude - degrees
 * @param latitude - degrees
 * @returns the vector
 */
export function unitAt(longitude: number, latitude: number): Vector {
  const flat = cosDegrees(latitude);
  return { x: flat * cosDegrees(longitude), y: flat * sinDegrees(longitude), z: sinDegrees(latitude) };
}

/**
 * The place on the sphere that a vector points to.
 *
 * @param a - a vector other than zero
 * @returns longitude and latitude
 */
export function sphereOf(a: Vector): Direction {
  const longitude = atan2Degrees(a.y, a.x);
  return { longitude: longitude < 0 ? longitude + 360 : longitude, latitude: asinDegrees(a.z / length(a)) };
}
