import { arrayCards, fitsHeader, roundUpToBlocks } from './fits.js';
import { cosDegrees, sinDegrees } from './portableMath.js';
import type { Random } from '../../random.js';

/** Side of the image of a point source on the science image, pixels. */
const pointSpreadSide = 41;

/** Scale of a Moffat profile with exponent 3 whose full width at half maximum is 4 pixels (0.8 arcseconds). */
const goodScalePixels = 3.923;
/** Noise of the model of a point source, which is fitted to stars; its values add up to 1. */
const modelNoise = 5e-6;
/** Beyond this the image of a point source on the science image is 0: its corners. */
const sciencePixels2 = 555;
/** Half the side of the square, turned by some 27 degrees, outside of which that on the template is 0. */
const templateHalf = { 53: 20.95, 77: 29.6 } as const;
const mostPixels = 40 * 40;

/** The profile of a point source: an elliptical Moffat, with exponent 3. */
class Profile {
  /** Share of the source's flux in each pixel of the last image, row by row. */
  readonly values = new Float64Array(mostPixels);

  constructor(
    private readonly peak: number,
    private readonly scale2: number,
    private readonly ellipticity: { readonly plus: number; readonly cross: number },
    /** How far the model's centre is from where the catalogue has it, pixels. */
    private readonly centre: { readonly x: number; readonly y: number },
  ) {}

  at(dx: number, dy: number): number {
    const { plus, cross } = this.ellipticity;
    const x = dx - this.centre.x;
    const y = dy - this.centre.y;
    const base = 1 + ((1 + plus) * x * x + 2 * cross * x * y + (1 - plus) * y * y) / this.scale2;
    return this.peak / (base * base * base);
  }

  /** Computes an image with the source at a place, counted from the first pixel as 0. */
  fill(side: number, sourceX: number, sourceY: number): void {
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        this.values[row * side + column] = this.at(column - sourceX, row - sourceY);
      }
    }
  }
}

/** What a point source looks like in a visit on a detector. */
export interface PointSpread {
  readonly shape: Profile;
  /** How many pixels of noise the fit of a point source takes in: one over the sum of its squares. */
  readonly pixels: number;
  /** The third part of a cutout, header and data, for difference and science. */
  readonly science: Buffer;
  readonly template: Buffer;
}

/**
 * Draws the shape of point sources.
 *
 * @param seeing - 1 for a good night, up to 1.4 for a bad one
 * @param noise - of mean 0 and deviation 1, a pool longer than both images
 */
export function pointSpread(
  seeing: number,
  templateSide: 53 | 77,
  noise: Float32Array,
  random: Random,
): PointSpread {
  const scale2 = goodScalePixels * goodScalePixels * seeing * seeing;
  const ellipticity = { plus: 0.02 * random.normal(), cross: 0.02 * random.normal() };
  const centre = { x: 0.01 + 0.02 * random.fraction(), y: -0.01 - 0.03 * random.fraction() };
  const noiseAt = random.below(noise.length - pointSpreadSide ** 2 - templateSide ** 2);
  const turn = random.between(25, 29);
  const [cos, sin] = [cosDegrees(turn), sinDegrees(turn)];
  const half = templateHalf[templateSide];
  const isSeen = (x: number, y: number): boolean => x * x + y * y < sciencePixels2;
  const isStacked = (x: number, y: number): boolean =>
    Math.abs(x * cos + y * sin) < half && Math.abs(y * cos - x * sin) < half;

  const unit = new Profile(1, scale2, ellipticity, centre);
  const raw = draw(pointSpreadSide, unit, isSeen);
  const peak = 1 / raw.reduce((sum, value) => sum + value, 0);
  const shape = new Profile(peak, scale2, ellipticity, centre);
  // That of the template is as wide, but another model, centred otherwise.
  const other = { plus: 0.9 * ellipticity.plus, cross: 0.9 * ellipticity.cross };
  const stacked = new Profile(peak, scale2, other, { x: -0.007, y: 0.006 });
  const grain = (value: number, at: number): number => value + modelNoise * (noise[noiseAt + at] ?? 0);
  const science = draw(pointSpreadSide, shape, isSeen, grain).map(Math.fround);
  const template = draw(templateSide, stacked, isStacked, (value, at) => grain(value, at + raw.length));
  return {
    shape,
    pixels: 1 / science.reduce((sum, value) => sum + value * value, 0),
    science: pointSpreadPart(science, pointSpreadSide),
    template: pointSpreadPart(template, templateSide),
  };
}

/** An image of a profile in its middle, 0 outside of its bounds. */
function draw(
  side: number,
  profile: Profile,
  isInside: (x: number, y: number) => boolean,
  grain: (value: number, at: number) => number = (value) => value,
): Float64Array {
  const middle = (side - 1) / 2;
  const values = new Float64Array(side * side);
  for (let at = 0; at < values.length; at += 1) {
    const row = Math.floor(at / side);
    const x = at - row * side - middle;
    const y = row - middle;
    if (isInside(x, y)) values[at] = grain(profile.at(x, y), at);
  }
  return values;
}

function pointSpreadPart(values: Float64Array, side: number): Buffer {
  const header = fitsHeader([
    ['XTENSION', 'IMAGE', ''],
    ...arrayCards(-64, side),
    ['PCOUNT', 0, 'bytes after the array'],
    ['GCOUNT', 1, 'arrays'],
    ['EXTNAME', 'PSFIMAGE', 'image of a point source'],
  ]);
  const part = Buffer.alloc(header.length + roundUpToBlocks(values.length * 8));
  header.copy(part);
  values.forEach((value, at) => part.writeDoubleBE(value, header.length + at * 8));
  return part;
}
