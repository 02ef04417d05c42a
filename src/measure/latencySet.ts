import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { LatencyHistogram } from './latency.js';
import { LatencyCounts } from './latencyCounts.js';

/** The four latencies, in microseconds; see docs/performance.md for what each of them says. */
export const latencyNames = ['scheduleLag', 'ack', 'response', 'endToEnd'] as const;

/** The name of a latency. */
export type LatencyName = (typeof latencyNames)[number];

/** One latency of one phase over an interval, as it travels between threads and machines. */
export interface EncodedLatency {
  /** The phase's number. */
  readonly phase: number;
  /** The latency. */
  readonly latency: LatencyName;
  /** The histogram in HdrHistogram's compressed format (V2), base64. */
  readonly histogram: string;
  /** How many values were below zero; they are in the histogram as 0. */
  readonly negative: number;
  /** How many values were above one hour; they are in the histogram as one hour. */
  readonly clipped: number;
}

/** Every latency of every phase that had values in an interval. */
export type EncodedInterval = readonly EncodedLatency[];

/** One latency of one phase over an interval, ready to be added to others. */
export type DecodedLatency = Omit<EncodedLatency, 'histogram'> & {
  /** The histogram. */
  readonly histogram: Histogram;
};

/**
 * Decodes an interval once, for whoever adds it to more than one sum.
 *
 * @param interval - what a worker handed over
 * @returns the same, decoded
 */
export function decodeInterval(interval: EncodedInterval): readonly DecodedLatency[] {
  return interval.map((one) => ({ ...one, histogram: decodeFromCompressedBase64(one.histogram, 64, false) }));
}

/** Records latencies by phase, and hands them over an interval at a time: never one message for one value. */
export class LatencySet {
  readonly #counts: (LatencyCounts | undefined)[] = [];
  readonly #interval = new LatencyHistogram();

  /**
   * Records one value.
   *
   * @param phase - the phase's number
   * @param latency - which latency
   * @param microseconds - the value
   */
  record(phase: number, latency: LatencyName, microseconds: number): void {
    this.of(phase, latency).record(microseconds);
  }

  /**
   * What counts one latency of one phase, for whoever records many of them in a row.
   *
   * @param phase - the phase's number
   * @param latency - which latency
   * @returns the counts; not to be kept beyond the next {@link takeInterval}
   */
  of(phase: number, latency: LatencyName): LatencyCounts {
    const slot = phase * latencyNames.length + slots[latency];
    return this.#counts[slot] ?? (this.#counts[slot] = new LatencyCounts());
  }

  /** What was recorded since the last call, and begins anew. */
  takeInterval(): EncodedInterval {
    const interval: EncodedLatency[] = [];
    this.#counts.forEach((counts, slot) => {
      if (counts === undefined) return;
      if (counts.isEmpty) {
        // A phase that is over gives its memory back: a search has dozens of them.
        this.#counts[slot] = undefined;
        return;
      }
      const { negative, clipped } = counts;
      this.#interval.reset();
      counts.takeInto(this.#interval.histogram);
      interval.push({
        phase: Math.floor(slot / latencyNames.length),
        latency: latencyNames[slot % latencyNames.length] ?? 'ack',
        histogram: this.#interval.encode(),
        negative,
        clipped,
      });
    });
    return interval;
  }
}

/** All intervals of all workers, merged: percentiles come from here, and are never averaged. */
export class MergedLatencies {
  readonly #histograms = new Map<string, LatencyHistogram>();

  /**
   * Adds an interval of a worker.
   *
   * @param interval - what the worker handed over
   * @param phaseName - the name of a phase by its number; undefined leaves the phase out
   */
  add(interval: EncodedInterval, phaseName: (phase: number) => string | undefined): void {
    this.addDecoded(
      decodeInterval(interval.filter(({ phase }) => phaseName(phase) !== undefined)),
      phaseName,
    );
  }

  /**
   * Adds an interval that is decoded already.
   *
   * @param interval - the interval
   * @param phaseName - as with {@link MergedLatencies.add}
   */
  addDecoded(interval: readonly DecodedLatency[], phaseName: (phase: number) => string | undefined): void {
    for (const { phase, latency, histogram, negative, clipped } of interval) {
      const name = phaseName(phase);
      if (name !== undefined) this.#of(name, latency).add(histogram, negative, clipped);
    }
  }

  /**
   * One latency of one phase.
   *
   * @param phase - the phase's name
   * @param latency - which latency
   * @returns the merged histogram; empty when nothing was recorded
   */
  of(phase: string, latency: LatencyName): LatencyHistogram {
    return this.#histograms.get(`${latency} ${phase}`) ?? new LatencyHistogram();
  }

  /**
   * One latency of several phases together.
   *
   * @param phases - the phases' names
   * @param latency - which latency
   * @returns a histogram of all their values
   */
  together(phases: readonly string[], latency: LatencyName): LatencyHistogram {
    const all = new LatencyHistogram();
    for (const phase of phases) {
      const one = this.#histograms.get(`${latency} ${phase}`);
      if (one !== undefined) all.add(one.histogram, one.negative, one.clipped);
    }
    return all;
  }

  #of(phase: string, latency: LatencyName): LatencyHistogram {
    const key = `${latency} ${phase}`;
    const found = this.#histograms.get(key) ?? new LatencyHistogram();
    this.#histograms.set(key, found);
    return found;
  }
}

const slots: Readonly<Record<LatencyName, number>> = { scheduleLag: 0, ack: 1, response: 2, endToEnd: 3 };
