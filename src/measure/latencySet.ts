import type { Latencies } from '../results/values.js';
import { latencyNames, type LatencyName } from '../scenario/metricNames.js';
import { carriedDigits } from './clockBound.js';
import { LatencyHistogram } from './latency.js';
import { LatencyCounts } from './latencyCounts.js';

/** One latency of one phase over an interval, as it travels between threads and machines. */
export interface IntervalLatency {
  readonly phase: number;
  readonly latency: LatencyName;
  /**
   * As {@link LatencyCounts.take} returns them. An encoded histogram is half as long, but encoding it the first
   * times stops the sending thread for 20 ms.
   */
  readonly counts: readonly number[];
  /** Number of values below zero; they count as 0. */
  readonly negative: number;
  /** Number of values above one hour; they count as one hour. */
  readonly clipped: number;
}

/** Every latency of every phase that had values in an interval. */
export type LatencyInterval = readonly IntervalLatency[];

/** Records latencies by phase, and hands them over an interval at a time: never one message for one value. */
export class LatencySet {
  readonly #counts: (LatencyCounts | undefined)[] = [];

  record(phase: number, latency: LatencyName, microseconds: number): void {
    this.of(phase, latency).record(microseconds);
  }

  /**
   * Counts of one latency of one phase, for recording many values in a row; not valid beyond the next {@link
   * takeInterval}.
   */
  of(phase: number, latency: LatencyName): LatencyCounts {
    const slot = phase * latencyNames.length + slots[latency];
    return this.#counts[slot] ?? (this.#counts[slot] = new LatencyCounts());
  }

  /** Takes what was recorded since the last call. */
  takeInterval(): LatencyInterval {
    const interval: IntervalLatency[] = [];
    this.#counts.forEach((counts, slot) => {
      if (counts === undefined) return;
      if (counts.isEmpty) {
        // A finished phase gives its memory back: a search has dozens of them.
        this.#counts[slot] = undefined;
        return;
      }
      const { negative, clipped } = counts;
      interval.push({
        phase: Math.floor(slot / latencyNames.length),
        latency: latencyNames[slot % latencyNames.length] ?? 'ack',
        counts: counts.take(),
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

  /** @param phaseName - undefined leaves the phase out */
  add(interval: LatencyInterval, phaseName: (phase: number) => string | undefined): void {
    for (const { phase, latency, counts, negative, clipped } of interval) {
      const name = phaseName(phase);
      if (name !== undefined) this.#of(name, latency).addCounts(counts, negative, clipped);
    }
  }

  /** The merged histogram of one latency of one phase; empty when nothing was recorded. */
  of(phase: string, latency: LatencyName): LatencyHistogram {
    return this.#histograms.get(`${latency} ${phase}`) ?? new LatencyHistogram();
  }

  /** One histogram of one latency of several phases. */
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

/**
 * The latencies of some phases together, percentiles taken after merging; of those from machine to machine
 * only the digits that the clocks support.
 *
 * @param clockBoundUs - how far a time from one machine to another may be off; 0 on one machine
 */
export function latenciesOf(merged: MergedLatencies, phases: readonly string[], clockBoundUs = 0): Latencies {
  const summaries = latencyNames.map((name) => {
    const summary = merged.together(phases, name).summary();
    return [name, name === 'endToEnd' ? carriedDigits(summary, clockBoundUs) : summary] as const;
  });
  return Object.fromEntries(summaries) as unknown as Latencies;
}

const slots: Readonly<Record<LatencyName, number>> = { scheduleLag: 0, ack: 1, response: 2, endToEnd: 3 };
