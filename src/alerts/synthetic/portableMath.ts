/*
 * Trigonometry in degrees, and logarithms, from +, -, ·, / and square root alone, which IEEE 754 rounds the
 * same everywhere. `Math.sin` and the like may differ in the last bit between versions of a JavaScript
 * engine, and synthetic alerts must be the same bytes on each machine. Good to about 1e-12.
 */
const degreesPerRadian = 57.29577951308232;

/** Any finite angle. */
export function sinDegrees(degrees: number): number {
  const quarter = Math.round(degrees / 90);
  const rest = (degrees - quarter * 90) / degreesPerRadian;
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return sinNearZero(rest);
    case 1:
      return cosNearZero(rest);
    case 2:
      return -sinNearZero(rest);
    default:
      return -cosNearZero(rest);
  }
}

/** Any finite angle. */
export function cosDegrees(degrees: number): number {
  return sinDegrees(degrees + 90);
}

/** Angle of a point seen from the origin, degrees, -180 to 180; 0 for the origin itself. */
export function atan2Degrees(y: number, x: number): number {
  if (x === 0 && y === 0) return 0;
  if (Math.abs(y) > Math.abs(x)) return (y > 0 ? 90 : -90) - atanDegrees(x / y);
  const angle = atanDegrees(y / x);
  if (x > 0) return angle;
  return y >= 0 ? angle + 180 : angle - 180;
}

/**
 * Degrees, -90 to 90.
 *
 * @param sine - -1 to 1
 */
export function asinDegrees(sine: number): number {
  return atan2Degrees(sine, Math.sqrt(Math.max(0, 1 - sine * sine)));
}

/** More than 0, finite. */
export function log10(x: number): number {
  let mantissa = x;
  let exponent = 0;
  for (; mantissa > Math.SQRT2; exponent += 1) mantissa /= 2;
  for (; mantissa < Math.SQRT1_2; exponent -= 1) mantissa *= 2;
  const t = (mantissa - 1) / (mantissa + 1);
  const t2 = t * t;
  let series = 0;
  // ln(mantissa) = 2 · (t + t³/3 + t⁵/5 + …), with |t| below 0.18.
  for (let power = 17; power >= 1; power -= 2) series = series * t2 + 1 / power;
  return exponent * 0.3010299956639812 + 2 * t * series * 0.4342944819032518;
}

/** Taylor series for |x| at most π/4; the first term left out is below 1e-13. */
function sinNearZero(x: number): number {
  const x2 = x * x;
  return (
    x *
    (1 - (x2 / 6) * (1 - (x2 / 20) * (1 - (x2 / 42) * (1 - (x2 / 72) * (1 - (x2 / 110) * (1 - x2 / 156))))))
  );
}

function cosNearZero(x: number): number {
  const x2 = x * x;
  return (
    1 -
    (x2 / 2) *
      (1 -
        (x2 / 12) * (1 - (x2 / 30) * (1 - (x2 / 56) * (1 - (x2 / 90) * (1 - (x2 / 132) * (1 - x2 / 182))))))
  );
}

/** For |x| at most 1: the angle is halved three times, then a short series does. */
function atanDegrees(x: number): number {
  let t = x;
  for (let halving = 0; halving < 3; halving += 1) t = t / (1 + Math.sqrt(1 + t * t));
  const t2 = t * t;
  const series =
    t * (1 - t2 * (1 / 3 - t2 * (1 / 5 - t2 * (1 / 7 - t2 * (1 / 9 - t2 * (1 / 11 - t2 / 13))))));
  return 8 * series * degreesPerRadian;
}
