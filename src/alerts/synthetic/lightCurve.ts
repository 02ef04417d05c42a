import { sinDegrees } from './portableMath.js';
import type { Random } from '../../random.js';

/** Elsewhere a filter is its index in this list. */
export const filters = ['u', 'g', 'r', 'i', 'z', 'y'] as const;

/** An artefact is seen once; the others come back. */
export type SourceKind = 'asteroid' | 'variable' | 'supernova' | 'agn' | 'artefact';

/** Standard error of the flux of a faint source in one exposure, by filter, nJy: a fifth of the 5 sigma depth. */
const faintErrorNjy = [200, 75, 95, 180, 350, 1000] as const;

/** Brightness in each filter, relative to r. */
const colours: Readonly<Record<SourceKind, readonly number[]>> = {
  asteroid: [0.25, 0.65, 1, 1.15, 1.15, 1.1],
  variable: [0.4, 0.8, 1, 1.05, 0.95, 0.85],
  supernova: [0.3, 0.85, 1, 0.9, 0.8, 0.7],
  agn: [1.1, 1.05, 1, 0.95, 0.9, 0.85],
  artefact: [1, 1, 1, 1, 1, 1],
};

/** Periods of an active nucleus's waves, days: with amplitudes as their square roots they make a random walk. */
const waveDays = [0.9, 2.3, 6, 15, 37, 90, 230] as const;
/** Largest sum of all waves, so that the amplitude is that of the whole curve. */
const waveSum = waveDays.reduce((sum, days) => sum + Math.sqrt(days), 0);

export interface LightCurve {
  readonly kind: SourceKind;
  /** Largest change of the flux in r, nJy. */
  readonly amplitudeNjy: number;
  /** Flux in r on the template image, nJy. */
  readonly templateNjy: number;
  /** Period of a variable star or of an asteroid's rotation; time over which a supernova is bright. */
  readonly days: number;
  /** When the period or the supernova began: Modified Julian Date in days. */
  readonly epochMjd: number;
  /** Phases of an active nucleus's waves, and the difference that the template's own date makes. */
  readonly waves: readonly number[];
  readonly offset: number;
}

/** When an object can be seen. */
export interface Lifetime {
  /** When it was first seen: Modified Julian Date in days. */
  readonly beganMjd: number;
  /** For how long. */
  readonly seenDays: number;
}

/** Draws the light curve of an object: many faint ones and few bright ones. */
export function drawLightCurve(
  random: Random,
  kind: SourceKind,
  { beganMjd, seenDays }: Lifetime,
): LightCurve {
  // Sources brighter than F are as many as 1/F, over a factor of 50.
  const amplitudeNjy = 12_000 / (1 - 0.98 * random.fraction());
  const share = random.fraction();
  const template = random.between(0.05, 2);
  const common = { kind, amplitudeNjy, waves: [], offset: 0, epochMjd: beganMjd };
  switch (kind) {
    case 'asteroid':
      return { ...common, templateNjy: 0, days: 0.1 + share * share };
    case 'variable': {
      // As many from 0.2 to 0.4 days as from 20 to 40: the exponential by squaring.
      const days = 0.2 * powerOfTwo(8 * share);
      return { ...common, templateNjy: amplitudeNjy * (1 + template), days };
    }
    case 'supernova':
      // It rises before it is first seen, by a little, and has faded when it is lost.
      return { ...common, templateNjy: amplitudeNjy * template, days: Math.max(0.5, seenDays) };
    case 'agn': {
      const waves = waveDays.map(() => random.fraction() * 360);
      const curve = { ...common, templateNjy: amplitudeNjy * (1 + template), days: 0, waves };
      return { ...curve, offset: walk(waves, beganMjd - 400 - 300 * share) };
    }
    case 'artefact':
      return { ...common, templateNjy: amplitudeNjy * template * share, days: 0 };
  }
}

/**
 * The true flux on the difference image, nJy; negative where the source is fainter than on the template.
 *
 * @param mjd - Modified Julian Date in days
 * @param filter - 0 to 5
 */
export function differenceFlux(curve: LightCurve, mjd: number, filter: number): number {
  const scale = curve.amplitudeNjy * (colours[curve.kind][filter] ?? 1);
  const days = mjd - curve.epochMjd;
  const phase = (days / curve.days) * 360;
  switch (curve.kind) {
    case 'asteroid':
      return scale * (1 + 0.15 * sinDegrees(2 * phase));
    case 'variable':
      // Up faster than down, as pulsating stars are.
      return scale * (0.8 * sinDegrees(phase) + 0.3 * sinDegrees(2 * phase));
    case 'supernova':
      return scale * supernova(days / curve.days);
    case 'agn':
      return scale * 1.5 * (walk(curve.waves, mjd) - curve.offset);
    case 'artefact':
      return 0;
  }
}

/**
 * The flux of the source on the template image, nJy.
 *
 * @param filter - 0 to 5
 */
export function templateFlux(curve: LightCurve, filter: number): number {
  return curve.templateNjy * (colours[curve.kind][filter] ?? 1);
}

/** Variance that a source's own light adds to that of its flux, nJy² for each nJy. */
export const lightVariance = 0.8;

/**
 * The standard error of a flux in one exposure, nJy: that of the sky and that of the source's own light.
 *
 * @param totalNjy - the source's whole flux
 * @param filter - 0 to 5
 * @param seeing - 1 for a good night, up to 1.4 for a bad one
 */
export function fluxError(totalNjy: number, filter: number, seeing: number): number {
  const faint = (faintErrorNjy[filter] ?? 100) * seeing;
  return Math.sqrt(faint * faint + lightVariance * Math.max(0, totalNjy));
}

/** Rises in the first quarter of its time from a fifth to all of its brightness, then fades. */
function supernova(part: number): number {
  if (part < 0) return 0;
  if (part < 0.25) return 0.2 + 0.8 * sinDegrees(part * 360);
  const late = (part - 0.25) / 0.3;
  return 1 / (1 + late * late);
}

/** Waves of a week to a year that are never in step: at most 1, and about 0.3 on average. */
function walk(phases: readonly number[], mjd: number): number {
  let sum = 0;
  for (let wave = 0; wave < waveDays.length; wave += 1) {
    const days = waveDays[wave] ?? 1;
    sum += Math.sqrt(days) * sinDegrees((mjd / days) * 360 + (phases[wave] ?? 0));
  }
  return sum / waveSum;
}

/** 0 to 16, from products alone, which are the same on each machine. */
function powerOfTwo(exponent: number): number {
  const whole = Math.floor(exponent);
  // Taylor series of 2^x for x below 1, to 1e-6.
  const x = (exponent - whole) * 0.6931471805599453;
  const rest = 1 + x * (1 + (x / 2) * (1 + (x / 3) * (1 + (x / 4) * (1 + (x / 5) * (1 + x / 6)))));
  return (1 << whole) * rest;
}
