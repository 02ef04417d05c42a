import { lineThrough } from './line.js';
import { median } from './median.js';

/** The memory of a program at an instant. */
export interface MemorySample {
  readonly atMs: number;
  readonly rssBytes: number;
}

/** Memory that grew all the time. */
export interface MemoryGrowth {
  readonly fromBytes: number;
  readonly toBytes: number;
  /** The time between the two. */
  readonly seconds: number;
  /** Null where that was too short for an hour. */
  readonly bytesPerHour: number | null;
}

/** A shorter time says nothing: caches and buffers fill. */
const leastSeconds = 20;

/**
 * What a client holds that reads ahead of a slow consumer: librdkafka's queue of 64 MB, and what it fetches besides.
 * One of 25 alerts/s of 100 kB, of 50/s that came, grew from 27 MB to 120 MB in 45 s, and then no more.
 */
export const readAheadBytes = 128e6;

/** Less memory than that may fill for so long. */
const leastFillSeconds = 60;

/** A shorter growth is not extrapolated to an hour. */
const leastHourlySeconds = 300;

/** Less than this from one quarter to the next may be chance. */
const leastStepBytes = 4e6;

/** Less than this share of what it had is what any program does. */
const leastShare = 0.1;

/** A later quarter that grew by a smaller part of the one before levels off, as a buffer that fills does. */
const levellingOff = 0.6;

/** The slope of memory over time by least squares, bytes per hour; null for too short a time. */
export function bytesPerHour(samples: readonly MemorySample[]): number | null {
  if (spanSeconds(samples) < leastSeconds) return null;
  const points = samples.map(({ atMs, rssBytes }) => ({ seconds: atMs / 1000, value: rssBytes }));
  const line = lineThrough(points, 3);
  return line === undefined ? null : line.slope * 3600;
}

/**
 * Whether memory grew all the time, as with a leak; undefined where it did not, or levelled off. The first
 * quarter of the time is not looked at: a program loads its modules and fills its buffers then. Of the others
 * the medians must rise, the last step by no less than about the one before.
 */
export function memoryGrowthOf(samples: readonly MemorySample[]): MemoryGrowth | undefined {
  const hourly = bytesPerHour(samples);
  const [first] = samples;
  if (hourly === null || first === undefined) return undefined;
  const quarterMs = (spanSeconds(samples) * 1000) / 4;
  const medians = [1, 2, 3].map((quarter) => {
    const ofQuarter = samples.filter(
      ({ atMs }) =>
        atMs - first.atMs >= quarter * quarterMs && atMs - first.atMs <= (quarter + 1) * quarterMs,
    );
    return median(ofQuarter.map(({ rssBytes }) => rssBytes)) ?? NaN;
  });
  const [second = NaN, third = NaN, fourth = NaN] = medians;
  const steps = [third - second, fourth - third] as const;
  const grows =
    steps.every((step) => step >= leastStepBytes) &&
    steps[1] >= levellingOff * steps[0] &&
    fourth - second >= leastShare * second &&
    (spanSeconds(samples) >= leastFillSeconds || fourth - first.rssBytes > readAheadBytes);
  if (!grows) return undefined;
  const seconds = (2 * quarterMs) / 1000;
  return {
    fromBytes: second,
    toBytes: fourth,
    seconds,
    bytesPerHour: seconds < leastHourlySeconds ? null : ((fourth - second) / seconds) * 3600,
  };
}

function spanSeconds(samples: readonly MemorySample[]): number {
  return ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) / 1000;
}
