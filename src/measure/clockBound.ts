import type { LatencySummary } from '../results/values.js';

/** A message that the broker stamped with its own time between two instants of ours. */
export interface ClockProbe {
  /** On this machine's monotonic clock, before it was handed over. */
  readonly beforeNs: number;
  /** On the same clock, after it was acknowledged. */
  readonly afterNs: number;
  /** The broker's stamp, whole milliseconds after {@link clockEpochMs}. */
  readonly brokerMs: number;
}

/** How far the broker's clock is ahead of this machine's monotonic clock. */
export interface ClockOffset {
  /** Broker's time after {@link clockEpochMs} − monotonic time. */
  readonly offsetNs: number;
  /** Maximum difference from the true offset. */
  readonly boundNs: number;
}

/** Broker stamps are counted from here: near enough for nanoseconds to fit into a number. */
export const clockEpochMs = Date.UTC(2026, 0, 1);

/** The broker's clock is read in whole milliseconds, truncated. */
const tickNs = 1e6;
/** Rounding error of sums of nanoseconds since the epoch. */
const roundingNs = 100;

/**
 * Bounds the offset of the broker's clock, after F. Cristian, "Probabilistic clock synchronization" (1989):
 * the broker read its clock after the probe was sent and before its answer came, so the offset lies between
 * stamp − after and stamp + 1 ms − before. Each probe gives such an interval, and the truth is in all of
 * them; because the probes hit different parts of the broker's millisecond, together they narrow it to less
 * than a millisecond.
 *
 * Worked example: sent at 10.2 ms, answered at 10.9 ms, stamped 500 ms: the offset is between 489.1 and 490.8
 * ms.
 *
 * @param probes - at least one
 * @returns the middle of what is possible, and half its width
 */
export function clockOffset(probes: readonly ClockProbe[]): ClockOffset {
  const lows = probes.map(({ afterNs, brokerMs }) => brokerMs * 1e6 - afterNs);
  const highs = probes.map(({ beforeNs, brokerMs }) => brokerMs * 1e6 + tickNs - beforeNs);
  let low = Math.max(...lows);
  let high = Math.min(...highs);
  if (low > high) {
    // The broker's clock was set in between: all that any probe allows is possible.
    low = Math.min(...lows);
    high = Math.max(...highs);
  }
  return { offsetNs: (low + high) / 2, boundNs: (high - low) / 2 + roundingNs };
}

/**
 * Maximum error, nanoseconds, of a clock that was set once: its first bound, or what later estimates allow,
 * because clocks drift apart.
 */
export function boundSince(used: ClockOffset, later: readonly ClockOffset[]): number {
  return later.reduce(
    (bound, { offsetNs, boundNs }) => Math.max(bound, Math.abs(offsetNs - used.offsetNs) + boundNs),
    used.boundNs,
  );
}

/**
 * The bound, microseconds, of a time from one machine to another: the two worst clocks may err in opposite
 * directions. 0 for a single machine, which has one clock.
 */
export function betweenMachinesUs(boundsNs: readonly number[]): number {
  if (boundsNs.length < 2) return 0;
  const [worst = 0, next = 0] = [...boundsNs].sort((a, b) => b - a);
  return (worst + next) / 1000;
}

/**
 * The smallest step that a value may be shown in: 1, 2 or 5 times a power of ten, the bound or above.
 * Microseconds: 500 for 430.
 */
export function tellableStepUs(boundUs: number): number {
  const power = 10 ** Math.floor(Math.log10(boundUs));
  const step = [1, 2, 5, 10].find((times) => times * power >= boundUs) ?? 10;
  return step * power;
}

/**
 * Removes the digits that the clocks do not support: values are rounded to a step no finer than the bound,
 * and a value that is not above the bound is left out.
 *
 * @param boundUs - the bound of the clocks, microseconds; 0 leaves everything as it is
 */
export function carriedDigits(summary: LatencySummary, boundUs: number): LatencySummary {
  if (boundUs <= 0) return summary;
  const stepUs = tellableStepUs(boundUs);
  const told = (value: number | null): number | null =>
    value === null || value <= boundUs ? null : Math.round(value / stepUs) * stepUs;
  const { count, p50, p90, p95, p99, p999, max, mean } = summary;
  return {
    count,
    p50: told(p50),
    p90: told(p90),
    p95: told(p95),
    p99: told(p99),
    p999: told(p999),
    max: told(max),
    mean: told(mean),
  };
}
