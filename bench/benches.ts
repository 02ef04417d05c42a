import { compressionBench } from './compression.js';
import { consumeBench } from './consume.js';
import { flatOutBench } from './flatOut.js';
import { growthBench } from './growth/growth.js';
import { growthAxes } from './growth/points.js';
import { influxBench } from './influxOverhead.js';
import { longMemoryBench, memoryBench } from './memory.js';
import { playBench } from './play.js';
import { preloadBench } from './preload.js';
import { halfRateBench, idleBench, punctualBench } from './punctual.js';
import type { Bench } from './support/bench.js';
import { watchBench } from './watchCost.js';

/** Sizes of messages, with the number that a peer sends in a round. */
const sizes = [
  [100, 5_000_000],
  [1000, 1_000_000],
  [10_000, 120_000],
  [113_000, 11_000],
] as const;

/** Alerts with a longer history; Rubin's reach half a megabyte. */
const largeAlerts = [
  [150_000, 8500],
  [250_000, 5000],
  [500_000, 2500],
] as const;

/** In the order in which they run. */
export const benches: readonly Bench[] = [
  ...[...sizes, ...largeAlerts].map(([bytes, messages]) => flatOutBench(bytes, messages, '1')),
  ...sizes.map(([bytes, messages]) => flatOutBench(bytes, messages, 'all')),
  ...(['none', 'lz4', 'zstd'] as const).map(compressionBench),
  preloadBench,
  consumeBench(100, 5_000_000),
  consumeBench(1000, 1_500_000),
  consumeBench(113_000, 11_000),
  punctualBench(
    'punctual-1000-of-115kB',
    'synthetic: {visits: 1, alertsPerVisit: 700, meanBytes: 115000}',
    1000,
  ),
  punctualBench('punctual-20000-of-1kB', 'payload: {bytes: 1000, count: 10000}', 20_000),
  ...sizes.map(([bytes]) => halfRateBench(bytes)),
  idleBench,
  playBench(2000, 8),
  playBench(3000, 1.6),
  memoryBench,
  longMemoryBench,
  influxBench,
  watchBench,
  ...growthAxes.map(growthBench),
];

/**
 * The benchmarks that the words of a command line name; a word that is a whole name means that one only.
 *
 * @param words - names, or what names begin with; none means all
 */
export function benchesOf(words: readonly string[]): readonly Bench[] {
  if (words.length === 0) return benches;
  const names = new Set(benches.map(({ name }) => name));
  return benches.filter(({ name }) =>
    words.some((word) => (names.has(word) ? name === word : name.startsWith(word))),
  );
}
