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
  readonly bytesPerHour: number;
}

/** A shorter time says nothing: caches and buffers fill. */
const leastSeconds = 20;

/** Less than this from one quarter to the next may be chance. */
const leastStepBytes = 4e6;

/** Less than this share of what it had is what any program does. */
const leastShare = 0.1;

/** A later quarter that grew by a smaller part of the one before levels off, as a buffer that fills does. */
const levellingOff = 0.6;

/** The slope of memory over time by least squares, bytes per hour; null for too short a time. */
export function bytesPerHour(samples: readonly MemorySample[]): number | null {
  const seconds = spanSeconds(samples);
  if (samples.length < 3 || seconds < leastSeconds) return null;
  const mean = (of: (one: MemorySample) => number): number =>
    samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const meanMs = mean(({ atMs }) => atMs);
  const meanBytes = mean(({ rssBytes }) => rssBytes);
  const covariance = mean(({ atMs, rssBytes }) => (atMs - meanMs) * (rssBytes - meanBytes));
  const variance = mean(({ atMs }) => (atMs - meanMs) ** 2);
  return (covariance / variance) * 3_600_000;
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
    return median(ofQuarter.map(({ rssBytes }) => rssBytes));
  });
  const [second = NaN, third = NaN, fourth = NaN] = medians;
  const steps = [third - second, fourth - third] as const;
  const grows =
    steps.every((step) => step >= leastStepBytes) &&
    steps[1] >= levellingOff * steps[0] &&
    fourth - second >= leastShare * second;
  if (!grows) return undefined;
  const seconds = (2 * quarterMs) / 1000;
  return {
    fromBytes: second,
    toBytes: fourth,
    seconds,
    bytesPerHour: ((fourth - second) / seconds) * 3600,
  };
}

function spanSeconds(samples: readonly MemorySample[]): number {
  return ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
