import { rateOf } from '../../src/results/averages.js';
import type { Counts, ExpectationResult, Latencies, LatencySummary } from '../../src/results/values.js';
import type { GroupSummary, PhaseSummary, RunResult, RunSummary } from '../../src/results/runFolder.js';

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
  unknown: 0,
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

/** An expectation about the whole run, without a sample. */
export function expectationOf(part: Partial<ExpectationResult>): ExpectationResult {
  return {
    expect: 'lost == 0',
    metric: 'lost',
    scope: { kind: 'run' },
    operator: '==',
    limit: 0,
    unit: 'count',
    actual: null,
    passed: false,
    ...part,
  };
}

/** An expectation that held. */
export const heldExpectation = expectationOf({ actual: 0, passed: true });

/** A group that read everything. */
export const soundGroup: GroupSummary = {
  group: 'group-1',
  name: 'group-1',
  received: 1000,
  lost: 0,
  duplicated: 0,
  reread: 0,
  outOfOrder: 0,
  receivedThoughFailed: 0,
  latency: null,
  phases: [],
};

/** A phase of which nothing was recorded but its counts, rates and latencies. */
export const soundPhase: PhaseSummary = {
  name: 'steady',
  measured: true,
  startedAt: '2026-11-24T09:42:07.000Z',
  endedAt: '2026-11-24T09:42:08.000Z',
  counts: soundCounts,
  rate: soundRate,
  latency: soundLatency,
  harness: { cpuCores: 0.31, rssBytesMax: 243_000_000, seconds: 1 },
  broker: null,
};

/** A run of that phase, which passed, as data. */
export const soundResult: RunResult = {
  schemaVersion: 1,
  run: {
    id: '2026-11-24-094205-smoke',
    scenario: 'smoke',
    variant: null,
    startedAt: '2026-11-24T09:42:05.963Z',
    endedAt: '2026-11-24T09:43:01.864Z',
  },
  verdict: 'passed',
  counts: soundCounts,
  rate: soundRate,
  latency: soundLatency,
  broker: null,
  phases: [soundPhase],
  groups: [soundGroup],
  watchedGroups: [],
  expectations: [],
  searches: [],
  catchUps: [],
  findings: [],
  outputs: [],
};

/** The same with its sentences, of which there are none. */
export const soundSummary: RunSummary = {
  ...soundResult,
  searches: [],
  shards: undefined,
  reasons: [],
  selfCheck: [],
};
