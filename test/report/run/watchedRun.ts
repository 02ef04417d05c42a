import { interval, manifest, startMs, summary, type FolderFiles } from '../../results/runFolders.js';
import { watchedGroupOf } from '../../results/watched.js';
import type {
  IntervalRecord,
  Sampled,
  WatchedGroup,
  WatchedInterval,
} from '../../../src/results/runFolder.js';

export interface WatchedRun {
  readonly groups: number;
  readonly partitions: number;
  readonly seconds: number;
  /** Partitions of the first group that are read ten times slower. */
  readonly slow?: readonly number[];
  /** Nothing is sent, as by `watch`. */
  readonly isWatch?: boolean;
}

/** The files of a run of visits each 37 s that groups of different speeds read; they commit each 5 s. */
export function watchedRun({
  groups,
  partitions,
  seconds,
  slow = [],
  isWatch = false,
}: WatchedRun): FolderFiles {
  const visit = 4000;
  const rateAt = (second: number): number => (second % 37 < 3 ? visit / 3 : 0);
  const names = Array.from(
    { length: groups },
    (_, index) => `${index === 0 ? 'mine' : 'group'}-${index + 1}`,
  );
  const readers = names.map((name, index) => ({
    ...{ name, capacity: 90 + 30 * index, lags: [] as number[], oldest: [] as number[] },
    rows: Array.from({ length: partitions }, (_row, partition) => ({
      ...{ partition, end: 0, read: 0, committed: 0, sum: 0, max: 0 },
      share: index === 0 && slow.includes(partition) ? 0.1 : 1,
    })),
  }));
  const intervals: IntervalRecord[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const watched: Record<string, WatchedInterval> = {};
    for (const { name, capacity, rows, lags, oldest } of readers) {
      for (const row of rows) {
        row.end += rateAt(second) / partitions;
        row.read += Math.min(row.end - row.read, (row.share * capacity) / partitions);
        if (second % 5 === row.partition % 5) row.committed = row.read;
        row.sum += row.end - row.committed;
        row.max = Math.max(row.max, row.end - row.committed);
      }
      const end = rows.reduce((total, row) => total + row.end, 0);
      const committed = rows.reduce((total, row) => total + row.committed, 0);
      const lagMessages = Math.round(end - committed);
      const lagSeconds = lagMessages === 0 ? 0 : (second % 37) + Math.max(0, lagMessages - visit) / 108;
      lags.push(lagMessages);
      oldest.push(lagSeconds);
      watched[name] = {
        ...{
          committed: Math.round(committed),
          end: Math.round(end),
          lagMessages,
          lagSeconds,
          commits: 1,
          members: 4,
        },
        partitionCount: partitions,
        partitions: rows.flatMap((row): [number, number][] => {
          const lag = Math.round(row.end - row.committed);
          return lag > 0 ? [[row.partition, lag]] : [];
        }),
      };
    }
    const load = isWatch
      ? { phase: null, targetPerSecond: null, achievedPerSecond: 0, bytesPerSecond: 0, latency: {} }
      : {
          phase: second < seconds - 37 ? 'visits' : null,
          targetPerSecond: rateAt(second),
          achievedPerSecond: rateAt(second),
        };
    intervals.push(interval(second, { ...load, lag: {}, watched }));
  }
  const watchedGroups = readers.map(({ name, rows, lags, oldest }): WatchedGroup =>
    watchedGroupOf({
      ...{ name, group: `team-${name}`, kind: isWatch ? 'watched' : 'external' },
      committed: Math.round(rows.reduce((total, row) => total + row.committed, 0)),
      uncommitted: lags.at(-1) ?? 0,
      lag: { messages: sampledOf(lags), seconds: sampledOf(oldest) },
      drainSeconds: lags.at(-1) === 0 ? 12.5 : null,
      phases: isWatch
        ? []
        : [
            {
              name: 'visits',
              lag: { messages: sampledOf(lags), seconds: sampledOf(oldest) },
              commitLatency: watchedGroupOf().commitLatency,
              committedWithin60s: 0.97,
            },
          ],
      visits: isWatch
        ? []
        : Array.from({ length: Math.floor((seconds - 37) / 37) }, (_visit, index) => ({
            ...{ phase: 'visits', visit: index + 1, alerts: visit, committedWithin60s: 0.97 },
            dueAt: new Date(startMs + 37_000 * index).toISOString(),
            drainSeconds: index % 3 === 2 ? null : 20 + index,
          })),
      partitions: rows.map(({ partition, end, committed, sum, max }) => ({
        ...{ partition, committed: Math.round(committed), maxLag: Math.round(max), maxLagSeconds: 12.5 },
        ...{ meanLag: sum / seconds, meanWaitSeconds: sum / end, lastLag: Math.round(end - committed) },
      })),
    }),
  );
  const [phase] = summary.phases;
  return {
    manifest,
    summary: {
      ...summary,
      ...{ groups: [], watchedGroups, expectations: [] },
      phases: isWatch || phase === undefined ? [] : [{ ...phase, name: 'visits' }],
    },
    intervals: intervals.map((one) => `${JSON.stringify(one)}\n`).join(''),
    hlog: undefined,
  };
}

function sampledOf(values: readonly number[]): Sampled {
  const inOrder = [...values].sort((one, other) => one - other);
  const at = (share: number): number | null => inOrder[Math.ceil(share * inOrder.length) - 1] ?? null;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), mean, last: values.at(-1) ?? null };
}
