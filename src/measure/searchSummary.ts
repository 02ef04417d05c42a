import type { Backlog } from './backlog.js';
import type { LatencySummary } from './latency.js';
import type { LatencyName } from './latencySet.js';
import type { ExpectationResult } from './expectationResult.js';

/** A rate that a search tried. */
export interface ProbeSummary {
  /** The rate, messages per second. */
  readonly ratePerSecond: number;
  /** What for: `bracket`, `bisect`, `confirm`, `above`. */
  readonly purpose: string;
  /** Whether it repeated the probe before. */
  readonly repeat: boolean;
  /** When it began, ISO 8601; it was judged from the search's `settleSeconds` after that. */
  readonly startedAt: string;
  /** How long it was judged, seconds. */
  readonly heldSeconds: number;
  /** How it went. */
  readonly outcome: 'held' | 'failed' | 'harness';
  /** Why it did not hold, a sentence each; empty where it held. */
  readonly why: readonly string[];
  /** What became of the messages that were judged; `lost` are those that some group had not read after the drain. */
  readonly counts: {
    readonly scheduled: number;
    readonly sent: number;
    readonly unsent: number;
    readonly acked: number;
    readonly failed: number;
    readonly lost: number | null;
  };
  /**
   * Messages that were acknowledged while it was judged; `counts.acked` are those of the messages that were due then,
   * whenever they were acknowledged. Left out by version 0.1.0.
   */
  readonly ackedWhileHeld?: number | undefined;
  /** Messages per second that were acknowledged while it was judged: `ackedWhileHeld / heldSeconds`. */
  readonly achievedPerSecond: number;
  /** The most messages that a group had still to read while it was judged; null where nobody reads. */
  readonly lagMessages: number | null;
  /** How each group kept up with the rate, or the broker where nobody reads; left out by version 0.1.0. */
  readonly backlogs?: readonly Backlog[] | undefined;
  /** The latencies of the messages that were judged, microseconds. */
  readonly latency: Readonly<Record<LatencyName, LatencySummary>>;
  /** The conditions. */
  readonly conditions: readonly ExpectationResult[];
}

/** What a search found. */
export interface SearchResult {
  /**
   * `found`: the limit lies within the bracket. `at-least`: the upper end of the range held. `below`: the lower end of
   * the range failed. `harness`: the harness was the limit. `unstable`: the limit moved so often that no number stands
   * for it. `unfinished`: it was interrupted, or there were no more probes to be had.
   */
  readonly kind: 'found' | 'at-least' | 'below' | 'harness' | 'unstable' | 'unfinished';
  /** The highest rate that held, confirmed where `kind` is `found` or `at-least`; null where there is none. */
  readonly ratePerSecond: number | null;
  /** That rate as a multiple of Rubin's average. */
  readonly timesRubin: number | null;
  /** Bytes of values per second at that rate. */
  readonly bytesPerSecond: number | null;
  /** The highest rate that held and the lowest that failed; of an unstable limit, between which it was seen to move. */
  readonly bracket: { readonly heldPerSecond: number | null; readonly failedPerSecond: number | null };
  /**
   * How sure it is: of `of` probes at the rate, one after the other, `held` held. `holdsAtLeast` is the share of such
   * probes that hold, at the least, with 95 % confidence (Clopper and Pearson 1934, for n of n: 0.05^(1/n)).
   */
  readonly confidence: {
    readonly held: number;
    readonly of: number;
    readonly holdsAtLeast: number | null;
  };
  /** The rate at which the harness was the limit; null for any other end. */
  readonly harnessPerSecond: number | null;
  /** Where the limit was found to have moved: after how many probes, at which rate, and whether it is lower or higher. */
  readonly contradictions: readonly {
    readonly probes: number;
    readonly ratePerSecond: number;
    readonly now: 'lower' | 'higher';
  }[];
  /** All of it as a sentence. */
  readonly text: string;
}

/** A search phase in `summary.json`. */
export interface SearchSummary {
  /** The phase. */
  readonly phase: string;
  /** What had to hold: `response.p99 < 100ms`. */
  readonly conditions: readonly string[];
  /** How long it had to hold, seconds. */
  readonly holdSeconds: number;
  /** How long each rate was sent before it was judged, seconds. */
  readonly settleSeconds: number;
  /** How close the ends of the bracket had to be: 0.02 is 2 %. */
  readonly precision: number;
  /** What was found. */
  readonly result: SearchResult;
  /**
   * Which probes the phase's own figures are of, by their number from 1: those that confirmed the rate, else those that
   * held at it, else the last one. Left out by version 0.1.0.
   */
  readonly figuresOf?: readonly number[] | undefined;
  /** The rates that were tried, in order. */
  readonly probes: readonly ProbeSummary[];
}
