import { asinDegrees, atan2Degrees, cosDegrees, sinDegrees } from './portableMath.js';

export interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Direction {
  /** Degrees, 0 up to 360. */
  readonly longitude: number;
  /** Degrees, -90 to 90. */
  readonly latitude: number;
}

/** The sum of two vectors. */
export function add(a: Vector, b: Vector): Vector {
  return { x: a.x + b.x, y: a.y + b.y, z: a.z + b.z };
}

/** The difference of two vectors. */
export function subtract(a: Vector, b: Vector): Vector {
  return { x: a.x - b.x, y: a.y - b.y, z: a.z - b.z };
}

/** The vector times a factor. */
export function scale(a: Vector, factor: number): Vector {
  return { x: a.x * factor, y: a.y * factor, z: a.z * factor };
}

/** The inner product of two vectors. */
export function dot(a: Vector, b: Vector): number {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

/** The outer product of two vectors. */
export function cross(a: Vector, b: Vector): Vector {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}

/** The Euclidean norm. */
export function length(a: Vector): number {
  return Math.sqrt(dot(a, a));
}

/** The direction of a vector other than zero, as a vector of length 1. */
export function unit(a: Vector): Vector {
  return scale(a, 1 / length(a));
}

/** The vector of length 1 that points to a place on the sphere; degrees. */
export function unitAt(longitude: number, latitude: number): Vector {
  const flat = cosDegrees(latitude);
  return { x: flat * cosDegrees(longitude), y: flat * sinDegrees(longitude), z: sinDegrees(latitude) };
}

/** The place on the sphere that a vector other than zero points to. */
export function sphereOf(a: Vector): Direction {
  const longitude = atan2Degrees(a.y, a.x);
  return { longitude: longitude < 0 ? longitude + 360 : longitude, latitude: asinDegrees(a.z / length(a)) };
}
