import type { AvroWriter } from './avroWriter.js';
import type { IdWords } from './identifiers.js';
import { filters } from './lightCurve.js';
import { cosDegrees } from './portableMath.js';
import type { Random } from '../../random.js';

/** A detection; everything else in its record follows from this and from chance. */
export interface Detection {
  id: IdWords;
  visit: number;
  detector: number;
  objectId: IdWords | undefined;
  bodyId: IdWords | undefined;
  /** Modified Julian Date in days. */
  mjd: number;
  /** Right ascension, degrees. */
  ra: number;
  /** Declination, degrees. */
  dec: number;
  /** Column on the detector, pixels. */
  x: number;
  /** Row on the detector, pixels. */
  y: number;
  /** Measured flux on the difference image, nJy. */
  fluxNjy: number;
  /** Its standard error, nJy. */
  fluxErrorNjy: number;
  /** Flux on the template, nJy. */
  templateNjy: number;
  /** 0 to 5. */
  filter: number;
  cutoutSidePixels: number;
}

const arcsec = 1 / 3600;
const minuteInDays = 1 / 1440;

/** Writes a record `diaSource`, field by field in the order of the schema. */
export function writeDiaSource(to: AvroWriter, detection: Detection, random: Random): void {
  const { fluxNjy: flux, fluxErrorNjy: error, ra, dec } = detection;
  const snr = Math.abs(flux) / error;
  // Centroids are good to the seeing over the signal-to-noise ratio.
  const centroidArcsec = 0.4 / Math.max(snr, 1);
  const jitter = random.normal();
  to.long(detection.id.high, detection.id.low);
  to.integer(detection.visit);
  to.integer(detection.detector);
  writeMaybeId(to, detection.objectId);
  writeMaybeId(to, detection.bodyId);
  to.null(); // parentDiaSourceId
  to.double(detection.mjd);
  to.double(ra);
  to.maybeFloat((centroidArcsec * arcsec) / cosDegrees(dec));
  to.double(dec);
  to.maybeFloat(centroidArcsec * arcsec);
  to.maybeFloat(0.05 * jitter * centroidArcsec * centroidArcsec * arcsec * arcsec);
  to.float(detection.x);
  to.maybeFloat(centroidArcsec * 5);
  to.float(detection.y);
  to.maybeFloat(centroidArcsec * 5);
  const flags = rareFlags(random);
  to.maybeBoolean(flags & 1); // centroid_flag
  writeFluxes(to, detection, snr, random, flags);
  writeTrail(to, detection, centroidArcsec, random);
  for (let field = 0; field < 7; field += 1) to.null(); // the dipole fit
  to.integer(0); // dipoleNdata
  to.maybeFloat(detection.templateNjy + flux + 0.3 * error * random.normal());
  to.maybeFloat(1.02 * error);
  to.maybeBoolean(flags & 2); // forced_PsfFlux_flag
  to.maybeBoolean(false);
  to.maybeBoolean(false);
  to.maybeFloat(detection.templateNjy + 0.3 * error * random.normal());
  to.maybeFloat(0.3 * error);
  writeShape(to, snr, random, flags);
  to.maybeFloat(random.fraction() * 0.5); // extendedness
  to.maybeFloat(1 - random.fraction() * Math.min(0.6, 4 / snr)); // reliability
  to.maybeString(filters[detection.filter] ?? 'r');
  to.maybeBoolean(false); // isDipole
  to.maybeBoolean(false); // dipoleFitAttempted
  to.double(detection.mjd + random.between(1, 2) * minuteInDays);
  to.null(); // timeWithdrawnMjdTai
  to.integer(detection.cutoutSidePixels);
  // The last four are for sources injected for tests: never here.
  const pixelFlags = rareFlags(random) & 0xffff;
  for (let flag = 0; flag < 20; flag += 1) to.maybeBoolean((pixelFlags >>> flag) & 1);
  to.maybeBoolean(false); // glint_trail
}

function writeFluxes(to: AvroWriter, detection: Detection, snr: number, random: Random, flags: number): void {
  const { fluxNjy: flux, fluxErrorNjy: error } = detection;
  to.maybeFloat(flux + 0.8 * error * random.normal()); // apFlux
  to.maybeFloat(1.6 * error);
  to.maybeBoolean(flags & 4);
  to.maybeBoolean(flags & 8);
  to.maybeBoolean(flux < 0); // isNegative
  to.maybeFloat(snr);
  to.maybeFloat(flux); // psfFlux
  to.maybeFloat(error);
  const pixels = 1681;
  const chi2 = pixels + 58 * random.normal();
  to.maybeFloat(-chi2 / 2); // psfLnL
  to.maybeFloat(chi2);
  to.integer(pixels);
  to.maybeBoolean(flags & 16);
  to.maybeBoolean(flags & 32);
  to.maybeBoolean(false);
}

function writeTrail(to: AvroWriter, detection: Detection, centroidArcsec: number, random: Random): void {
  const { fluxNjy: flux, fluxErrorNjy: error } = detection;
  // A body moves some 0.2 degrees a day, which is 0.2 arcseconds in an exposure of 30 seconds.
  const length = detection.bodyId === undefined ? 0.05 : random.between(0.1, 0.4);
  to.maybeFloat(flux + 0.2 * error * random.normal());
  to.maybeFloat(1.1 * error);
  to.maybeDouble(detection.ra + centroidArcsec * arcsec * random.normal());
  to.maybeFloat(1.2 * centroidArcsec * arcsec);
  to.maybeDouble(detection.dec + centroidArcsec * arcsec * random.normal());
  to.maybeFloat(1.2 * centroidArcsec * arcsec);
  to.maybeFloat(length * random.between(0.8, 1.2));
  to.maybeFloat(2 * centroidArcsec);
  to.maybeFloat(random.between(0, 180));
  to.maybeFloat(random.between(1, 20));
  to.maybeFloat(1681 + 58 * random.normal());
  to.integer(1681);
  to.maybeBoolean(false); // trail_flag_edge
}

function writeShape(to: AvroWriter, snr: number, random: Random, flags: number): void {
  const psf = random.between(0.1, 0.16);
  const scatter = psf / Math.max(snr, 1);
  to.maybeFloat(psf + scatter * random.normal()); // ixx
  to.maybeFloat(psf + scatter * random.normal());
  to.maybeFloat(scatter * random.normal());
  to.maybeFloat(psf);
  to.maybeFloat(psf * random.between(0.97, 1.03));
  to.maybeFloat(0.02 * psf * random.normal());
  to.maybeBoolean(flags & 64); // shape_flag
  to.maybeBoolean(false);
  to.maybeBoolean(flags & 128);
  to.maybeBoolean(false);
}

function writeMaybeId(to: AvroWriter, id: IdWords | undefined): void {
  if (id === undefined) {
    to.null();
    return;
  }
  to.present();
  to.long(id.high, id.low);
}

/** A word with each bit set once in 32 times. */
function rareFlags(random: Random): number {
  return random.uint32() & random.uint32() & random.uint32() & random.uint32() & random.uint32();
}
