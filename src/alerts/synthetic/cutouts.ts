import { endianness } from 'node:os';
import type { AvroWriter } from './avroWriter.js';
import type { Detection } from './diaSource.js';
import { fitsHeader, fixedValue, roundUpToBlocks, valueOffset } from './fits.js';
import { purposes, Random } from '../../random.js';

const pixelArcsec = 0.2;
const noisePoolPixels = 1 << 16;
/** Noise of one pixel against the error of a point source's flux, which is spread over some 30 pixels. */
const pixelNoiseShare = 1 / 5.5;
/** The template is a stack of exposures, so its noise is lower. */
const templateNoiseShare = 0.4;
/** Positions of the source within a pixel, along each axis. */
const subpixels = 4;
/** Scale of a Moffat profile with exponent 3 whose full width at half maximum is 4 pixels (0.8 arcseconds). */
const moffatScalePixels = 3.923;

const littleEndian = endianness() === 'LE';

interface Image {
  readonly header: Buffer;
  readonly pixels: Float32Array;
  /** The same memory as `pixels`. */
  readonly bytes: Buffer;
}

/**
 * Draws the three FITS images of alerts: a point source in noise. Science is template plus difference, pixel
 * by pixel, as it is in a real subtraction.
 */
export class CutoutPainter {
  private readonly noise: Float32Array;
  private readonly stamps: readonly Float32Array[];
  private readonly difference: Image;
  private readonly science: Image;
  private readonly template: Image;
  private readonly offsets: Readonly<
    Record<'crpix1' | 'crpix2' | 'crval1' | 'crval2' | 'visit' | 'detector', number>
  >;

  constructor(
    seed: number,
    private readonly sidePixels: number,
  ) {
    this.noise = drawNoise(new Random().start(seed, purposes.noise, 0));
    this.stamps = Array.from({ length: subpixels * subpixels }, (_, at) => pointSource(sidePixels, at));
    this.difference = createImage(sidePixels, 'difference');
    this.science = createImage(sidePixels, 'science');
    this.template = createImage(sidePixels, 'template');
    const { header } = this.difference;
    this.offsets = {
      crpix1: valueOffset(header, 'CRPIX1'),
      crpix2: valueOffset(header, 'CRPIX2'),
      crval1: valueOffset(header, 'CRVAL1'),
      crval2: valueOffset(header, 'CRVAL2'),
      visit: valueOffset(header, 'VISIT'),
      detector: valueOffset(header, 'DETECTOR'),
    };
  }

  /**
   * Writes the fields `cutoutDifference`, `cutoutScience` and `cutoutTemplate`, with the detection in the
   * middle.
   */
  write(to: AvroWriter, detection: Detection, random: Random): void {
    const stampNumber = random.below(this.stamps.length);
    this.paint(detection, this.stamps[stampNumber] ?? new Float32Array(0), random);
    const header = this.headerText(detection, stampNumber);
    this.writeImage(to, this.difference, header);
    this.writeImage(to, this.science, header);
    this.writeImage(to, this.template, header);
  }

  private paint(detection: Detection, stamp: Float32Array, random: Random): void {
    const { noise } = this;
    const { pixels: difference } = this.difference;
    const { pixels: science } = this.science;
    const { pixels: template } = this.template;
    // Each alert scales the noise differently: no two share bytes that a compressing producer could save.
    const sigma = detection.fluxErrorNjy * pixelNoiseShare * random.between(0.9, 1.1);
    const templateSigma = sigma * templateNoiseShare * random.between(0.9, 1.1);
    const { fluxNjy, templateNjy } = detection;
    const at = random.below(noisePoolPixels - science.length);
    const templateAt = random.below(noisePoolPixels - science.length);
    for (let pixel = 0; pixel < science.length; pixel += 1) {
      const shape = stamp[pixel] ?? 0;
      const changed = (noise[at + pixel] ?? 0) * sigma + shape * fluxNjy;
      const steady = (noise[templateAt + pixel] ?? 0) * templateSigma + shape * templateNjy;
      difference[pixel] = changed;
      template[pixel] = steady;
      science[pixel] = changed + steady;
    }
  }

