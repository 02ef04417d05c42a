/** Alerts that come later in their file than alerts that were recorded after them. */
export interface Disorder {
  readonly alerts: number;
  /** From 0. */
  readonly firstIndex: number;
  /** How much earlier it was recorded than the latest alert before it. */
  readonly firstBehindUs: number;
}

/** The longest time between an alert and the one before it. */
export interface Gap {
  /** The alert after it, from 0. */
  readonly beforeIndex: number;
  readonly us: number;
}

/** Checks the times of alerts in the order of their file. */
export class TimeOrder {
  #alerts = 0;
  #firstUs = 0;
  #latestUs = 0;
  #disorder: Disorder | undefined;
  #longestGap: Gap = { beforeIndex: 0, us: 0 };

  /** Adds the next alert; true for the first one that was recorded before an alert ahead of it. */
  add(timeUs: number): boolean {
    const index = this.#alerts;
    this.#alerts += 1;
    if (index === 0) {
      this.#firstUs = timeUs;
      this.#latestUs = timeUs;
      return false;
    }
    const us = timeUs - this.#latestUs;
    if (us >= 0) {
      this.#latestUs = timeUs;
      if (us > this.#longestGap.us) this.#longestGap = { beforeIndex: index, us };
      return false;
    }
    const known = this.#disorder;
    this.#disorder =
      known === undefined
        ? { alerts: 1, firstIndex: index, firstBehindUs: -us }
        : { ...known, alerts: known.alerts + 1 };
    return known === undefined;
  }

  get alerts(): number {
    return this.#alerts;
  }

  get firstUs(): number {
    return this.#firstUs;
  }

  /** From the first alert to the latest one. */
  get spanUs(): number {
    return this.#latestUs - this.#firstUs;
  }

  /** Undefined where all alerts are in order. */
  get disorder(): Disorder | undefined {
    return this.#disorder;
  }

  /** The longest time between an alert and the latest one before it. */
  get longestGap(): Gap {
    return this.#longestGap;
  }
}
