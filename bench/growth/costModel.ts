import { fcnnlsVector } from 'ml-fcnnls';
import { alertCount, type GrowthLoad } from './load.js';

/** Something that costs, and how much of it a load has. */
export interface CostTerm {
  /** "a message sent". */
  readonly name: string;
  /** Per second where it is something that happens. */
  readonly amount: (load: GrowthLoad) => number;
}

/** A load with its measured cost. */
export interface MeasuredLoad {
  readonly load: GrowthLoad;
  /** Cores or MB. */
  readonly cost: number;
}

/** The cost of each term. */
export interface CostModel {
  readonly terms: readonly CostTerm[];
  /** In the order of the terms; 0 or more. */
  readonly costs: readonly number[];
}

/** Producers with smaller gaps serve their reports themselves and sleep through several messages (ADR 0011). */
const densePerSecond = 50_000;
/** How long such a producer sleeps, including what the kernel adds. */
const denseSleepSeconds = 260e-6;
/** How late the kernel wakes a thread: messages that are due meanwhile go along. */
const wakeSeconds = 60e-6;
/** `linger.ms` of all loads. */
const lingerSeconds = 5e-3;
/** librdkafka's `batch.size`. */
const batchBytes = 1e6;

/**
 * How often all producers wake up per second to send: once a message, until messages follow each other so closely
 * that several are due at once.
 */
export function wakeUps({ perSecond, workers }: GrowthLoad): number {
  const ofProducer = perSecond / workers;
  return (
    workers *
    (ofProducer > densePerSecond ? 1 / denseSleepSeconds : ofProducer / (1 + ofProducer * wakeSeconds))
  );
}

/**
 * Produce requests per second: one per partition and linger, once each partition has a message within it, or
 * as many as the bytes fill.
 */
export function requests({ perSecond, bytes, workers, partitions }: GrowthLoad): number {
  const ofPartition = perSecond / (workers * partitions);
  const byTime = perSecond / (1 + ofPartition * lingerSeconds);
  return Math.max(byTime, (perSecond * bytes) / batchBytes);
}

const sent: CostTerm = { name: 'a message sent', amount: ({ perSecond }) => perSecond };
const sentMegabytes: CostTerm = {
  name: 'a megabyte sent',
  amount: ({ perSecond, bytes }) => (perSecond * bytes) / 1e6,
};
const read: CostTerm = { name: 'a message read', amount: ({ perSecond, groups }) => perSecond * groups };
const readMegabytes: CostTerm = {
  name: 'a megabyte read',
  amount: ({ perSecond, bytes, groups }) => (perSecond * bytes * groups) / 1e6,
};
const produceRequest: CostTerm = { name: 'a produce request', amount: requests };
const base: CostTerm = { name: 'being there', amount: () => 1 };
const worker: CostTerm = { name: 'a worker', amount: ({ workers }) => workers };

/** Processor time of the harness. */
export const harnessTerms: readonly CostTerm[] = [
  base,
  worker,
  { name: 'a wake-up', amount: wakeUps },
  produceRequest,
  sent,
  sentMegabytes,
  read,
  readMegabytes,
];

/** Processor time of the broker. */
export const brokerTerms: readonly CostTerm[] = [
  base,
  produceRequest,
  sent,
  sentMegabytes,
  { name: 'a fetch request', amount: (load) => load.groups * requests(load) },
  read,
  readMegabytes,
];

/** Memory of the harness. */
export const memoryTerms: readonly CostTerm[] = [
  base,
  worker,
  {
    name: "a megabyte of a producer's alerts",
    amount: (load) => (load.workers * alertCount(load) * load.bytes) / 1e6,
  },
  { name: 'a reader', amount: ({ groups }) => groups },
  { name: 'a megabyte sent a second', amount: sentMegabytes.amount },
];

/**
 * Finds the cost of each term: the costs of 0 or more whose sums come closest to what was measured, by least
 * squares of the relative errors, so that small loads count as much as large ones.
 *
 * @param measured - with costs above 0
 */
export function fitCosts(terms: readonly CostTerm[], measured: readonly MeasuredLoad[]): CostModel {
  // Columns of similar size: the solver has one tolerance for all of them.
  const scales = terms.map(({ amount }) => Math.max(...measured.map(({ load }) => amount(load))) || 1);
  const rows = measured.map(({ load, cost }) =>
    terms.map(({ amount }, column) => amount(load) / (scales[column] ?? 1) / cost),
  );
  const fitted = fcnnlsVector(
    rows,
    measured.map(() => 1),
  ).K.to1DArray();
  return { terms, costs: fitted.map((cost, column) => cost / (scales[column] ?? 1)) };
}

/** The expected cost of a load in cores or MB, as what the model was made from. */
export function costOf({ terms, costs }: CostModel, load: GrowthLoad): number {
  return terms.reduce((sum, { amount }, index) => sum + amount(load) * (costs[index] ?? 0), 0);
}
