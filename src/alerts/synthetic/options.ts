import { AlertSimError } from '../../errors.js';
import type { SchemaVersion } from './schemaText.js';

/** Options of the synthetic alerts: the same options give the same bytes on each machine. */
export interface SyntheticOptions {
  /** 1 to 65,000. Default 1. */
  readonly visits: number;
  /** 1 to 1,000,000. Default 10,000, as Rubin expects on average. */
  readonly alertsPerVisit: number;
  /** Detectors that a visit's alerts are spread over, 1 to 189. Default 189, the whole camera. */
  readonly detectors: number;
  /** Mean size of an alert's Avro record: 20,000 to 400,000, from 1,200 without cutouts. Default 82,000. */
  readonly meanBytes: number;
  /** Time from one visit to the next, 0 to 86,400. Default 37. */
  readonly cadenceSeconds: number;
  /** 0 to 2^32 - 1. Default 1. */
  readonly seed: number;
  /** Time of the first visit, Modified Julian Date in TAI, 50,000 to 65,000. Default 61151.125, a night of April 2026. */
  readonly startMjd: number;
  /** Three FITS cutouts in each alert. Default true. */
  readonly cutouts: boolean;
  /** Version of Rubin's alert schema. Default 11.0. */
  readonly schema: SchemaVersion;
}

/**
 * The start is a multiple of 1/8 day, which a double holds exactly, so that time offsets are whole
 * microseconds.
 */
export const syntheticDefaults: SyntheticOptions = Object.freeze({
  visits: 1,
  alertsPerVisit: 10_000,
  detectors: 189,
  meanBytes: 82_000,
  cadenceSeconds: 37,
  seed: 1,
  startMjd: 61_151.125,
  cutouts: true,
  schema: '11.0',
});

/**
 * Fills in defaults and checks ranges.
 *
 * @param nameOf - how the user knows an option, for messages; by default its own name
 * @throws `BAD_USAGE` that names every option out of its range
 */
export function resolveSyntheticOptions(
  given: Partial<SyntheticOptions>,
  nameOf: (option: keyof SyntheticOptions) => string = (option) => option,
): SyntheticOptions {
  const options: SyntheticOptions = Object.freeze({ ...syntheticDefaults, ...given });
  const faults = rangesOf(options).flatMap(({ option, least, most, whole, hint }) => {
    const value = options[option];
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return [];
    const kind = whole ? 'a whole number' : 'a number';
    return [
      `${nameOf(option)} must be ${kind} from ${least} to ${most}, but is ${value}${hint === undefined ? '' : ` (${hint})`}`,
    ];
  });
  if (faults.length > 0) throw new AlertSimError('BAD_USAGE', faults.join('; '));
  return options;
}

interface Range {
  option: Exclude<keyof SyntheticOptions, 'cutouts' | 'schema'>;
  least: number;
  most: number;
  whole: boolean;
  hint?: string;
}

function rangesOf({ cutouts, detectors }: SyntheticOptions): Range[] {
  // A FITS image takes at least 5,760 bytes, and Kafka's default limit of a message is about 1 MB.
  const meanBytes = cutouts ? { least: 20_000, hint: 'without cutouts from 1200' } : { least: 1200 };
  return [
    { option: 'visits', least: 1, most: 65_000, whole: true },
    // Identifiers keep 16 bits for the sources of one detector.
    { option: 'alertsPerVisit', least: 1, most: Math.min(1_000_000, 65_536 * (detectors || 1)), whole: true },
    { option: 'detectors', least: 1, most: 189, whole: true },
    { option: 'meanBytes', ...meanBytes, most: 400_000, whole: false },
    { option: 'cadenceSeconds', least: 0, most: 86_400, whole: false },
    { option: 'seed', least: 0, most: 4_294_967_295, whole: true },
    { option: 'startMjd', least: 50_000, most: 65_000, whole: false },
  ];
}
