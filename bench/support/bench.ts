import type { BenchBroker } from './broker.js';
import type { Original } from './original.js';
import type { Contender } from './rounds.js';

/** How large a measurement is. */
export interface BenchSize {
  /** Part of the usual messages and seconds: 1, or 0.1 with `--quick`. */
  readonly scale: number;
  /** How many workers ours has, a contender each. */
  readonly workers: readonly number[];
}

/** Peers that are measured where the user points to them. */
export interface PointedPeers {
  /** The original simulator. */
  readonly original: Original | undefined;
  /** Folder of a distribution of OpenMessaging Benchmark. */
  readonly omb: string | undefined;
}

/** Something that is measured beside its peers. */
export interface Bench {
  /** Its name on the command line. */
  readonly name: string;
  /** The unit of its figures. */
  readonly unit: string;
  /** Which figures are better; more where it is left out. */
  readonly better?: 'more' | 'less';
  /** What bounds it, a sentence for the notes. */
  readonly bound?: string;
  /** Makes ready what it needs, and says who is measured; `note` keeps a remark for the result. */
  readonly contenders: (
    broker: BenchBroker,
    note: (remark: string) => void,
    size: BenchSize,
    peers: PointedPeers,
  ) => Promise<readonly Contender[]>;
}

/**
 * A number of messages at a size of measurement.
 *
 * @param messages - the usual number
 * @param size - the size
 * @returns at least 100
 */
export function messagesAt(messages: number, { scale }: BenchSize): number {
  return Math.max(100, Math.round(messages * scale));
}

/**
 * A time at a size of measurement.
 *
 * @param seconds - the usual time
 * @param size - the size
 * @returns seconds, at least half a second, in whole milliseconds
 */
export function secondsAt(seconds: number, { scale }: BenchSize): number {
  return Math.max(500, Math.round(1000 * seconds * scale)) / 1000;
}

/**
 * A time at a size of measurement, as a scenario writes it.
 *
 * @param seconds - the usual time
 * @param size - the size
 * @returns a duration of at least half a second
 */
export function durationAt(seconds: number, size: BenchSize): string {
  return `${Math.round(1000 * secondsAt(seconds, size))}ms`;
}
