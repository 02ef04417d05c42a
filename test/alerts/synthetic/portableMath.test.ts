import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asinDegrees,
  atan2Degrees,
  cosDegrees,
  log10,
  sinDegrees,
} from '../../../src/alerts/synthetic/portableMath.js';
import { sphereOf, unitAt } from '../../../src/alerts/synthetic/vectors.js';
import { eclipticNorth, toEcliptic, toGalactic } from '../../../src/alerts/synthetic/sky.js';

const degrees = fc.double({ min: -1e5, max: 1e5, noNaN: true });
const radians = Math.PI / 180;

describe('portable mathematics', () => {
  it('agrees with the built-in sine and cosine', () => {
    fc.assert(
      fc.property(degrees, (angle) => {
        expect(sinDegrees(angle)).toBeCloseTo(Math.sin(angle * radians), 10);
        expect(cosDegrees(angle)).toBeCloseTo(Math.cos(angle * radians), 10);
      }),
    );
  });

  it('agrees with the built-in arcus functions', () => {
    const coordinate = fc
      .double({ min: -1e3, max: 1e3, noNaN: true })
      .filter((value) => Math.abs(value) > 1e-9);
    fc.assert(
      fc.property(coordinate, coordinate, (y, x) => {
        expect(atan2Degrees(y, x)).toBeCloseTo(Math.atan2(y, x) / radians, 9);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -0.999999, max: 0.999999, noNaN: true }), (sine) => {
        expect(asinDegrees(sine)).toBeCloseTo(Math.asin(sine) / radians, 9);
      }),
    );
  });

  it('agrees with the built-in logarithm', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (x) => {
        expect(log10(x)).toBeCloseTo(Math.log10(x), 10);
      }),
    );
  });

  it.each([
    { what: 'the four axes', y: 1, x: 0, angle: 90 },
    { what: 'the negative axis', y: 0, x: -1, angle: 180 },
    { what: 'below', y: -1, x: 0, angle: -90 },
    { what: 'the origin', y: 0, x: 0, angle: 0 },
  ])('gives the angle of $what', ({ y, x, angle }) => {
    expect(atan2Degrees(y, x)).toBe(angle);
  });
});

describe('directions on the sky', () => {
  it('come back from a vector', () => {
    const place = [
      fc.double({ min: 0, max: 359.99, noNaN: true }),
      fc.double({ min: -89, max: 89, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...place, (longitude, latitude) => {
        const back = sphereOf(unitAt(longitude, latitude));
        expect(back.latitude).toBeCloseTo(latitude, 8);
        expect(Math.abs(((back.longitude - longitude + 540) % 360) - 180)).toBeLessThan(1e-8);
      }),
    );
  });

  it('put the poles and the galactic centre where catalogues have them', () => {
    expect(sphereOf(toEcliptic(eclipticNorth)).latitude).toBeCloseTo(90, 5);
    // The Galaxy's north pole lies at ecliptic latitude 29.81 degrees.
    const pole = unitAt(192.85948, 27.12825);
    expect(sphereOf(toEcliptic(pole)).latitude).toBeCloseTo(29.81, 2);
    expect(sphereOf(toGalactic(pole)).latitude).toBeCloseTo(90, 4);
    const centre = sphereOf(toGalactic(unitAt(266.40499, -28.93617)));
    expect([centre.longitude % 360, centre.latitude]).toEqual([expect.closeTo(0, 4), expect.closeTo(0, 4)]);
  });
});