  private headerText(
    detection: Detection,
    stampNumber: number,
  ): Record<keyof CutoutPainter['offsets'], string> {
    const middle = (this.sidePixels + 1) / 2;
    return {
      // FITS counts pixels from 1.
      crpix1: fixedValue(middle + subpixelOffset(stampNumber % subpixels), 4),
      crpix2: fixedValue(middle + subpixelOffset(Math.floor(stampNumber / subpixels)), 4),
      crval1: fixedValue(detection.ra, 10),
      crval2: fixedValue(detection.dec, 10),
      visit: fixedValue(detection.visit, 0),
      detector: fixedValue(detection.detector, 0),
    };
  }

  private writeImage(
    to: AvroWriter,
    { header, bytes }: Image,
    values: Record<keyof CutoutPainter['offsets'], string>,
  ): void {
    const dataBytes = roundUpToBlocks(bytes.length);
    const room = to.maybeBytes(header.length + dataBytes);
    header.copy(room);
    for (const name of Object.keys(this.offsets) as (keyof CutoutPainter['offsets'])[]) {
      room.write(values[name], this.offsets[name], 'latin1');
    }
    // FITS stores numbers with the high byte first.
    if (littleEndian) bytes.swap32();
    bytes.copy(room, header.length);
    room.fill(0, header.length + bytes.length);
  }
}

function createImage(side: number, name: string): Image {
  const scaleDegrees = (pixelArcsec / 3600).toFixed(14);
  const header = fitsHeader([
    ['SIMPLE', true, 'FITS standard 4.0'],
    ['BITPIX', -32, 'IEEE single precision'],
    ['NAXIS', 2, 'an image'],
    ['NAXIS1', side, 'columns'],
    ['NAXIS2', side, 'rows'],
    ['BUNIT', 'nJy', 'flux of each pixel'],
    ['ORIGIN', 'rubin-alert-sim', 'synthetic: nobody observed this'],
    ['OBJECT', name, 'which of the three images'],
    ['VISIT', 0, 'exposure'],
    ['DETECTOR', 0, 'CCD within the camera'],
    ['RADESYS', 'ICRS', 'axes on the sky'],
    ['CTYPE1', 'RA---TAN', 'gnomonic projection'],
    ['CTYPE2', 'DEC--TAN', 'gnomonic projection'],
    ['CRPIX1', 0, 'column of the source'],
    ['CRPIX2', 0, 'row of the source'],
    ['CRVAL1', 0, '[deg] right ascension of the source'],
    ['CRVAL2', 0, '[deg] declination of the source'],
    ['CD1_1', Number(`-${scaleDegrees}`), '[deg/pixel] east is left'],
    ['CD1_2', 0, ''],
    ['CD2_1', 0, ''],
    ['CD2_2', Number(scaleDegrees), '[deg/pixel] north is up'],
  ]);
  const pixels = new Float32Array(side * side);
  return { header, pixels, bytes: Buffer.from(pixels.buffer) };
}

/** Share of a point source's flux in each pixel; the shares add up to 1. */
function pointSource(side: number, stampNumber: number): Float32Array {
  const middle = (side - 1) / 2;
  const x = middle + subpixelOffset(stampNumber % subpixels);
  const y = middle + subpixelOffset(Math.floor(stampNumber / subpixels));
  const shape = Float32Array.from({ length: side * side }, (_, pixel) => {
    const dx = (pixel % side) - x;
    const dy = Math.floor(pixel / side) - y;
    const base = 1 + (dx * dx + dy * dy) / (moffatScalePixels * moffatScalePixels);
    return 1 / (base * base * base);
  });
  const sum = shape.reduce((total, value) => total + value, 0);
  return shape.map((value) => value / sum);
}

function subpixelOffset(step: number): number {
  return (step + 0.5) / subpixels - 0.5;
}

/** Nearly normal noise of mean 0 and deviation 1: four fractions added up, with all bits of a float in use. */
function drawNoise(random: Random): Float32Array {
  return Float32Array.from({ length: noisePoolPixels }, () => {
    const sum = random.fraction() + random.fraction() + random.fraction() + random.fraction();
    return (sum - 2) * Math.sqrt(3);
  });
}
