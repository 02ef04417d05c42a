import type { WatchedGroup } from '../../src/results/runFolder.js';
import { noSample } from './sound.js';

const none = { p50: null, p90: null, p99: null, max: null, mean: null, last: null };

/** A watched group that committed everything, with some facts changed. */
export function watchedGroupOf(some: Partial<WatchedGroup> = {}): WatchedGroup {
  return {
    ...{ name: 'mine', group: 'lasair-test', topic: 'alerts-stream', kind: 'external' },
    ...{ committed: 1000, uncommitted: 0, olderAtStart: 0 },
    lag: {
      messages: { ...none, p50: 20, p99: 90, max: 100, last: 0 },
      seconds: { ...none, p50: 0.4, p99: 1.8, max: 2, last: 0 },
    },
    commitLatency: { ...noSample, count: 1000, p50: 900_000, p99: 2_100_000, max: 2_500_000, mean: 1e6 },
    committedWithin60s: 1,
    commits: { count: 12, perSecond: 100, intervalSeconds: { p50: 5, max: 5.1 } },
    members: { min: 4, max: 4 },
    rebalances: 0,
    drainSeconds: 1.5,
    phases: [],
    visits: [],
    partitions: [],
    unreadable: [],
    ...some,
  };
}
