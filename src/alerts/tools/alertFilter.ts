import { AlertSimError } from '../../errors.js';
import type { ScannedAlert } from '../alertScanner.js';
import { microsecondsOfMjd } from '../timeOffset.js';

/** Which alerts to keep; all that is given must hold. */
export interface FilterOptions {
  /** Those of this time, to the microsecond: MJD, days. */
  readonly mjd?: number;
  /** Those of this visit. */
  readonly visit?: bigint;
  /** Those of this time and later, MJD, days. */
  readonly timeFrom?: number;
  /** Those before this time, MJD, days. */
  readonly timeTo?: number;
}

/**
 * Makes a test of alerts.
 *
 * @param options - which alerts to keep
 * @returns a function that tells whether an alert is kept
 * @throws `BAD_USAGE` when nothing is given to tell alerts apart
 */
export function alertFilter(options: FilterOptions): (alert: ScannedAlert) => boolean {
  const { visit, timeFrom = -Infinity, timeTo = Infinity } = options;
  if (Object.values(options).every((value) => value === undefined)) {
    throw new AlertSimError(
      'BAD_USAGE',
      'nothing says which alerts to keep: give --visit, --mjd, --time-from or --time-to',
    );
  }
  const timeUs = options.mjd === undefined ? undefined : microsecondsOfMjd(options.mjd);
  return (alert) =>
    (visit === undefined || alert.visit === visit) &&
    (timeUs === undefined || microsecondsOfMjd(alert.mjd) === timeUs) &&
    alert.mjd >= timeFrom &&
    alert.mjd < timeTo;
}
