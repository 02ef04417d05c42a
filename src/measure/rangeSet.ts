/**
 * A set of whole numbers, kept as ranges: consecutive numbers take no memory, so a stream without losses is
 * one range, however long it is.
 */
export class RangeSet {
  /** Starts and ends (exclusive), ascending, with gaps between. */
  #edges: number[];
  #size = 0;

  /** @param edges - starts and ends (exclusive) in turn, ascending, as from {@link edges} */
  constructor(edges: readonly number[] = []) {
    this.#edges = [...edges];
    for (let at = 0; at < edges.length; at += 2) this.#size += (edges[at + 1] ?? 0) - (edges[at] ?? 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Starts and ends (exclusive) of its ranges, in turn. */
  get edges(): readonly number[] {
    return this.#edges;
  }

  /** -1 when it is empty. */
  get last(): number {
    return (this.#edges.at(-1) ?? 0) - 1;
  }

  /**
   * Adds a number, 0 or more; false when it was in the set already. The next one in order costs no search.
   */
  add(value: number): boolean {
    const edges = this.#edges;
    const end = edges.length - 1;
    if (end > 0 && edges[end] === value) {
      edges[end] = value + 1;
      this.#size += 1;
      return true;
    }
    if (end < 0 || value > (edges[end] ?? 0)) {
      edges.push(value, value + 1);
      this.#size += 1;
      return true;
    }
    return this.#insert(value);
  }

  has(value: number): boolean {
    return this.#edgesUpTo(value) % 2 === 1;
  }

  /** Adds all numbers of another set; returns how many were in this set already. */
  addAll(other: RangeSet): number {
    const before = this.#size;
    const merged: number[] = [];
    const all = [...ranges(this.#edges), ...ranges(other.edges)].sort(([a], [b]) => a - b);
    for (const [start, end] of all) {
      const last = merged.length - 1;
      if (last > 0 && start <= (merged[last] ?? 0)) merged[last] = Math.max(merged[last] ?? 0, end);
      else merged.push(start, end);
    }
    const union = new RangeSet(merged);
    this.#edges = merged;
    this.#size = union.size;
    return before + other.size - union.size;
  }

  /** The intersection with another set. */
  common(other: RangeSet): RangeSet {
    const common: number[] = [];
    const mine = ranges(this.#edges);
    const theirs = ranges(other.edges);
    for (let at = 0, there = 0; at < mine.length && there < theirs.length;) {
      const [start = 0, end = 0] = mine[at] ?? [];
      const [otherStart = 0, otherEnd = 0] = theirs[there] ?? [];
      const from = Math.max(start, otherStart);
      const until = Math.min(end, otherEnd);
      if (from < until) common.push(from, until);
      if (end < otherEnd) at += 1;
      else there += 1;
    }
    return new RangeSet(common);
  }

  /** Number of edges at or below a number: an odd one means that it lies within a range. */
  #edgesUpTo(value: number): number {
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#edges[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(value: number): boolean {
    const edges = this.#edges;
    const at = this.#edgesUpTo(value);
    if (at % 2 === 1) return false;
    const touchesBefore = at > 0 && edges[at - 1] === value;
    const touchesAfter = edges[at] === value + 1;
    if (touchesBefore && touchesAfter) edges.splice(at - 1, 2);
    else if (touchesBefore) edges[at - 1] = value + 1;
    else if (touchesAfter) edges[at] = value;
    else edges.splice(at, 0, value, value + 1);
    this.#size += 1;
    return true;
  }
}

function ranges(edges: readonly number[]): [number, number][] {
  return Array.from({ length: edges.length / 2 }, (_, range) => [
    edges[2 * range] ?? 0,
    edges[2 * range + 1] ?? 0,
  ]);
}
