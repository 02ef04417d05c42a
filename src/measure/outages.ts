import type { FindingOf } from '../results/findings.js';

/** A gap in a partition's acknowledgements, as `AckGap`, in milliseconds since 1970. */
export interface WallGap {
  readonly partition: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Null where that was not seen. */
  readonly recoveredMs: number | null;
}

interface Cluster {
  readonly partitions: Set<number>;
  startMs: number;
  endMs: number;
  recoveredMs: number | null;
}

/**
 * Joins gaps of single producers and partitions into outages, in order of time: gaps that overlap for more
 * than half of the longer one are the same outage.
 */
export function outagesOf(
  phase: string,
  gaps: readonly WallGap[],
  partitions: number,
): FindingOf<'outage'>[] {
  return clustersOf(gaps).map((cluster) => ({
    kind: 'outage',
    phase,
    startedAt: new Date(cluster.startMs).toISOString(),
    lengthMs: Math.round(cluster.endMs - cluster.startMs),
    recoveredAfterMs: cluster.recoveredMs === null ? null : Math.round(cluster.recoveredMs - cluster.endMs),
    partitions: { silent: cluster.partitions.size, of: partitions },
  }));
}

/**
 * How much of a phase was outage or recovery from one, 0 to 1. A gap without a recovery goes on until the
 * end.
 */
export function outageShare(gaps: readonly WallGap[], startMs: number, endMs: number): number {
  let coveredMs = 0;
  let untilMs = startMs;
  for (const gap of [...gaps].sort((one, other) => one.startMs - other.startMs)) {
    const from = Math.max(untilMs, gap.startMs);
    const to = Math.min(endMs, gap.recoveredMs ?? endMs);
    if (to <= from) continue;
    coveredMs += to - from;
    untilMs = to;
  }
  return endMs > startMs ? coveredMs / (endMs - startMs) : 0;
}

function clustersOf(gaps: readonly WallGap[]): Cluster[] {
  const clusters: Cluster[] = [];
  for (const gap of [...gaps].sort((one, other) => one.startMs - other.startMs)) {
    const same = clusters.find((cluster) => overlap(cluster, gap) > 0.5);
    if (same === undefined) {
      const { partition, startMs, endMs, recoveredMs } = gap;
      clusters.push({ partitions: new Set([partition]), startMs, endMs, recoveredMs });
      continue;
    }
    same.partitions.add(gap.partition);
    same.endMs = Math.max(same.endMs, gap.endMs);
    same.recoveredMs =
      same.recoveredMs === null || gap.recoveredMs === null
        ? null
        : Math.max(same.recoveredMs, gap.recoveredMs);
  }
  return clusters;
}

/** How much of the longer one of two spans the other one covers. */
function overlap(one: Cluster, { startMs, endMs }: WallGap): number {
  const commonMs = Math.min(one.endMs, endMs) - Math.max(one.startMs, startMs);
  return commonMs / Math.max(one.endMs - one.startMs, endMs - startMs);
}
