import type { Backlog } from './backlog.js';
import type { LatencySummary } from './latency.js';
import type { LatencyName } from './latencySet.js';
import type { ExpectationResult } from './expectationResult.js';

/** A rate that a search tried. */
export interface ProbeSummary {
  readonly ratePerSecond: number;
  /** `bracket`, `bisect`, `confirm`, `above`. */
  readonly purpose: string;
  /** Whether it repeated the probe before. */
  readonly repeat: boolean;
  /** ISO 8601; it was judged from the search's `settleSeconds` after that. */
  readonly startedAt: string;
  /** How long it was judged. */
  readonly heldSeconds: number;
  readonly outcome: 'held' | 'failed' | 'harness';
  /** Why it did not hold, a sentence each; empty where it held. */
  readonly why: readonly string[];
  /** The messages that were judged; `lost` are those that some group had not read after the drain. */
  readonly counts: {
    readonly scheduled: number;
    readonly sent: number;
    readonly unsent: number;
    readonly acked: number;
    readonly failed: number;
    readonly lost: number | null;
  };
  /**
   * Messages acknowledged while it was judged; `counts.acked` are those of the messages that were due then,
   * whenever they were acknowledged. Left out by version 0.1.0.
   */
  readonly ackedWhileHeld?: number | undefined;
  /** `ackedWhileHeld / heldSeconds`. */
  readonly achievedPerSecond: number;
  /** Maximum number of messages that a group had still to read while it was judged; null without readers. */
  readonly lagMessages: number | null;
  /** How each group kept up with the rate, or the broker without readers; left out by version 0.1.0. */
  readonly backlogs?: readonly Backlog[] | undefined;
  /** Latencies of the messages that were judged, microseconds. */
  readonly latency: Readonly<Record<LatencyName, LatencySummary>>;
  readonly conditions: readonly ExpectationResult[];
}

export interface SearchResult {
  /**
   * `found`: the limit lies within the bracket. `at-least`: the upper end of the range held. `below`: the
   * lower end of the range failed. `harness`: the load generator was the limit. `unstable`: the limit moved
   * so often that no number is right. `unfinished`: it was interrupted, or the number of probes was used up.
   */
  readonly kind: 'found' | 'at-least' | 'below' | 'harness' | 'unstable' | 'unfinished';
  /**
   * The highest rate that held, confirmed where `kind` is `found` or `at-least`; null where there is none.
   */
  readonly ratePerSecond: number | null;
  /** As a multiple of Rubin's average. */
  readonly timesRubin: number | null;
  /** Bytes of values at that rate. */
  readonly bytesPerSecond: number | null;
  /**
   * The highest rate that held and the lowest that failed; for an unstable limit, the rates between which it
   * was seen to move.
   */
  readonly bracket: { readonly heldPerSecond: number | null; readonly failedPerSecond: number | null };
  /**
   * Of `of` consecutive probes at the rate, `held` held. `holdsAtLeast` is the share of such probes that hold
   * at least, with 95 % confidence (Clopper and Pearson 1934, for n of n: 0.05^(1/n)).
   */
  readonly confidence: {
    readonly held: number;
    readonly of: number;
    readonly holdsAtLeast: number | null;
  };
  /** The rate at which the load generator was the limit; null for any other end. */
  readonly harnessPerSecond: number | null;
  /**
   * Where the limit was found to have moved: after how many probes, at which rate, and whether it is lower or
   * higher.
   */
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
  readonly phase: string;
  /** `response.p99 < 100ms`. */
  readonly conditions: readonly string[];
  /** How long it had to hold. */
  readonly holdSeconds: number;
  /** How long each rate was sent before it was judged. */
  readonly settleSeconds: number;
  /** How close the ends of the bracket had to be: 0.02 is 2 %. */
  readonly precision: number;
  readonly result: SearchResult;
  /**
   * Probes, by their number from 1, that the phase's own counts and latencies are of: those that confirmed
   * the rate, else those that held at it, else the last one. Left out by version 0.1.0.
   */
  readonly figuresOf?: readonly number[] | undefined;
  /** In order. */
  readonly probes: readonly ProbeSummary[];
}
