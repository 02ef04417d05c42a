import { AlertSimError } from '../errors.js';
import type { TimeUnit } from './surveys.js';

/** The header that holds an alert's time offset in a reservoir. */
export const timeOffsetHeader = 'alertsim-time-offset';

export const secondsPerDay = 86_400;
export const microsecondsPerDay = secondsPerDay * 1e6;

/**
 * Alerts were recorded from 1990-01-01 on, and before 2100-01-01: any other number is not a time, or not in
 * MJD.
 */
const plausibleMjd = { from: 47_892, to: 88_069 } as const;
/** 1970-01-01. */
export const unixEpochMjd = 40_587;
const julianDateOfMjd0 = 2_400_000.5;

/** A Python float in text, except `inf` and `nan`. */
const floatText = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** Whether a number can be the time of an alert: an MJD from 1990 to 2099. */
export function isPlausibleMjd(mjd: number): boolean {
  return mjd >= plausibleMjd.from && mjd < plausibleMjd.to;
}

/** What a number that is not a plausible time in its unit looks like instead. */
export type OtherTime =
  { readonly kind: 'time'; readonly unit: TimeUnit; readonly mjd: number } | { readonly kind: 'missing' };

/** Units that a number may have. */
const numericUnits = ['mjd', 'jd', 'unix', 'unix_ms', 'unix_us', 'unix_ns'] as const;

/**
 * What a number that is not a plausible time in its unit looks like; undefined where it does not look like a
 * time.
 *
 * @remarks Worked example: 1480360995 is 2016-11-28 as Unix seconds, which is MJD 57720; the official samples
 * of Rubin's schemas 3.0 to 7.x have it.
 */
export function otherTime(value: number): OtherTime | undefined {
  if (Number.isNaN(value) || value === 0 || value === -1) return { kind: 'missing' };
  for (const unit of numericUnits) {
    const mjd = mjdOf(value, unit);
    if (isPlausibleMjd(mjd)) return { kind: 'time', unit, mjd };
  }
  return undefined;
}

/** An ISO 8601 date, with or without a time and a zone; without one it is UTC. */
const isoText = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d+)?))?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * A time as MJD, days, on the scale that it has; NaN for what is not a time in that unit.
 *
 * @remarks Worked example: Julian date 2458350.5 is MJD 58350, because MJD counts from JD 2400000.5; the
 * subtraction is exact. A Julian date of today in a double has a resolution of 40 µs.
 */
export function mjdOf(value: number | string, unit: TimeUnit): number {
  if (typeof value === 'string') return unit === 'iso' ? mjdOfIso(value) : mjdOf(numberOf(value), unit);
  switch (unit) {
    case 'mjd':
      return value;
    case 'jd':
      return value - julianDateOfMjd0;
    case 'unix':
      return value / secondsPerDay + unixEpochMjd;
    case 'unix_ms':
      return value / 1e3 / secondsPerDay + unixEpochMjd;
    case 'unix_us':
      return value / 1e6 / secondsPerDay + unixEpochMjd;
    case 'unix_ns':
      return value / 1e9 / secondsPerDay + unixEpochMjd;
    case 'iso':
      return NaN;
  }
}

function numberOf(text: string): number {
  return floatText.test(text) ? Number(text) : NaN;
}

function mjdOfIso(text: string): number {
  const [, date, minute = '00:00', second = '0', zone = 'Z'] = isoText.exec(text.trim()) ?? [];
  if (date === undefined) return NaN;
  // The date alone goes through Date, which keeps milliseconds only.
  return (
    Date.parse(`${date}T${minute}:00${zone}`) / 1000 / secondsPerDay +
    unixEpochMjd +
    Number(second) / secondsPerDay
  );
}

/** A plausible MJD as calendar time on the same scale, to the millisecond: `2016-11-28 19:23:15.000`. */
export function calendarText(mjd: number): string {
  const date = new Date(Math.round((mjd - unixEpochMjd) * secondsPerDay * 1000));
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

/**
 * Whole microseconds since MJD 0, a safe integer, rounded as the original simulator's conversion to calendar
 * time does: the fraction of the day in seconds, times a million, halves upwards.
 *
 * @remarks The fraction is split off first: that is exact, while `mjd * 86400e6` would lose up to half a
 * microsecond. Worked example: 60000.5 is 60000 · 86,400,000,000 + 43,200,000,000.
 * @param mjd - plausible, see {@link isPlausibleMjd}
 */
export function microsecondsOfMjd(mjd: number): number {
  const day = Math.floor(mjd);
  return day * microsecondsPerDay + Math.floor((mjd - day) * secondsPerDay * 1e6 + 0.5);
}

/**
 * A time offset in the reservoir's header: what Python prints for the same number of seconds, such as `0.0`,
 * `0.002`, `1e-06`, `-37.5`.
 *
 * @param microseconds - after the first alert; negative before it
 */
export function formatTimeOffset(microseconds: number): string {
  const sign = microseconds < 0 ? '-' : '';
  const size = Math.abs(microseconds);
  // Python switches to an exponent below 1e-4 and pads it to two digits; JavaScript does so below 1e-6 only.
  if (size > 0 && size < 10) return `${sign}${size}e-06`;
  if (size >= 10 && size < 100) return `${sign}${size / 10}e-05`;
  const text = String(size / 1e6);
  return `${sign}${text}${text.includes('.') ? '' : '.0'}`;
}

/**
 * Reads a time offset from a reservoir's header, in whole microseconds.
 *
 * @param text - seconds, as {@link formatTimeOffset} or the original simulator writes them
 * @throws `BAD_INPUT_FILE` when the text is not a number of seconds
 */
export function parseTimeOffset(text: string, place: string): number {
  const microseconds = floatText.test(text) ? Math.round(Number(text) * 1e6) : NaN;
  if (!Number.isSafeInteger(microseconds)) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${place} has ${JSON.stringify(text)} in its header ${timeOffsetHeader}, which is not a number of seconds: ` +
        'make the reservoir again with: rubin-alert-sim create-stream --force FILE',
    );
  }
  return microseconds + 0;
}

/** Atomic time runs ahead of UTC, by so many seconds since 2017. */
export const taiAheadSeconds = 37;

/**
 * Time in TAI, as Rubin writes it, of an instant in UTC, rounded to a second: Modified Julian Date in days.
 *
 * @param ms - since 1970
 */
export function taiMjdOf(ms: number): number {
  return unixEpochMjd + (Math.round(ms / 1000) + taiAheadSeconds) / secondsPerDay;
}
