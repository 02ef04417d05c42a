import type { BrokerMetricName, BrokerMetrics, PhaseUse, PlannedLoad, Rate } from './values.js';

/**
 * The only averages of the program: whatever shows or compares a mean over time takes it from here.
 */

export interface MeasuredLoad {
  readonly acked: number;
  /** Values that were handed over. */
  readonly bytes: number;
  /** Above 0. */
  readonly seconds: number;
  /** Null flat out, or where nothing was due. */
  readonly planned: PlannedLoad | null;
}

/** The rates of a phase: counts divided by times. */
export function rateOf({ acked, bytes, seconds, planned }: MeasuredLoad): Rate {
  const targetPerSecond = planned === null ? null : planned.messages / planned.seconds;
  const achievedPerSecond = acked / seconds;
  return {
    seconds,
    bytes,
    planned,
    targetPerSecond,
    achievedPerSecond,
    bytesPerSecond: bytes / seconds,
    ofTarget: targetPerSecond === null || targetPerSecond === 0 ? null : achievedPerSecond / targetPerSecond,
  };
}

/**
 * The rates of several phases together: what was done in them, by the time that they took together; all zero
 * without phases. Worked example: 100/s for 10 s, fully reached, and then 9,000 messages flat out in 3 s:
 * 10,000 in 13 s are 769/s, there is no target for all of it, and `ofTarget` is 1, that of the first phase.
 */
export function overallRate(
  phases: readonly { readonly counts: { readonly acked: number }; readonly rate: Rate }[],
): Rate {
  const withTarget = phases.filter(({ rate }) => rate.planned !== null);
  const all = rateOf(loadOf(phases));
  return {
    ...(withTarget.length === phases.length ? all : { ...all, planned: null, targetPerSecond: null }),
    ofTarget: withTarget.length === 0 ? null : rateOf(loadOf(withTarget)).ofTarget,
  };
}

function loadOf(phases: Parameters<typeof overallRate>[0]): MeasuredLoad {
  const sum = (of: (phase: (typeof phases)[number]) => number): number =>
    phases.reduce((total, phase) => total + of(phase), 0);
  const planned = {
    messages: sum(({ rate }) => rate.planned?.messages ?? 0),
    seconds: sum(({ rate }) => rate.planned?.seconds ?? 0),
  };
  return {
    acked: sum(({ counts }) => counts.acked),
    bytes: sum(({ rate }) => rate.bytes),
    // Without a phase nothing was counted: any time gives 0.
    seconds: phases.length === 0 ? 1 : sum(({ rate }) => rate.seconds),
    planned: planned.seconds > 0 ? planned : null,
  };
}

/**
 * A mean over time: each value counts by how long it was.
 *
 * @returns null where nothing took any time
 */
export function timeMean(
  parts: readonly { readonly seconds: number; readonly value: number }[],
): number | null {
  const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  return seconds > 0 ? parts.reduce((sum, part) => sum + part.value * part.seconds, 0) / seconds : null;
}

/** Use of the harness's process over some intervals, or over the phases that it is known of. */
export function useTogether(
  parts: readonly {
    readonly seconds: number;
    readonly cpuCores: number | null;
    readonly rssBytes: number;
  }[],
): PhaseUse {
  const known = parts.flatMap(({ seconds, cpuCores }) =>
    cpuCores === null ? [] : [{ seconds, value: cpuCores }],
  );
  return {
    cpuCores: timeMean(known),
    rssBytesMax: Math.max(0, ...parts.map(({ rssBytes }) => rssBytes)),
    seconds: known.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** The parts of a line of `intervals.ndjson` that the means are made of. */
export interface BrokerInterval {
  readonly phase: string | null;
  readonly seconds: number;
  readonly broker: BrokerMetrics | null;
}

/**
 * The brokers' metrics over some phases; null where no interval of these phases has any. See {@link
 * BrokerMeans}.
 */
export function brokerMeansOf(
  intervals: Iterable<BrokerInterval>,
  phases: readonly string[],
): BrokerMetrics | null {
  const means = new BrokerMeans();
  for (const interval of intervals) means.add(interval);
  return means.of(phases);
}

/** The brokers' metrics over some intervals, whatever phases they are of; see {@link brokerMeansOf}. */
export function brokerMeansOver(intervals: Iterable<BrokerInterval>): BrokerMetrics | null {
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
      const sums = brokers.get(id) ?? new Map<BrokerMetricName, Sum>();
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
  of(phases: readonly string[]): BrokerMetrics | null {
    const together = new Map<string, Sums>();
    for (const phase of phases) {
      for (const [id, sums] of this.#phases.get(phase) ?? []) {
        const all = together.get(id) ?? new Map<BrokerMetricName, Sum>();
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

type Sums = Map<BrokerMetricName, Sum>;

/** Metrics that are means of requests, and the rate of these. */
const requestsOf: Readonly<Partial<Record<BrokerMetricName, BrokerMetricName>>> = {
  produceTotalMeanMs: 'produceRequestsPerSecond',
  fetchTotalMeanMs: 'fetchRequestsPerSecond',
};

function note(sums: Sums, name: BrokerMetricName, { weighted, weight, largest }: Sum): void {
  const before = sums.get(name);
  sums.set(name, {
    weighted: weighted + (before?.weighted ?? 0),
    weight: weight + (before?.weight ?? 0),
    largest: Math.max(largest, before?.largest ?? -Infinity),
  });
}

function meansOf(sums: Sums): Partial<Record<BrokerMetricName, number>> {
  const means: Partial<Record<BrokerMetricName, number>> = {};
  for (const [name, { weighted, weight, largest }] of sums) {
    if (name === 'spanSeconds') means[name] = weight;
    else if (name.endsWith('P99Ms')) means[name] = largest;
    else if (weight > 0) means[name] = weighted / weight;
  }
  return means;
}

function entriesOf(figures: Partial<Record<BrokerMetricName, number>>): [BrokerMetricName, number][] {
  return Object.entries(figures) as [BrokerMetricName, number][];
}
