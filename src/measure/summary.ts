import type { BrokerFigures } from './brokerFigures.js';
import { carriedDigits } from './clockBound.js';
import type { Finding } from '../results/findings.js';
import type { ExpectationResult } from './expectationResult.js';
import type { GroupAccount } from './ledger.js';
import type { LatencySummary } from './latency.js';
import type { SearchSummary } from './searchSummary.js';
import type { Rate } from '../results/averages.js';
import type { ShardsSummary } from './shards.js';
import { latencyNames, type LatencyName, type MergedLatencies } from './latencySet.js';

export type { ExpectationResult } from './expectationResult.js';

/** What became of the messages. scheduled = sent + unsent + unknown, sent = acked + failed. */
export interface Counts {
  /** Messages that were due. */
  readonly scheduled: number;
  /** Handed to librdkafka. */
  readonly sent: number;
  /** Due and not sent: the phase had ended. */
  readonly unsent: number;
  /**
   * Messages that were due for a worker that died without reporting what became of them: they may have been
   * delivered. Flat out it is what such a worker had in flight when it last reported. Undefined in runs from
   * before it was counted.
   */
  readonly unknown?: number | undefined;
  readonly acked: number;
  readonly failed: number;
  /**
   * Of the acknowledged messages, those that the slowest group has read; null without readers, or in a phase.
   */
  readonly consumed: number | null;
  /** Acknowledged messages that some group did not read; null without readers, or in a phase. */
  readonly lost: number | null;
  /** Messages that the broker holds twice; null as above. */
  readonly duplicated: number | null;
  /** Null as above. */
  readonly outOfOrder: number | null;
}

/** Microseconds. */
export type Latencies = Readonly<Record<LatencyName, LatencySummary>>;

export interface PhaseSummary {
  readonly name: string;
  /** False for a warm-up. */
  readonly measured: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** When its last message was sent, ISO 8601. */
  readonly endedAt: string;
  readonly counts: Counts;
  readonly rate: Rate;
  readonly latency: Latencies;
  readonly harness: PhaseUse;
  /** Null where there are none, undefined in runs from before they were measured. */
  readonly broker?: BrokerFigures | null | undefined;
}

/** Use of the whole process in a phase, all threads together. */
export interface PhaseUse {
  /** CPU seconds per second, the phase's mean: 1 is one core; null where no interval has ended. */
  readonly cpuCores: number | null;
  readonly rssBytesMax: number;
}

export type Verdict = 'passed' | 'failed' | 'invalid' | 'interrupted';

/** Something that the load generator found about itself. */
export interface SelfCheckFinding {
  /** Whether it makes the run invalid. */
  readonly invalidates: boolean;
  /** A sentence with its numbers. */
  readonly text: string;
}

/** What came of an output besides the run folder. */
export interface OutputReport {
  /** `influx`. */
  readonly output: string;
  /** Points or lines that arrived. */
  readonly delivered: number;
  /** Points or lines that did not; they are in the run folder. */
  readonly undelivered: number;
  /** What went wrong first, and how to fix it; null when nothing did. */
  readonly fault: string | null;
}

/** Microseconds. */
export interface GroupLatency {
  /** From due to read. */
  readonly endToEnd: LatencySummary;
}

export interface GroupSummary extends GroupAccount {
  readonly group: string;
  /** Name in the scenario; left out by version 0.1.0, as are its latencies. */
  readonly name?: string | undefined;
  /** Of all measured phases; `latency.endToEnd` of the run merges all groups. */
  readonly latency?: GroupLatency | undefined;
  /** The same of each phase that it read messages of, whenever it read them. */
  readonly phases?: readonly { readonly name: string; readonly latency: GroupLatency }[] | undefined;
  /**
   * What it received of the messages that are not measured: of the warm-up, and of the probes of a search
   * whose latencies are not the phase's. Left out where there were none.
   */
  readonly unmeasured?: GroupAccount | undefined;
}

/** `summary.json` of a run folder. */
export interface RunSummary {
  /** Raised when a member changes its meaning. */
  readonly schemaVersion: 1;
  readonly run: {
    readonly id: string;
    readonly scenario: string;
    readonly variant: string | null;
    readonly startedAt: string;
    readonly endedAt: string;
  };
  readonly verdict: Verdict;
  /** A sentence each; empty when it passed. */
  readonly reasons: readonly string[];
  /** Of all measured phases. */
  readonly counts: Counts;
  /** Over all measured phases. */
  readonly rate: Rate;
  /** Of all measured phases. */
  readonly latency: Latencies;
  /** Over all measured phases; null or undefined as in a phase. */
  readonly broker?: BrokerFigures | null | undefined;
  /** All phases, the warm-up too. */
  readonly phases: readonly PhaseSummary[];
  /** What each group received of the messages that `counts` is about. */
  readonly groups: readonly GroupSummary[];
  readonly expectations: readonly ExpectationResult[];
  /** Left out where there was none. */
  readonly searches?: readonly SearchSummary[] | undefined;
  /** What the load generator found about itself, in words; `findings` has it as data. */
  readonly selfCheck: readonly SelfCheckFinding[];
  /** As data; undefined in runs of older versions. */
  readonly findings?: readonly Finding[] | undefined;
  /** What came of the outputs besides the run folder. */
  readonly outputs: readonly OutputReport[];
  /** The machines of a run on several; left out on one machine. */
  readonly shards?: ShardsSummary;
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

/**
 * The verdict: an interrupted run stays one whatever it measured; a worker that did not end well, failed or
 * lost messages, and nothing acknowledged at all are failures whoever was the limit; where the load generator
 * was the limit the run is invalid, whether its expectations held or not.
 */
export function verdictOf(facts: {
  readonly interrupted: boolean;
  readonly workersFailed: boolean;
  /** Undefined without a search. */
  readonly searchFailed?: boolean | undefined;
  readonly counts: Counts;
  readonly expectations: readonly ExpectationResult[];
  readonly selfCheck: readonly SelfCheckFinding[];
}): Verdict {
  const { interrupted, workersFailed, searchFailed = false, counts, expectations, selfCheck } = facts;
  if (interrupted) return 'interrupted';
  if (workersFailed || counts.failed > 0 || (counts.lost ?? 0) > 0) return 'failed';
  if (counts.acked === 0) return 'failed';
  if (selfCheck.some(({ invalidates }) => invalidates)) return 'invalid';
  return !searchFailed && expectations.every(({ passed }) => passed) ? 'passed' : 'failed';
}
