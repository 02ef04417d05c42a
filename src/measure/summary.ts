import type { BrokerFigures } from './brokerFigures.js';
import { carriedDigits } from './clockBound.js';
import type { Finding } from './findings.js';
import type { ExpectationResult } from './expectationResult.js';
import type { GroupAccount } from './ledger.js';
import type { LatencySummary } from './latency.js';
import type { SearchSummary } from './searchSummary.js';
import type { Rate } from './rates.js';
import type { ShardsSummary } from './shards.js';
import { latencyNames, type LatencyName, type MergedLatencies } from './latencySet.js';

export type { ExpectationResult } from './expectationResult.js';

/** What became of the messages. scheduled = sent + unsent + unknown, sent = acked + failed. */
export interface Counts {
  /** Messages that were due. */
  readonly scheduled: number;
  /** Messages handed to librdkafka. */
  readonly sent: number;
  /** Messages that were due and were not sent: the phase had ended. */
  readonly unsent: number;
  /**
   * Messages that were due for a worker that died without reporting what became of them: they may have been delivered.
   * Flat out it is what such a worker had in flight when it last reported. Undefined in runs from before it was counted.
   */
  readonly unknown?: number | undefined;
  /** Messages that the broker acknowledged. */
  readonly acked: number;
  /** Messages that failed. */
  readonly failed: number;
  /** Of the acknowledged messages, those that the group which read least has read; null where nobody reads, or in a phase. */
  readonly consumed: number | null;
  /** Acknowledged messages that some group did not read; null where nobody reads, or in a phase. */
  readonly lost: number | null;
  /** Messages that the broker holds twice; null as above. */
  readonly duplicated: number | null;
  /** Messages that came out of order; null as above. */
  readonly outOfOrder: number | null;
}

/** The four latencies, in microseconds. */
export type Latencies = Readonly<Record<LatencyName, LatencySummary>>;

/** One phase of a run. */
export interface PhaseSummary {
  /** Its name. */
  readonly name: string;
  /** False for a warm-up. */
  readonly measured: boolean;
  /** When it began, ISO 8601. */
  readonly startedAt: string;
  /** When its last message was sent, ISO 8601. */
  readonly endedAt: string;
  /** What became of its messages. */
  readonly counts: Counts;
  /** How fast it went. */
  readonly rate: Rate;
  /** Its latencies. */
  readonly latency: Latencies;
  /** What the harness itself used. */
  readonly harness: PhaseUse;
  /** The brokers' own figures over it; null where they were not had, undefined in runs from before they were. */
  readonly broker?: BrokerFigures | null | undefined;
}

/** What the harness's process used in a phase, all threads together. */
export interface PhaseUse {
  /** CPU time a second, the phase's mean: 1 is one core; null where no interval has ended. */
  readonly cpuCores: number | null;
  /** The largest resident memory, bytes. */
  readonly rssBytesMax: number;
}

/** How a run ended. */
export type Verdict = 'passed' | 'failed' | 'invalid' | 'interrupted';

/** Something that the harness found about itself. */
export interface SelfCheckFinding {
  /** Whether it makes the run invalid. */
  readonly invalidates: boolean;
  /** What was found, a sentence with its figures. */
  readonly text: string;
}

/** What came of an output besides the run folder. */
export interface OutputReport {
  /** The output: `influx`. */
  readonly output: string;
  /** Points or lines that arrived. */
  readonly delivered: number;
  /** Points or lines that did not; they are in the run folder. */
  readonly undelivered: number;
  /** What went wrong first, and the way out; null when nothing did. */
  readonly fault: string | null;
}

/** The latency that a group has, in microseconds. */
export interface GroupLatency {
  /** From due to read. */
  readonly endToEnd: LatencySummary;
}

/** What a group received. */
export interface GroupSummary extends GroupAccount {
  /** The group's id. */
  readonly group: string;
  /** Its name in the scenario; left out by version 0.1.0, as are its latencies. */
  readonly name?: string | undefined;
  /** How long its messages of all measured phases took; `latency.endToEnd` of the run merges all groups. */
  readonly latency?: GroupLatency | undefined;
  /** The same of each phase that it read messages of, whenever it read them. */
  readonly phases?: readonly { readonly name: string; readonly latency: GroupLatency }[] | undefined;
  /**
   * What it received of the messages that are not measured: of the warm-up, and of the probes of a search whose figures
   * are not the phase's. Left out where there were none.
   */
  readonly unmeasured?: GroupAccount | undefined;
}

/** `summary.json` of a run folder. */
export interface RunSummary {
  /** Raised when a member changes its meaning. */
  readonly schemaVersion: 1;
  /** Which run it is. */
  readonly run: {
    readonly id: string;
    readonly scenario: string;
    readonly variant: string | null;
    readonly startedAt: string;
    readonly endedAt: string;
  };
  /** How it ended. */
  readonly verdict: Verdict;
  /** Why, a sentence each; empty when it passed. */
  readonly reasons: readonly string[];
  /** What became of the messages of all measured phases. */
  readonly counts: Counts;
  /** How fast it went, over all measured phases. */
  readonly rate: Rate;
  /** The latencies of all measured phases. */
  readonly latency: Latencies;
  /** The brokers' own figures over all measured phases; null or undefined as in a phase. */
  readonly broker?: BrokerFigures | null | undefined;
  /** All phases, the warm-up too. */
  readonly phases: readonly PhaseSummary[];
  /** What each group received of the messages that `counts` is about. */
  readonly groups: readonly GroupSummary[];
  /** The expectations. */
  readonly expectations: readonly ExpectationResult[];
  /** What the searches found; left out where there was none. */
  readonly searches?: readonly SearchSummary[] | undefined;
  /** What the harness found about itself, in words; `findings` has it as data. */
  readonly selfCheck: readonly SelfCheckFinding[];
  /** What is to be said besides, as data; undefined in runs of older versions. */
  readonly findings?: readonly Finding[] | undefined;
  /** What came of the outputs besides the run folder. */
  readonly outputs: readonly OutputReport[];
  /** The machines of a run on several; left out on one machine. */
  readonly shards?: ShardsSummary;
}

/**
 * The latencies of some phases together.
 *
 * @param merged - all that was recorded
 * @param phases - the names of the phases
 * @param clockBoundUs - how far a time from one machine to another may be off, microseconds; 0 on one machine
 * @returns percentiles taken after merging; of those from machine to machine only the digits that the clocks carry
 */
export function latenciesOf(merged: MergedLatencies, phases: readonly string[], clockBoundUs = 0): Latencies {
  const summaries = latencyNames.map((name) => {
    const summary = merged.together(phases, name).summary();
    return [name, name === 'endToEnd' ? carriedDigits(summary, clockBoundUs) : summary] as const;
  });
  return Object.fromEntries(summaries) as unknown as Latencies;
}

/**
 * The verdict: an interrupted run stays one whatever it measured; a worker that did not end well, failed or lost
 * messages, and nothing acknowledged at all are failures whoever was the limit; a run that the harness itself limited
 * proves nothing else, whether its expectations held or not.
 *
 * @param facts - what is known of the run
 * @returns the verdict
 */
export function verdictOf(facts: {
  readonly interrupted: boolean;
  readonly workersFailed: boolean;
  /** Whether a search found no rate; left out where there was none. */
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
