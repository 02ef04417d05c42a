import type { BrokerFigureName, BrokerFigures } from './brokerFigures.js';
import type { IntervalRecord } from './interval.js';

/** The members of a line of `intervals.ndjson` that the means are made of. */
export type BrokerInterval = Pick<IntervalRecord, 'phase' | 'seconds' | 'broker'>;

/**
 * The brokers' metrics over some phases; null where no interval of these phases has any. See {@link
 * BrokerMeans}.
 */
export function brokerMeansOf(
  intervals: Iterable<BrokerInterval>,
  phases: readonly string[],
): BrokerFigures | null {
  const means = new BrokerMeans();
  for (const interval of intervals) means.add(interval);
  return means.of(phases);
}

/** The brokers' metrics over some intervals, whatever phases they are of; see {@link brokerMeansOf}. */
export function brokerMeansOver(intervals: Iterable<BrokerInterval>): BrokerFigures | null {
  const means = new BrokerMeans();
  for (const { seconds, broker } of intervals) means.add({ phase: '', seconds, broker });
  return means.of(['']);
}

/**
 * Averages the brokers' metrics by phase. Most are means over time. The mean time of requests counts each
 * second by its requests: a second with two requests weighs less than one with a thousand. Percentiles cannot
 * be averaged: the largest is kept.
 */
export class BrokerMeans {
  readonly #phases = new Map<string, Map<string, Sums>>();

  /** Adds an interval; one without metrics, or of no phase, counts nowhere. */
  add({ phase, seconds, broker }: BrokerInterval): void {
    if (phase === null || broker === null) return;
    const brokers = this.#phases.get(phase) ?? new Map<string, Sums>();
    this.#phases.set(phase, brokers);
    for (const [id, figures] of Object.entries(broker)) {
      const sums = brokers.get(id) ?? new Map<BrokerFigureName, Sum>();
      brokers.set(id, sums);
      // A broker's metrics of an interval are of a span of their own, which seldom ends with it.
      const span = figures.spanSeconds ?? seconds;
      for (const [name, value] of entriesOf(figures)) {
        const rate = requestsOf[name];
        const weight = rate === undefined ? span : span * (figures[rate] ?? 0);
        note(sums, name, { weighted: value * weight, weight, largest: value });
      }
    }
  }

  /** The metrics over some phases; null where there are none. */
  of(phases: readonly string[]): BrokerFigures | null {
    const together = new Map<string, Sums>();
    for (const phase of phases) {
      for (const [id, sums] of this.#phases.get(phase) ?? []) {
        const all = together.get(id) ?? new Map<BrokerFigureName, Sum>();
        together.set(id, all);
        for (const [name, sum] of sums) note(all, name, sum);
      }
    }
    if (together.size === 0) return null;
    return Object.fromEntries([...together].map(([id, sums]) => [id, meansOf(sums)]));
  }
}

interface Sum {
  readonly weighted: number;
  readonly weight: number;
  readonly largest: number;
}

type Sums = Map<BrokerFigureName, Sum>;

/** Metrics that are means of requests, and the rate of these. */
const requestsOf: Readonly<Partial<Record<BrokerFigureName, BrokerFigureName>>> = {
  produceTotalMeanMs: 'produceRequestsPerSecond',
  fetchTotalMeanMs: 'fetchRequestsPerSecond',
};

function note(sums: Sums, name: BrokerFigureName, { weighted, weight, largest }: Sum): void {
  const before = sums.get(name);
  sums.set(name, {
    weighted: weighted + (before?.weighted ?? 0),
    weight: weight + (before?.weight ?? 0),
    largest: Math.max(largest, before?.largest ?? -Infinity),
  });
}

function meansOf(sums: Sums): Partial<Record<BrokerFigureName, number>> {
  const means: Partial<Record<BrokerFigureName, number>> = {};
  for (const [name, { weighted, weight, largest }] of sums) {
    if (name === 'spanSeconds') means[name] = weight;
    else if (name.endsWith('P99Ms')) means[name] = largest;
    else if (weight > 0) means[name] = weighted / weight;
  }
  return means;
}

function entriesOf(figures: Partial<Record<BrokerFigureName, number>>): [BrokerFigureName, number][] {
  return Object.entries(figures) as [BrokerFigureName, number][];
}
