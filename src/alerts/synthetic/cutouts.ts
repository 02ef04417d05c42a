import { endianness } from 'node:os';
import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import { arrayCards, fitsHeader, realValue, roundUpToBlocks, valueOffset, wholeValue } from './fits.js';
import { lightVariance } from './lightCurve.js';
import { pointSpread, type PointSpread } from './pointSpread.js';
import { purposes, Random } from '../../random.js';
import type { SchemaVersion } from './schemaText.js';

const pixelDegrees = 0.2 / 3600;
const noisePoolPixels = 1 << 16;
/** Smallest side of the images; a source with a larger box gets one of the size of the box. */
const leastSide = 30;
/** Variance of a pixel of the template, a stack of exposures, over that of one exposure. */
const templateVariance = 0.053;

const littleEndian = endianness() === 'LE';

/** A cutout: an image, its variances, and the shape of a point source. */
interface Cutout {
  readonly pixels: Float32Array;
  readonly variances: Float32Array;
}

const imageNames = ['difference', 'science', 'template'] as const;

/**
 * Draws the three cutouts of alerts, each a FITS file of three parts as Rubin's have them. Science is template
 * plus difference, pixel by pixel, and fitting a point source to the difference gives the alert's flux.
 */
export class CutoutPainter {
  private readonly noise: Float32Array;
  private readonly cutouts: Readonly<Record<(typeof imageNames)[number], Cutout>>;
  private readonly templateSide: 53 | 77;
  private readonly headers = new Map<number, Headers>();
  private spread:
    { readonly seeing: number; readonly detector: number; readonly made: PointSpread } | undefined;

  constructor(
    private readonly seed: number,
    private readonly version: SchemaVersion,
  ) {
    this.noise = drawNoise(new Random().start(seed, purposes.noise, 0));
    this.cutouts = { difference: emptyCutout(), science: emptyCutout(), template: emptyCutout() };
    // As in the one real alert of 9.0, and in those of 10.0.
    this.templateSide = version === '9.0' ? 77 : 53;
  }

  /**
   * Writes the fields `cutoutDifference`, `cutoutScience` and `cutoutTemplate`, with the detection in the
   * middle.
   *
   * @param bboxSize - side of the source's box, pixels
   */
  write(to: AvroWriter, detection: Detection, bboxSize: number, random: Random): void {
    const side = Math.max(leastSide, bboxSize);
    const spread = this.spreadOf(detection);
    const corner = { x: cornerOf(detection.x, side), y: cornerOf(detection.y, side) };
    const source = { x: detection.x - corner.x - 1, y: detection.y - corner.y - 1 };
    this.paint(detection, side, source, spread, random);
    const headers = this.headersOf(side);
    headers.setPosition(detection, corner);
    for (const name of imageNames) {
      const psf = name === 'template' ? spread.template : spread.science;
      writeCutout(to, headers, this.cutouts[name], side * side, psf);
    }
  }

  /** The shape of a point source depends on the night and the detector alone. */
  private spreadOf({ seeing, detector }: Detection): PointSpread {
    if (this.spread?.seeing !== seeing || this.spread.detector !== detector) {
      const random = new Random().start(
        this.seed,
        purposes.noise,
        1 + detector + 256 * Math.floor(seeing * 1e6),
      );
      this.spread = { seeing, detector, made: pointSpread(seeing, this.templateSide, this.noise, random) };
    }
    return this.spread.made;
  }

  private headersOf(side: number): Headers {
    let headers = this.headers.get(side);
    if (headers === undefined) {
      headers = new Headers(side, this.version !== '9.0');
      this.headers.set(side, headers);
    }
    return headers;
  }

  private paint(
    detection: Detection,
    side: number,
    source: { x: number; y: number },
    spread: PointSpread,
    random: Random,
  ): void {
    const { noise, cutouts } = this;
    const { difference, science, template } = cutouts;
    const { fluxNjy, fluxErrorNjy, templateNjy } = detection;
    const own = lightVariance * Math.max(0, fluxNjy + templateNjy);
    const skyPower = Math.max(0.3 * fluxErrorNjy * fluxErrorNjy, fluxErrorNjy * fluxErrorNjy - own);
    // The error of a flux is that of a pixel times the root of the pixels that a point source covers.
    const scienceSky = skyPower / spread.pixels / (1 + templateVariance);
    const templateSky = scienceSky * templateVariance;
    const gain = 0.75 * lightVariance;
    const at = random.below(noisePoolPixels - difference.pixels.length);
    const templateAt = random.below(noisePoolPixels - difference.pixels.length);
    const { shape } = spread;
    shape.fill(side, source.x, source.y);
    const shares = shape.values;
    // First the noise alone, and what a fit of a point source would take for flux in it: the flux that was
    // measured has that in it already.
    let projected = 0;
    let power = 0;
    for (let pixel = 0; pixel < side * side; pixel += 1) {
      const share = shares[pixel] ?? 0;
      const light = gain * share * templateNjy;
      const steady = (noise[templateAt + pixel] ?? 0) * Math.sqrt(templateSky + 0.05 * light);
      const total = Math.max(0, share * (fluxNjy + templateNjy));
      const changed = (noise[at + pixel] ?? 0) * Math.sqrt(scienceSky + gain * total) - steady;
      template.pixels[pixel] = steady;
      difference.pixels[pixel] = changed;
      projected += share * changed;
      power += share * share;
    }
    const flux = fluxNjy - projected / power;
    for (let pixel = 0; pixel < side * side; pixel += 1) {
      const share = shares[pixel] ?? 0;
      // Rounded to floats, so that the sum is that of the values that are stored.
      const steady = Math.fround((template.pixels[pixel] ?? 0) + share * templateNjy);
      const changed = Math.fround((difference.pixels[pixel] ?? 0) + share * flux);
      const seen = steady + changed;
      template.pixels[pixel] = steady;
      difference.pixels[pixel] = changed;
      science.pixels[pixel] = seen;
      // A pixel's variance is estimated from its own light, noise and all.
      const variance = Math.max(0.3 * scienceSky, scienceSky + gain * seen);
      science.variances[pixel] = variance;
      difference.variances[pixel] = variance * (1 + templateVariance);
      template.variances[pixel] =
        templateSky * (1 + 0.13 * (noise[noisePoolPixels - 1 - at - pixel] ?? 0)) +
        0.05 * gain * share * templateNjy;
    }
  }
}

