import { sinDegrees } from './portableMath.js';
import type { Random } from '../../random.js';

/** Elsewhere a filter is its index in this list. */
export const filters = ['u', 'g', 'r', 'i', 'z', 'y'] as const;

export type SourceKind = 'solarSystem' | 'periodic' | 'transient';

/** Standard error of the flux of a faint source in one exposure, by filter, nJy: a fifth of the 5 sigma depth. */
const faintErrorNjy = [200, 75, 95, 180, 350, 1000] as const;

/** Brightness in each filter, relative to r. */
const colour = [0.4, 0.8, 1, 1.05, 0.95, 0.85] as const;

export interface LightCurve {
  readonly kind: SourceKind;
  /** Largest change of the flux in r, nJy. */
  readonly amplitudeNjy: number;
  /** Flux in r on the template image, nJy. */
  readonly templateNjy: number;
  /** Only for periodic sources. */
  readonly periodDays: number;
  /** Time of a maximum of a periodic source, or when a transient began: Modified Julian Date in days. */
  readonly epochMjd: number;
}

/**
 * Draws a source of a kind: many faint ones and few bright ones.
 *
 * @param beganMjd - Modified Julian Date in days
 */
export function drawLightCurve(random: Random, kind: SourceKind, beganMjd: number): LightCurve {
  // Sources brighter than F are as many as 1/F, between 4,000 and 200,000 nJy (magnitudes 22.4 to 18.1).
  const amplitudeNjy = 4000 / (1 - 0.98 * random.fraction());
  const periodDays = random.between(0.2, 60);
  const phase = random.fraction();
  const host = random.between(0.05, 2);
  return {
    kind,
    amplitudeNjy,
    templateNjy: kind === 'solarSystem' ? 0 : amplitudeNjy * (kind === 'periodic' ? 1.5 : host),
    periodDays,
    epochMjd: kind === 'periodic' ? beganMjd + phase * periodDays : beganMjd,
  };
}

/**
 * The true flux on the difference image, nJy; negative where the source is fainter than on the template.
 *
 * @param mjd - Modified Julian Date in days
 * @param filter - 0 to 5
 */
export function differenceFlux(curve: LightCurve, mjd: number, filter: number): number {
  const scale = curve.amplitudeNjy * (colour[filter] ?? 1);
  if (curve.kind === 'solarSystem') return scale;
  const days = mjd - curve.epochMjd;
  if (curve.kind === 'periodic') return scale * sinDegrees((days / curve.periodDays) * 360);
  if (days < 0) return 0;
  // Up within 15 days, then down to half in 60 days.
  if (days < 15) return scale * (0.1 + (0.9 * days) / 15);
  const late = (days - 15) / 60;
  return scale / (1 + late * late);
}

/**
 * The flux of the source on the template image, nJy.
 *
 * @param filter - 0 to 5
 */
export function templateFlux(curve: LightCurve, filter: number): number {
  return curve.templateNjy * (colour[filter] ?? 1);
}

/**
 * The standard error of a flux in one exposure, nJy: that of the sky and that of the source's own light.
 *
 * @param totalNjy - the source's whole flux
 * @param filter - 0 to 5
 * @param seeing - 1 for a good night, up to 1.4 for a bad one
 */
export function fluxError(totalNjy: number, filter: number, seeing: number): number {
  const faint = (faintErrorNjy[filter] ?? 100) * seeing;
  return Math.sqrt(faint * faint + 0.5 * Math.max(0, totalNjy));
}
