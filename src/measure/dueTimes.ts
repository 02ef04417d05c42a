/** When the messages of a topic were due, by partition and offset. */
export interface Dues {
  /** Since 1970; undefined where nothing is known about so late a message. */
  readonly dueOf: (partition: number, offset: number) => number | undefined;
  /**
   * Goes through the messages from one offset to another, exclusive, in stretches that were due at about the
   * same time.
   */
  readonly stretches: (partition: number, from: number, to: number, take: TakeStretch) => void;
}

/**
 * @param count - messages of the stretch
 * @param dueMs - of its middle
 * @param phase - that sent them; empty where it is unknown
 */
export type TakeStretch = (count: number, dueMs: number, phase: string) => void;

interface Points {
  readonly offsets: number[];
  readonly dues: number[];
  readonly phases: string[];
}

/** With more points of a partition, every other one of the older half is dropped. */
const mostPoints = 8192;

/** So many points before the offsets that are still needed are kept: some minutes. */
const pointsBefore = 1024;

/** A stretch between two points is taken in pieces of about this long. */
const pieceMs = 100;
const mostPieces = 64;

/**
 * Due times by points: of some messages it is known when they were due, and between two of them it is
 * interpolated by offset. Offsets 100 at 5.0 s and 110 at 6.0 s: 105 was due at 5.5 s.
 */
export class DueTimes implements Dues {
  readonly #partitions: (Points | undefined)[] = [];

  /** Adds a point; several producers' points of a partition may come out of order. */
  add(partition: number, offset: number, dueMs: number, phase: string): void {
    const points = (this.#partitions[partition] ??= { offsets: [], dues: [], phases: [] });
    const { offsets, dues, phases } = points;
    let at = offsets.length;
    while (at > 0 && (offsets[at - 1] ?? 0) > offset) at -= 1;
    if (at > 0 && offsets[at - 1] === offset) return;
    if (at === offsets.length) {
      offsets.push(offset);
      dues.push(dueMs);
      phases.push(phase);
    } else {
      offsets.splice(at, 0, offset);
      dues.splice(at, 0, dueMs);
      phases.splice(at, 0, phase);
    }
    if (offsets.length > mostPoints) this.#partitions[partition] = thinned(points);
  }

  /** The offset after the last message that is known; undefined where none is. */
  knownUntil(partition: number): number | undefined {
    const last = this.#partitions[partition]?.offsets.at(-1);
    return last === undefined ? undefined : last + 1;
  }

  dueOf(partition: number, offset: number): number | undefined {
    const points = this.#partitions[partition];
    if (points === undefined) return undefined;
    const at = firstNotBelow(points.offsets, offset);
    return at === points.offsets.length ? undefined : interpolated(points, at, offset);
  }

  /** Messages after the last point count as due with it. */
  stretches(partition: number, from: number, to: number, take: TakeStretch): void {
    const points = this.#partitions[partition];
    if (points === undefined) return;
    const { offsets, dues, phases } = points;
    let first = from;
    for (let at = firstNotBelow(offsets, from); first < to && at < offsets.length; at += 1) {
      const after = Math.min(to, (offsets[at] ?? 0) + 1);
      const spanMs = Math.abs((dues[at] ?? 0) - (dues[at - 1] ?? dues[at] ?? 0));
      const pieces = Math.min(mostPieces, after - first, Math.max(1, Math.ceil(spanMs / pieceMs)));
      for (let piece = 1; piece <= pieces; piece += 1) {
        const until = piece === pieces ? after : first + Math.ceil((after - first) / (pieces - piece + 1));
        if (until > first)
          take(until - first, interpolated(points, at, (first + until - 1) / 2), phases[at] ?? '');
        first = until;
      }
    }
    if (first < to) take(to - first, dues.at(-1) ?? 0, phases.at(-1) ?? '');
  }

  /** Forgets what was due before an offset; the last points before it stay, for a group that is reset. */
  forget(partition: number, before: number): void {
    const points = this.#partitions[partition];
    if (points === undefined) return;
    const drop = firstNotBelow(points.offsets, before) - pointsBefore;
    if (drop < 64) return;
    for (const list of [points.offsets, points.dues, points.phases]) list.splice(0, drop);
  }
}

/** Due times of a run: exact as far as points came, and beyond that by when the topic's ends were seen to pass. */
export function duesOfRun(points: DueTimes, ends: DueTimes): Dues {
  return {
    dueOf: (partition, offset) => points.dueOf(partition, offset) ?? ends.dueOf(partition, offset),
    stretches: (partition, from, to, take) => {
      const known = Math.min(to, Math.max(from, points.knownUntil(partition) ?? from));
      points.stretches(partition, from, known, take);
      ends.stretches(partition, known, to, take);
    },
  };
}

function interpolated({ offsets, dues }: Points, at: number, offset: number): number {
  const due = dues[at] ?? 0;
  const dueBefore = dues[at - 1];
  const before = offsets[at - 1];
  if (dueBefore === undefined || before === undefined) return due;
  const part = Math.max(0, offset - before) / ((offsets[at] ?? 0) - before);
  return dueBefore + (due - dueBefore) * part;
}

/** The first of `count` indices where something holds, which holds for all after it; `count` where for none. */
export function firstWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function firstNotBelow(values: readonly number[], limit: number): number {
  return firstWhere(values.length, (index) => (values[index] ?? 0) >= limit);
}

function thinned({ offsets, dues, phases }: Points): Points {
  const half = offsets.length / 2;
  const stays = (_value: unknown, index: number): boolean => index > half || index % 2 === 0;
  return { offsets: offsets.filter(stays), dues: dues.filter(stays), phases: phases.filter(stays) };
}