/** Headers of cutouts of one size, in which the position is set for each alert. */
class Headers {
  readonly image: Buffer;
  readonly variance: Buffer;
  private readonly offsets: Readonly<Record<string, number>>;

  constructor(side: number, hasRotation: boolean) {
    this.image = imageHeader(side, hasRotation);
    this.variance = fitsHeader([
      ['XTENSION', 'IMAGE', ''],
      ...arrayCards(-32, side),
      ['PCOUNT', 0, 'bytes after the array'],
      ['GCOUNT', 1, 'arrays'],
      ['UTYPE', 'VarianceUncertainty', ''],
      ['EXTNAME', 'UNCERT', 'variance of each pixel'],
    ]);
    const names = ['CUTMINX', 'CUTMINY', 'CRPIX1', 'CRPIX2', 'CRVAL1', 'CRVAL2'];
    this.offsets = Object.fromEntries(names.map((name) => [name, valueOffset(this.image, name)]));
  }

  setPosition({ x, y, ra, dec }: Detection, corner: { x: number; y: number }): void {
    this.set('CUTMINX', wholeValue(corner.x));
    this.set('CUTMINY', wholeValue(corner.y));
    // FITS counts pixels from 1.
    this.set('CRPIX1', realValue(x - corner.x, 14));
    this.set('CRPIX2', realValue(y - corner.y, 14));
    this.set('CRVAL1', realValue(ra, 14));
    this.set('CRVAL2', realValue(dec, 14));
  }

  private set(name: string, value: string): void {
    this.image.write(value, this.offsets[name] ?? 0, 'latin1');
  }
}

/** Last pixel before the image, so that the source is in its middle. */
function cornerOf(position: number, side: number): number {
  return Math.floor(position) - Math.ceil(side / 2);
}

function writeCutout(to: AvroWriter, headers: Headers, cutout: Cutout, count: number, psf: Buffer): void {
  const { image, variance } = headers;
  const dataBytes = roundUpToBlocks(count * 4);
  const room = to.maybeBytes(image.length + variance.length + 2 * dataBytes + psf.length);
  let at = image.copy(room);
  at += writeFloats(cutout.pixels, count, room.subarray(at, at + dataBytes));
  at += variance.copy(room, at);
  at += writeFloats(cutout.variances, count, room.subarray(at, at + dataBytes));
  psf.copy(room, at);
}

/** FITS stores numbers with the high byte first, and fills its blocks with zeros. */
function writeFloats(values: Float32Array, count: number, room: Buffer): number {
  const data = Buffer.from(values.buffer, 0, count * 4);
  data.copy(room);
  if (littleEndian) room.subarray(0, data.length).swap32();
  room.fill(0, data.length);
  return room.length;
}

function imageHeader(side: number, hasRotation: boolean): Buffer {
  return fitsHeader([
    ['SIMPLE', true, 'FITS standard 4.0'],
    ...arrayCards(-32, side),
    ['EXTEND', true, ''],
    ['CUTMINX', 0, ''],
    ['CUTMINY', 0, ''],
    ...(hasRotation ? ([['ROTPA', { digits: '0.0' }, '[deg] north is up on the detector']] as const) : []),
    ['BUNIT', 'nJy', ''],
    ['WCSAXES', 2, 'right ascension and declination'],
    ['CRPIX1', 0, 'column of the source'],
    ['CRPIX2', 0, 'row of the source'],
    ['PC1_1', { digits: realValue(-pixelDegrees, 13) }, '[deg/pixel] east is left'],
    ['PC1_2', { digits: '0.0' }, '[deg/pixel]'],
    ['PC2_1', { digits: '0.0' }, '[deg/pixel]'],
    ['PC2_2', { digits: realValue(pixelDegrees, 13) }, '[deg/pixel] north is up'],
    ['CDELT1', { digits: '1.0' }, ''],
    ['CDELT2', { digits: '1.0' }, ''],
    ['CRVAL1', 0, '[deg] right ascension of the source'],
    ['CRVAL2', 0, '[deg] declination of the source'],
    ['LATPOLE', { digits: '90.0' }, '[deg] as for any such projection'],
    ['MJDREF', { digits: '0.0' }, '[d]'],
  ]);
}

function emptyCutout(): Cutout {
  const mostPixels = 40 * 40;
  return { pixels: new Float32Array(mostPixels), variances: new Float32Array(mostPixels) };
}

/** Nearly normal noise of mean 0 and deviation 1: four fractions added up, with all bits of a float in use. */
function drawNoise(random: Random): Float32Array {
  return Float32Array.from({ length: noisePoolPixels }, () => {
    const sum = random.fraction() + random.fraction() + random.fraction() + random.fraction();
    return (sum - 2) * Math.sqrt(3);
  });
}
