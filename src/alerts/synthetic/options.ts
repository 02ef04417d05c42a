import { AlertSimError } from '../../errors.js';
import { historyDefaults, historyFault, type HistoryOptions } from './historyShape.js';
import type { SchemaVersion } from './schemaText.js';
import { secondsPerDay, unixEpochMjd } from '../timeOffset.js';

/** Options of the synthetic alerts: the same options give the same bytes on each machine. */
export interface SyntheticOptions {
  /** 1 to 100,000,000. Default 1. */
  readonly visits: number;
  /** 1 to 1,000,000. Default 10,000, as Rubin expects on average. */
  readonly alertsPerVisit: number;
  /** Detectors that a visit's alerts are spread over, 1 to 189. Default 189, the whole camera. */
  readonly detectors: number;
  /** Mean size of an alert's Avro record, 500 to 1,000,000, as far as histories reach. Default: what the history gives. */
  readonly meanBytes?: number | undefined;
  /** Time from one visit to the next, 0 to 86,400. Default 37. */
  readonly cadenceSeconds: number;
  /** 0 to 2^32 - 1. Default 1. */
  readonly seed: number;
  /** Time of the first visit, Modified Julian Date in TAI, 50,400 to 65,000. Default 61151.125, a night of April 2026. */
  readonly startMjd: number;
  /** Three FITS cutouts in each alert. Default true. */
  readonly cutouts: boolean;
  /** Version of Rubin's alert schema. Default 11.0. */
  readonly schema: SchemaVersion;
  /** Share of the alerts of objects that have no history. Default 0.4. */
  readonly historyNone: number;
  /** Half of the alerts of objects have at most so many earlier sources. Default 8. */
  readonly historyMedian?: number | undefined;
  /** Earlier sources at most, 1 to 2,300. Default 1,000. */
  readonly historyMax: number;
  /**
   * Objects on the sky at a time that come back. Default: those of so many fields that the telescope comes back to
   * each field 20 times, but of at most 53, half an hour of visits at Rubin's cadence.
   */
  readonly objects?: number | undefined;
  /** Share of the visits of its field in which an object is looked at, 0.1 to 1. Default 1. */
  readonly recurrence: number;
  /** Share of alerts of known solar-system bodies, 0 to 1. Default 0.3. */
  readonly solarSystem: number;
}

/** The telescope comes back to a field so often, if there are visits enough. */
const returns = 20;
/** A field comes back after half an hour at Rubin's cadence, as it does in pairs of visits. */
const usualFields = 53;
/** More would not find room on the part of the sky that is seen in a night. */
const mostFields = 360;

/**
 * The start is a multiple of 1/8 day, which a double holds exactly, so that time offsets are whole
 * microseconds.
 */
export const syntheticDefaults: SyntheticOptions = Object.freeze({
  visits: 1,
  alertsPerVisit: 10_000,
  detectors: 189,
  cadenceSeconds: 37,
  seed: 1,
  startMjd: 61_151.125,
  cutouts: true,
  schema: '11.0',
  historyNone: historyDefaults.none,
  historyMax: historyDefaults.max,
  recurrence: 1,
  solarSystem: 0.3,
});

/** What is wrong with an option. */
export interface OptionFault {
  readonly option: keyof SyntheticOptions;
  /** With the name by which the user knows it. */
  readonly message: string;
}

/** The error `BAD_USAGE` of options that are out of their range. */
export class OptionsError extends AlertSimError {
  readonly faults: readonly OptionFault[];

  constructor(faults: readonly OptionFault[]) {
    super('BAD_USAGE', faults.map(({ message }) => message).join('; '));
    this.faults = faults;
  }
}

/** How the user knows an option, for messages; of cutouts, how they are left out. */
export type OptionNames = (option: keyof SyntheticOptions) => string;

/** The options' own names. */
export const ownNames: OptionNames = (option) => (option === 'cutouts' ? 'cutouts: false' : option);

/**
 * Fills in defaults and checks ranges.
 *
 * @throws `BAD_USAGE` that names every option out of its range
 */
