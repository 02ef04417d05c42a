import type { GroupReading } from '../measure/watchedProbe.js';
import { Patience } from '../measure/patience.js';
import type { LeftBehind } from './loadRun.js';
import { sleep } from './sleep.js';

/** A reading of a watched group, as the watcher of a run has it. */
export interface WatchedSample extends Omit<GroupReading, 'ms'> {
  /** Since 1970. */
  readonly atMs: number;
}

/** The part of a run's watcher that a search needs. */
export interface SearchWatch {
  /** The newest sample of a group, by its name in the scenario. */
  readonly latest: (name: string) => WatchedSample | undefined;
  /** Reads now, besides the second's rhythm. */
  readonly sample: () => Promise<void>;
  /** Messages of this run that are not committed; undefined where that is not known yet. */
  readonly behind: (name: string) => number | undefined;
}

/**
 * How often a probe reads the commits of watched groups: a commit that is seen a fifth of a second late makes an
 * error of 1 % in the rate over 20 s, where one a second late would make 5 %.
 */
const readEveryMs = 200;

/** Reads what watched groups commit while a probe goes on. */
export class ProbeWatch {
  readonly readings = new Map<string, GroupReading[]>();
  readonly #watch: SearchWatch | undefined;
  readonly #names: readonly string[];
  #startMs: number | undefined;
  #ended = false;
  #running: Promise<void> = Promise.resolve();

  constructor(watch: SearchWatch | undefined, names: readonly string[]) {
    this.#watch = watch;
    this.#names = watch === undefined ? [] : names;
  }

  /** Where groups are before the first message of a probe. */
  async begin(): Promise<void> {
    if (this.#names.length === 0) return;
    await this.#watch?.sample();
    this.#note(0);
    this.#running = this.#read();
  }

  /** Readings from here on count from this instant, since 1970. */
  started(startMs: number): void {
    this.#startMs = startMs;
  }

  /**
   * Waits until all have committed everything, as long as they go on doing so, and reads no more.
   *
   * @returns the group that is given up
   */
  async caughtUp(stillMs: number, stopped: () => boolean): Promise<LeftBehind | undefined> {
    const patience = new Map(this.#names.map((name) => [name, new Patience(stillMs)]));
    for (;;) {
      const left = this.#names.flatMap((name) => {
        const behind = this.#watch?.behind(name);
        return behind === 0 ? [] : [{ name, behind: behind ?? Infinity }];
      });
      if (left.length === 0 || stopped()) return undefined;
      for (const { name, behind } of left) {
        const own = patience.get(name);
        if (own?.note(performance.now(), behind) === undefined) continue;
        const { readPerSecond, waitedMs } = own;
        return { group: name, behind, readPerSecond, waitedSeconds: waitedMs / 1000 };
      }
      await sleep(readEveryMs / 2);
    }
  }

  /** Ends it, whatever became of the probe. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  async #read(): Promise<void> {
    while (!this.#ended) {
      const startedMs = performance.now();
      // A cluster that does not answer for a moment leaves a gap: what is missing shows in the results.
      await this.#watch?.sample().catch(() => undefined);
      const startMs = this.#startMs;
      if (startMs !== undefined) this.#note(startMs);
      await sleep(Math.max(10, readEveryMs - (performance.now() - startedMs)));
    }
  }

  /** @param startMs - 0 before the probe has begun */
  #note(startMs: number): void {
    for (const name of this.#names) {
      const sample = this.#watch?.latest(name);
      if (sample === undefined) continue;
      const { atMs, lagSeconds, partitions } = sample;
      const list = this.readings.get(name) ?? [];
      this.readings.set(name, list);
      const ms = startMs === 0 ? 0 : atMs - startMs;
      if (list.length > 0 && ms <= (list.at(-1)?.ms ?? 0)) continue;
      list.push({
        ms,
        lagSeconds,
        partitions: partitions.map(({ partition, end, lag }) => ({ partition, end, lag })),
      });
    }
  }
}
