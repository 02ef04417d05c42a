import { AlertSimError } from '../../errors.js';
import type { ScannedAlert } from '../alertScanner.js';
import { microsecondsOfMjd } from '../timeOffset.js';

/** Which alerts to keep; all given conditions must hold. */
export interface FilterOptions {
  /** Equal to the microsecond: MJD, days. */
  readonly mjd?: number;
  readonly visit?: bigint;
  /** Inclusive, MJD, days. */
  readonly timeFrom?: number;
  /** Exclusive, MJD, days. */
  readonly timeTo?: number;
}

/**
 * Makes a test of alerts.
 *
 * @throws `BAD_USAGE` when no condition is given
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
