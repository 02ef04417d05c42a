import type { ExpectationUnit } from '../measure/expectationResult.js';

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes in decimal units: `83.4 kB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${byteUnits[unit] ?? 'B'}`;
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
  const size = Math.abs(microseconds);
  if (size < 1000) return `${Math.round(microseconds)} µs`;
  if (size < 1_000_000) return `${significant(microseconds / 1000)} ms`;
  return `${significant(microseconds / 1_000_000)} s`;
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

/** A value of an expectation, from the base unit to a readable one: `4.49 s`. */
export function formatValue(value: number, unit: ExpectationUnit = 'count'): string {
  switch (unit) {
    case 'microseconds':
      return formatMicroseconds(value);
    case 'fraction':
      return `${(100 * value).toFixed(2)} %`;
    case 'perSecond':
      return `${formatRate(value)}/s`;
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`;
    case 'cores':
      return `${value.toFixed(2)} cores`;
    case 'count':
      return formatCount(value);
  }
}

/** A count with thousands separators: `10,000`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

function significant(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
