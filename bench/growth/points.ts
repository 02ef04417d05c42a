import type { GrowthLoad } from './load.js';

export interface GrowthPoint {
  /** Unique on its axis. */
  readonly name: string;
  readonly load: GrowthLoad;
  /** How long it is sent. */
  readonly seconds: number;
}

/** Loads that differ in one thing: how cost grows with it. */
export interface GrowthAxis {
  readonly name: string;
  /** Ascending. */
  readonly points: readonly GrowthPoint[];
  /** Whether the model is made from them; otherwise they test it. */
  readonly fitted: boolean;
}

const seconds = 10;
const usual: GrowthLoad = { perSecond: 10_000, bytes: 1000, workers: 1, partitions: 4, groups: 0 };

/** Everything that is measured to see how cost grows. */
export const growthAxes: readonly GrowthAxis[] = [
  axis(
    'growth-bytes',
    [100, 1000, 10_000, 141_000, 500_000].map((bytes) => ({ ...usual, perSecond: 500, bytes })),
  ),
  axis(
    'growth-rate',
    [1, 10, 100, 1000, 10_000, 30_000, 100_000, 200_000].map((perSecond) => ({ ...usual, perSecond })),
  ),
  axis(
    'growth-partitions',
    [1, 4, 16, 64, 256, 1024].map((partitions) => ({ ...usual, partitions })),
  ),
  axis(
    'growth-workers',
    [1, 2, 4, 8].map((workers) => ({ ...usual, workers })),
  ),
  axis('growth-groups', [
    ...[0, 1, 2, 4].map((groups) => ({ ...usual, groups })),
    // Other rates and sizes distinguish the costs of a fetch, a message and a megabyte.
    { ...usual, perSecond: 1000, groups: 2 },
    ...[1, 2].map((groups) => ({ ...usual, perSecond: 500, bytes: 141_000, groups })),
  ]),
  {
    name: 'growth-length',
    fitted: false,
    points: [10, 60, 240].map((length) => ({
      name: `${length} s`,
      load: { ...usual, perSecond: 2000, bytes: 10_000, groups: 1 },
      seconds: length,
    })),
  },
  {
    ...axis('growth-held-out', [
      { ...usual, perSecond: 270, bytes: 141_000, groups: 1 },
      { ...usual, perSecond: 2700, bytes: 141_000 },
      { ...usual, perSecond: 3333, bytes: 141_000, workers: 2 },
      { ...usual, perSecond: 27_000 },
      { ...usual, perSecond: 5000, bytes: 30_000, groups: 1 },
      { ...usual, perSecond: 27_000, bytes: 5000, workers: 2, partitions: 16 },
      { ...usual, perSecond: 150_000, bytes: 300, workers: 2 },
    ]),
    fitted: false,
  },
];

/** A load in words: `500/s of 141 kB, 1 worker, 4 partitions, no reader`. */
export function loadText({ perSecond, bytes, workers, partitions, groups }: GrowthLoad): string {
  const size = bytes < 1000 ? `${bytes} B` : `${bytes / 1000} kB`;
  const readers = groups === 0 ? 'no reader' : plural(groups, 'group');
  return `${perSecond}/s of ${size}, ${plural(workers, 'worker')}, ${plural(partitions, 'partition')}, ${readers}`;
}

function axis(name: string, loads: readonly GrowthLoad[]): GrowthAxis {
  return { name, fitted: true, points: loads.map((load) => ({ name: loadText(load), load, seconds })) };
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
