import type { RoundsResult } from './rounds.js';

/** One benchmark's part of a result file. */
export interface BenchResult {
  readonly bench: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly bound: string;
  /** The first one is ours. */
  readonly results: readonly RoundsResult[];
  readonly notes: readonly string[];
}

/** A file `runs/bench-….json`. */
export interface BenchFile {
  /** What it was measured on, and with. */
  readonly machine: Readonly<Record<string, unknown>>;
  readonly rounds: number;
  /** Part of the usual messages and seconds. */
  readonly scale: number;
  /** In the order in which they ran. */
  readonly results: readonly BenchResult[];
}
