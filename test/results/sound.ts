import type { LatencySummary } from '../../src/measure/latency.js';
import { rateOf } from '../../src/results/averages.js';
import type { Counts, Latencies } from '../../src/measure/summary.js';

/** The summary of a latency without a sample. */
export const noSample: LatencySummary = {
  count: 0,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
  mean: null,
};

/** Counts of a run in which all went well and there were readers. */
export const soundCounts: Counts = {
  scheduled: 1000,
  sent: 1000,
  unsent: 0,
  acked: 1000,
  failed: 0,
  consumed: 1000,
  lost: 0,
  duplicated: 0,
  outOfOrder: 0,
};

/** Rates that reach 99 % of their target. */
export const soundRate = rateOf({
  acked: 990,
  bytes: 83e6,
  seconds: 1,
  planned: { messages: 1000, seconds: 1 },
});

/** Latencies of a run without readers. */
export const soundLatency: Latencies = {
  scheduleLag: { count: 1000, p50: 20, p90: 60, p95: 90, p99: 200, p999: 800, max: 900, mean: 31.5 },
  ack: { count: 1000, p50: 700, p90: 1500, p95: 2100, p99: 5000, p999: 9000, max: 12_000, mean: 911.25 },
  response: { count: 1000, p50: 720, p90: 1600, p95: 2200, p99: 5300, p999: 9900, max: 12_500, mean: 943.1 },
  endToEnd: noSample,
};
