import type { GroupReading } from '../../src/measure/watchedProbe.js';
import { purposes, seededRandom, standardNormal } from '../../src/random.js';

/** A consumer group as Kafka shows it. */
export interface SimulatedGroup {
  /** Messages per second that all members together can read. */
  readonly capacity: number;
  readonly partitions?: number;
  /** Each has its own partitions, and an equal share of the capacity, unless `speeds` says more. */
  readonly members?: number;
  /** Speed of each member, compared with an equal share. */
  readonly speeds?: readonly number[];
  /** How the load is spread over partitions, unless evenly. */
  readonly load?: readonly number[];
  /** Time between two commits of a member; each has its own phase. */
  readonly commitMs?: number;
  /** Spread of the time between commits. */
  readonly commitJitterMs?: number;
  /** Only whole lots are taken and committed. */
  readonly lot?: number;
  /** Stops for so long, so often. */
  readonly stall?: { readonly everyMs: number; readonly forMs: number };
  /** Relative spread of the speed, drawn anew each second. */
  readonly spread?: number;
}

/** How the load comes: messages due by a time since the start. */
export type Due = (ms: number) => number;

export interface Observed {
  readonly readings: GroupReading[];
  /** When all was committed, after the start; undefined where it never was. */
  readonly drainedMs: number | undefined;
}

const stepMs = 10;

/**
 * A simulated group, whose time goes on from probe to probe: commits and stalls have their own phase.
 *
 * @param readEveryMs - time between two readings
 */
export function simulated(group: SimulatedGroup, seed: number, readEveryMs = 200) {
  const random = seededRandom(seed, purposes.noise);
  const partitions = group.partitions ?? 4;
  const memberCount = group.members ?? 1;
  const commitMs = group.commitMs ?? 5000;
  const load = group.load ?? Array.from({ length: partitions }, () => 1 / partitions);
  let nowMs = random() * 1e6;
  const members = Array.from({ length: memberCount }, (_, index) => ({
    speed: (group.capacity / memberCount) * (group.speeds?.[index] ?? 1),
    factor: 1,
    allowance: 0,
    nextCommitMs: nowMs + random() * commitMs,
    own: Array.from({ length: partitions }, (__, one) => one).filter((one) => one % memberCount === index),
  }));
  const ends = new Array<number>(partitions).fill(0);
  const read = new Array<number>(partitions).fill(0);
  const committed = new Array<number>(partitions).fill(0);
  const step = (): void => {
    nowMs += stepMs;
    const { stall, spread = 0, lot = 1 } = group;
    const stands = stall !== undefined && nowMs % stall.everyMs < stall.forMs;
    for (const member of members) {
      if (Math.floor(nowMs / 1000) !== Math.floor((nowMs - stepMs) / 1000))
        member.factor = Math.exp(spread * standardNormal(random));
      if (!stands) {
        member.allowance += (member.speed * member.factor * stepMs) / 1000;
        const waiting = member.own.reduce((sum, one) => sum + (ends[one] ?? 0) - (read[one] ?? 0), 0);
        let take = Math.floor(Math.min(member.allowance, waiting) / lot) * lot;
        // The last of what there is does not wait for a whole lot.
        if (waiting < lot && member.allowance >= waiting) take = waiting;
        const hadEnough = take === waiting;
        const taken = take;
        // In proportion to what waits: the share of each of those that are left, of what is left.
        let left = waiting;
        for (const one of member.own) {
          const own = (ends[one] ?? 0) - (read[one] ?? 0);
          const part = left === 0 ? 0 : Math.min(own, Math.floor((take * own) / left + random()));
          read[one] = (read[one] ?? 0) + part;
          take -= part;
          left -= own;
        }
        // What is not used is not saved up.
        member.allowance = hadEnough ? 0 : member.allowance - (taken - take);
      }
      if (nowMs >= member.nextCommitMs && !stands) {
        member.nextCommitMs =
          nowMs + Math.max(stepMs, commitMs + (group.commitJitterMs ?? 0) * standardNormal(random));
        for (const one of member.own) committed[one] = read[one] ?? 0;
      }
    }
  };
  const reading = (ms: number): GroupReading => ({
    ms,
    lagSeconds: null,
    partitions: ends.map((end, partition) => ({ partition, end, lag: end - (committed[partition] ?? 0) })),
  });
  return {
    /** Sends a load for so long, and lets the group catch up. */
    probe(due: Due, durationMs: number, drainMs: number): Observed {
      const base = [...ends];
      const readings = [reading(0)];
      let nextMs = readEveryMs;
      for (let ms = stepMs; ms <= durationMs + drainMs; ms += stepMs) {
        const all = due(Math.min(ms, durationMs));
        let share = 0;
        for (let one = 0; one < partitions; one += 1) {
          const before = Math.round(all * share);
          share += load[one] ?? 0;
          ends[one] = (base[one] ?? 0) + Math.round(all * share) - before;
        }
        step();
        if (ms < nextMs) continue;
        readings.push(reading(ms));
        nextMs += readEveryMs * (0.9 + 0.2 * random());
        if (ms >= durationMs && readings.at(-1)?.partitions.every(({ lag }) => lag === 0) === true)
          return { readings, drainedMs: ms };
      }
      return { readings, drainedMs: undefined };
    },
    /** Nothing comes. */
    rest(forMs: number): void {
      for (let ms = 0; ms < forMs; ms += stepMs) step();
    },
  };
}