export function resolveSyntheticOptions(
  given: Partial<SyntheticOptions>,
  nameOf = ownNames,
): SyntheticOptions {
  const options: SyntheticOptions = Object.freeze({ ...syntheticDefaults, ...given });
  const ranges = [...rangesOf(options), ...historyRange(options, nameOf)];
  const faults = ranges.flatMap(({ option, least, most, whole, show, hint }) => {
    const value = options[option];
    if (value === undefined || (value >= least && value <= most && (!whole || Number.isInteger(value))))
      return [];
    const kind = whole ? 'a whole number from' : show === undefined ? 'a number from' : 'from';
    const [from, to, is] = [least, most, value].map(show ?? String);
    const range = from === to ? from : `${kind} ${from} to ${to}`;
    const why = hint === undefined ? '' : ` (${hint})`;
    return [{ option, message: `${nameOf(option)} must be ${range}, but is ${is}${why}` }];
  });
  if (faults.length > 0) throw new OptionsError(faults);
  return options;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

/** `2026-04-21 (MJD 61151.125)` */
function dayOf(mjd: number): string {
  const date = new Date((mjd - unixEpochMjd) * secondsPerDay * 1000);
  const text = `MJD ${Number(mjd.toFixed(5))}`;
  return Number.isNaN(date.getTime()) ? text : `${date.toISOString().replace(/T.*/, '')} (${text})`;
}

/** The options of the distribution of histories. */
export function historyOf(
  options: Pick<SyntheticOptions, 'historyNone' | 'historyMedian' | 'historyMax'>,
): HistoryOptions {
  return { none: options.historyNone, median: options.historyMedian, max: options.historyMax };
}

/**
 * How many fields the telescope sees in turn.
 *
 * @param recurring - share of a visit's alerts whose objects come back
 * @throws `BAD_USAGE` where the objects that were asked for are fewer than those of one field, or too many
 */
export function fieldsFor(options: SyntheticOptions, recurring: number, nameOf: OptionNames): number {
  const { objects, visits, alertsPerVisit, recurrence } = options;
  if (objects === undefined) return Math.min(usualFields, Math.max(1, Math.floor(visits / returns)));
  const perField = Math.max(1, alertsPerVisit * recurring * Math.round(1 / recurrence));
  const fields = Math.round(objects / perField);
  if (fields >= 1 && fields <= mostFields) return fields;
  const range = `from ${Math.ceil(perField)} to ${Math.floor(mostFields * perField)}`;
  const others = `${nameOf('alertsPerVisit')} ${alertsPerVisit} and ${nameOf('recurrence')} ${percent(recurrence)}`;
  const message = `${nameOf('objects')} must be ${range} with ${others}, but is ${objects}`;
  throw new OptionsError([{ option: 'objects', message }]);
}

interface Range {
  option: Exclude<keyof SyntheticOptions, 'cutouts' | 'schema'>;
  least: number;
  most: number;
  whole: boolean;
  /** How its values are shown. Default: as numbers. */
  show?: (value: number) => string;
  hint?: string;
}

function rangesOf({ detectors }: SyntheticOptions): Range[] {
  return [
    { option: 'visits', least: 1, most: 100_000_000, whole: true },
    // Identifiers keep 20 bits for the alerts of a visit; a detector has room for so many apart from each other.
    { option: 'alertsPerVisit', least: 1, most: Math.min(1_000_000, 65_536 * (detectors || 1)), whole: true },
    { option: 'detectors', least: 1, most: 189, whole: true },
    { option: 'meanBytes', least: 500, most: 1_000_000, whole: false },
    { option: 'cadenceSeconds', least: 0, most: 86_400, whole: false },
    { option: 'seed', least: 0, most: 4_294_967_295, whole: true },
    { option: 'startMjd', least: 50_400, most: 65_000, whole: false, show: dayOf },
    { option: 'objects', least: 1, most: 100_000_000_000, whole: true },
    { option: 'recurrence', least: 0.1, most: 1, whole: false, show: percent },
    { option: 'solarSystem', least: 0, most: 1, whole: false, show: percent },
  ];
}

const historyNames = { none: 'historyNone', median: 'historyMedian', max: 'historyMax' } as const;

function historyRange(options: SyntheticOptions, nameOf: OptionNames): Range[] {
  const { historyNone, historyMedian, historyMax } = options;
  const fault = historyFault(historyOf(options));
  if (fault === undefined) return [];
  const none = `with ${nameOf('historyNone')} ${percent(historyNone)}`;
  const median = historyMedian === undefined ? '' : ` and ${nameOf('historyMedian')} ${historyMedian}`;
  const hints = {
    none: undefined,
    median: `${none} and ${nameOf('historyMax')} ${historyMax}`,
    max: `${none}${median}`,
  };
  const hint = hints[fault.option];
  return [
    {
      option: historyNames[fault.option],
      ...{ least: fault.least, most: fault.most },
      whole: fault.option !== 'none',
      ...(fault.option === 'none' && { show: percent }),
      ...(hint !== undefined && { hint }),
    },
  ];
}
