import Table from 'cli-table3';
import type { ExpectationUnit } from '../scenario/plan.js';

/** All numbers and tables that people read are formatted here, for the terminal, the pages and the outputs. */

/** A number that was formatted, and its unit apart; an interval shows a unit of both ends once. */
export interface Amount {
  readonly digits: string;
  /** Empty where there is none, or where it belongs to the digits. */
  readonly unit: string;
}

/** Digits and unit: `83.4 kB`. */
export function amountText({ digits, unit }: Amount): string {
  return unit === '' ? digits : `${digits} ${unit}`;
}

/** An interval: `49.0 to 51.2 ms`, and `900 µs to 1.20 ms` where the units differ. */
export function intervalText(low: Amount, high: Amount): string {
  return `${low.unit === high.unit ? low.digits : amountText(low)} to ${amountText(high)}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes in decimal units: `83.4 kB`. */
export function formatBytes(bytes: number): string {
  return amountText(bytesAmount(bytes));
}

/** {@link formatBytes}, with the unit apart. */
export function bytesAmount(bytes: number): Amount {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return { digits: value.toFixed(digits), unit: byteUnits[unit] ?? 'B' };
}

const yearHours = 365.25 * 24;

/** A span of time: `0.42s`, `12.3s`, `4m 05s`, `2h 05m`, `12d 07h` or `167 years`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)}s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  const hours = Math.floor(whole / 3600);
  if (hours >= yearHours) return `${(hours / yearHours).toFixed(hours < 10 * yearHours ? 1 : 0)} years`;
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
  return `${hours}h ${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** A latency: `85 µs`, `1.25 ms` or `2.10 s`. */
export function formatMicroseconds(microseconds: number): string {
  return amountText(microsecondsAmount(microseconds));
}

/** {@link formatMicroseconds}, with the unit apart. */
export function microsecondsAmount(microseconds: number): Amount {
  const size = Math.abs(microseconds);
  if (size < 1000) return { digits: String(Math.round(microseconds)), unit: 'µs' };
  if (size < 1_000_000) return { digits: significant(microseconds / 1000), unit: 'ms' };
  return { digits: significant(microseconds / 1_000_000), unit: 's' };
}

/**
 * A duration on a page that also shows latencies, in the same form as these, from a minute on in minutes:
 * `420 ms`, `2.98 s`, `1 min 51 s` or `2 h 05 min`.
 */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return formatMicroseconds(seconds * 1e6);
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** The time of a rate in seconds, to the millisecond, so that a reader can divide by it: `2.984`. */
export function formatRateTime(seconds: number): string {
  return seconds.toLocaleString('en-US', { minimumFractionDigits: 3, maximumFractionDigits: 3 });
}

/** A rate, with at least three digits because 3.42/s is not 3/s: `12,345`, `54.1` or `0.116`. */
export function formatRate(perSecond: number): string {
  if (perSecond > 0 && perSecond < 0.995) return String(Number(perSecond.toPrecision(3)));
  const digits = perSecond >= 99.95 || perSecond === 0 ? 0 : perSecond >= 9.995 ? 1 : 2;
  return perSecond.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A share from 0 to 1 in percent: `99.7 %`. */
export function formatShare(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** CPU in cores: `0.31`. */
export function formatCores(cores: number): string {
  return cores.toFixed(2);
}

/** A limit that someone set, with no more digits than it has: `50 ms`, `99 %`, `100,000/s`. */
export function formatLimit(limit: number, unit: ExpectationUnit): string {
  const plain = (value: number): string =>
    value.toLocaleString('en-US', { maximumFractionDigits: 6, maximumSignificantDigits: 6 });
  switch (unit) {
    case 'microseconds':
      return limit >= 1e6
        ? `${plain(limit / 1e6)} s`
        : limit >= 1000
          ? `${plain(limit / 1000)} ms`
          : `${plain(limit)} µs`;
    case 'fraction':
      return `${plain(100 * limit)} %`;
    case 'perSecond':
      return `${plain(limit)}/s`;
    case 'bytesPerSecond':
      return limit >= 1e6 ? `${plain(limit / 1e6)} MB/s` : `${plain(limit / 1000)} kB/s`;
    case 'cores':
      return `${plain(limit)} cores`;
    case 'count':
      return plain(limit);
  }
}

/** A value of an expectation, from the base unit to a readable one: `4.49 s`. */
export function formatValue(value: number, unit: ExpectationUnit = 'count'): string {
  switch (unit) {
    case 'microseconds':
      return formatMicroseconds(value);
    case 'fraction':
      return formatShare(value, 2);
    case 'perSecond':
      return `${formatRate(value)}/s`;
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`;
    case 'cores':
      return `${formatCores(value)} cores`;
    case 'count':
      return formatCount(value);
  }
}

/** A count with thousands separators: `10,000`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** A cell of a table: `–` where there is no value. */
export function orDash<Value>(value: Value | null | undefined, format: (value: Value) => string): string {
  return value === null || value === undefined ? '–' : format(value);
}

/** An instant that reads the same everywhere: `2026-11-24 09:42:05 UTC`. */
export function formatInstant(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** The time of an instant, to the millisecond: `09:42:05.250 UTC`. */
export function formatClockTime(iso: string): string {
  return `${iso.slice(11, 23)} UTC`;
}

/** Seconds after the run's start, as on the charts' axes: `1:05`. */
export function formatPosition(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** A count with its noun: `1 message`, `2,000 messages`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** How often: `once`, `2 times`. */
export function formatTimes(count: number): string {
  return count === 1 ? 'once' : `${formatCount(count)} times`;
}

/** A table for a terminal, without lines between its rows. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

function significant(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
