import type { RoundsResult } from './rounds.js';

/** One benchmark's part of a result file. */
export interface BenchResult {
  /** The benchmark. */
  readonly bench: string;
  /** The unit of its figures. */
  readonly unit: string;
  /** Which figures are better. */
  readonly better: 'more' | 'less';
  /** What bounds it. */
  readonly bound: string;
  /** Each contender; the first one is ours. */
  readonly results: readonly RoundsResult[];
  /** Remarks. */
  readonly notes: readonly string[];
}

/** A file `runs/bench-….json`. */
export interface BenchFile {
  /** What it was measured on, and with. */
  readonly machine: Readonly<Record<string, unknown>>;
  /** How many rounds. */
  readonly rounds: number;
  /** Part of the usual messages and seconds. */
  readonly scale: number;
  /** The benchmarks, in the order in which they ran. */
  readonly results: readonly BenchResult[];
}
