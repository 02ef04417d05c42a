import type { Disorder, Gap } from '../timeOrder.js';
import { TimeOrder } from '../timeOrder.js';

/** Grows as numbers are added, and takes little more than these. */
class Numbers<Array extends Float64Array | Uint32Array> {
  length = 0;
  #array: Array;
  readonly #make: (length: number) => Array;

  constructor(make: (length: number) => Array) {
    this.#make = make;
    this.#array = make(1024);
  }

  push(value: number): void {
    if (this.length === this.#array.length) {
      const larger = this.#make(2 * this.length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.length] = value;
    this.length += 1;
  }

  get all(): Array {
    return this.#array.subarray(0, this.length) as Array;
  }
}

/** Times and sizes of alerts in the order in which they were found: 12 bytes an alert. */
export class TimeIndex {
  readonly #timesUs = new Numbers((length) => new Float64Array(length));
  readonly #sizes = new Numbers((length) => new Uint32Array(length));
  #bytes = 0;

  /** @param bytes - of its message */
  add(timeUs: number, bytes: number): void {
    this.#timesUs.push(timeUs);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  get alerts(): number {
    return this.#timesUs.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param keepsOrder - whether alerts stay in the order in which they were found, whatever their times */
  order(keepsOrder: boolean): AlertOrder {
    const timesUs = this.#timesUs.all;
    const sizes = this.#sizes.all;
    const byTime = keepsOrder || isSorted(timesUs) ? undefined : sortedByTime(timesUs);
    const order = new TimeOrder();
    for (let at = 0; at < timesUs.length; at += 1) order.add(timesUs[byTime?.[at] ?? at] ?? 0);
    const { firstUs, spanUs, disorder, longestGap } = order;
    return {
      ...{ firstUs, spanUs, disorder, longestGap },
      moved: byTime === undefined ? undefined : movedBy(byTime, sizes),
    };
  }
}

/** The order in which alerts are sent. */
export interface AlertOrder {
  readonly firstUs: number;
  readonly spanUs: number;
  /** Undefined where all are in order of time, as they are sent. */
  readonly disorder: Disorder | undefined;
  readonly longestGap: Gap;
  /** Undefined where alerts are sent in the order in which they were found. */
  readonly moved: Moved | undefined;
}

export interface Moved {
  /** The place among those that are sent, of each alert in the order in which they were found. */
  readonly ranks: Uint32Array;
  /** What has to be kept in memory to bring them in order, as they are read. */
  readonly heldBytes: number;
  /** Where each of those that are sent begins, if they lie one after the other. */
  readonly offsets: () => Float64Array;
}

function isSorted(timesUs: Float64Array): boolean {
  for (let at = 1; at < timesUs.length; at += 1)
    if ((timesUs[at] ?? 0) < (timesUs[at - 1] ?? 0)) return false;
  return true;
}

/** Alerts of the same time stay in the order in which they were found. */
function sortedByTime(timesUs: Float64Array): Uint32Array {
  return Uint32Array.from(timesUs.keys()).sort((a, b) => (timesUs[a] ?? 0) - (timesUs[b] ?? 0) || a - b);
}

function movedBy(byTime: Uint32Array, sizes: Uint32Array): Moved {
  // Shared with the threads that read the alerts again.
  const ranks = new Uint32Array(new SharedArrayBuffer(4 * byTime.length));
  byTime.forEach((found, rank) => {
    ranks[found] = rank;
  });
  return {
    ranks,
    heldBytes: mostHeld(ranks, byTime, sizes),
    offsets: () => {
      const offsets = new Float64Array(byTime.length + 1);
      byTime.forEach((found, rank) => {
        offsets[rank + 1] = (offsets[rank] ?? 0) + (sizes[found] ?? 0);
      });
      return offsets;
    },
  };
}

/** Walks through the alerts as they are read, each kept until all before it are sent. */
function mostHeld(ranks: Uint32Array, byTime: Uint32Array, sizes: Uint32Array): number {
  const isHeld = new Uint8Array(ranks.length);
  let next = 0;
  let held = 0;
  let most = 0;
  ranks.forEach((rank, found) => {
    if (rank !== next) {
      isHeld[rank] = 1;
      held += sizes[found] ?? 0;
      most = Math.max(most, held);
      return;
    }
    for (next += 1; isHeld[next] === 1; next += 1) held -= sizes[byTime[next] ?? 0] ?? 0;
  });
  return most;
}
