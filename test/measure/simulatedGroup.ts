import type { GroupSighting } from '../../src/measure/groupTrend.js';
import type { WatchedGroup } from '../../src/results/runFolder.js';
import { watchedGroupOf } from '../results/watched.js';

/** A group of consumers of known capacity. */
export interface SimulatedGroup {
  readonly partitions: number;
  /** What each member reads a second at most; partitions are dealt out in turns. */
  readonly members: readonly number[];
  /** Messages a second into all partitions together. */
  readonly rate: number | ((second: number) => number);
  readonly seconds: number;
  /** Members commit this often, not all at the same moment; 5 s is the clients' default. */
  readonly commitSeconds?: number;
  /** All members stand still at the end of each so many seconds. */
  readonly stall?: { readonly everySeconds: number; readonly forSeconds: number };
  /** Seconds after the load in which they go on. */
  readonly drainSeconds?: number;
}

const stepsPerSecond = 20;

/** What one would see of it, a sighting a second, and its summary. */
export function simulated(group: SimulatedGroup): {
  readonly sightings: GroupSighting[];
  readonly summary: WatchedGroup;
} {
  const { partitions, members, seconds, commitSeconds = 1, stall, drainSeconds = 0 } = group;
  const rateAt = typeof group.rate === 'number' ? () => group.rate as number : group.rate;
  const rows = Array.from({ length: partitions }, (_, partition) => ({
    ...{ partition, member: partition % members.length },
    ...{ end: 0, read: 0, committed: 0, lags: [] as number[] },
  }));
  const sightings: GroupSighting[] = [];
  let commits = 0;
  for (let step = 1; step <= (seconds + drainSeconds) * stepsPerSecond; step += 1) {
    const second = step / stepsPerSecond;
    const isLoad = second <= seconds;
    for (const row of rows) if (isLoad) row.end += rateAt(second) / partitions / stepsPerSecond;
    const isStill =
      stall !== undefined && second % stall.everySeconds > stall.everySeconds - stall.forSeconds;
    members.forEach((capacity, member) => {
      if (isStill) return;
      const own = rows.filter((row) => row.member === member);
      const waiting = own.reduce((sum, row) => sum + row.end - row.read, 0);
      const share = waiting === 0 ? 0 : Math.min(1, capacity / stepsPerSecond / waiting);
      for (const row of own) row.read += (row.end - row.read) * share;
      const phase = Math.round((member * commitSeconds * stepsPerSecond) / members.length);
      if ((step + phase) % Math.round(commitSeconds * stepsPerSecond) !== 0) return;
      for (const row of own) row.committed = row.read;
      commits += 1;
    });
    if (step % stepsPerSecond !== 0) continue;
    const seen = rows.map(({ partition, end, committed }) => ({
      ...{ partition, end: Math.round(end), committed: Math.round(committed) },
    }));
    seen.forEach(({ end, committed }, index) => rows[index]?.lags.push(end - committed));
    const lagMessages = seen.reduce((sum, { end, committed }) => sum + end - committed, 0);
    sightings.push({
      ...{ seconds: second, phase: isLoad ? 'steady' : null, isAtWork: true },
      ...{ end: seen.reduce((sum, one) => sum + one.end, 0), lagMessages, lagSeconds: lagMessages / 100 },
      ...{ members: members.length, partitions: seen },
    });
  }
  const last = sightings.at(-1);
  const summary = watchedGroupOf({
    committed: (last?.end ?? 0) - (last?.lagMessages ?? 0),
    uncommitted: last?.lagMessages ?? 0,
    commits: { count: commits, perSecond: 1, intervalSeconds: { p50: commitSeconds, max: commitSeconds } },
    members: { min: members.length, max: members.length },
    partitions: rows.map(({ partition, committed, lags }) => ({
      ...{ partition, committed: Math.round(committed), maxLag: Math.max(...lags) },
      maxLagSeconds: null,
      meanLag: lags.reduce((sum, one) => sum + one, 0) / lags.length,
      meanWaitSeconds: lags.reduce((sum, one) => sum + one, 0) / (Math.round(committed) + (lags.at(-1) ?? 0)),
      lastLag: lags.at(-1) ?? 0,
    })),
  });
  return { sightings, summary };
}
