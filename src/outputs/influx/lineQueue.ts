/** Lines that are delivered together or not at all: those of an interval, or of an event. */
export interface LineUnit {
  /** The interval's time, which finds its line in the run folder; undefined for an event. */
  readonly time: string | undefined;
  readonly lines: readonly string[];
}

/**
 * Lines that wait to be delivered, in order, in bounded memory: where there are too many, the oldest
 * intervals are dropped, and their times are noted, because the run folder holds them. Events are few, and
 * stay.
 */
export class LineQueue {
  /** Times of intervals that were dropped. */
  readonly letGo = new Set<string>();
  readonly #units: LineUnit[] = [];
  readonly #mostLines: number;
  #lines = 0;

  /** @param mostLines - how many lines may wait */
  constructor(mostLines: number) {
    this.#mostLines = mostLines;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Adds lines at the end. */
  add(unit: LineUnit): void {
    this.#units.push(unit);
    this.#lines += unit.lines.length;
    this.#shrink();
  }

  /**
   * Takes the oldest lines out; none when nothing waits.
   *
   * @param mostLines - a larger unit comes alone
   */
  take(mostLines: number): LineUnit[] {
    let lines = 0;
    let units = 0;
    for (const unit of this.#units) {
      if (units > 0 && lines + unit.lines.length > mostLines) break;
      lines += unit.lines.length;
      units += 1;
    }
    this.#lines -= lines;
    return this.#units.splice(0, units);
  }

  /** Puts lines back that could not be delivered. */
  putBack(units: readonly LineUnit[]): void {
    this.#units.unshift(...units);
    for (const { lines } of units) this.#lines += lines.length;
    this.#shrink();
  }

  #shrink(): void {
    while (this.#lines > this.#mostLines) {
      const oldest = this.#units.findIndex(({ time }) => time !== undefined);
      const [unit] = oldest < 0 ? [] : this.#units.splice(oldest, 1);
      if (unit?.time === undefined) return;
      this.letGo.add(unit.time);
      this.#lines -= unit.lines.length;
    }
  }
}
