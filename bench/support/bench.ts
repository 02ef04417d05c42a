import type { BenchBroker } from './broker.js';
import type { Original } from './original.js';
import type { Contender } from './rounds.js';

export interface BenchSize {
  /** Part of the usual messages and seconds: 1, or 0.1 with `--quick`. */
  readonly scale: number;
  /** Numbers of our workers, a contender each. */
  readonly workers: readonly number[];
}

/** Peers that are measured where the user provides them. */
export interface PointedPeers {
  readonly original: Original | undefined;
  /** Folder of a distribution of OpenMessaging Benchmark. */
  readonly omb: string | undefined;
}

/** Something that is measured beside its peers. */
export interface Bench {
  /** On the command line. */
  readonly name: string;
  /** Of its figures. */
  readonly unit: string;
  /** Default `more`. */
  readonly better?: 'more' | 'less';
  /** What limits it, a sentence for the notes. */
  readonly bound?: string;
  /** Prepares what it needs, and returns who is measured; `note` keeps a remark for the result. */
  readonly contenders: (
    broker: BenchBroker,
    note: (remark: string) => void,
    size: BenchSize,
    peers: PointedPeers,
  ) => Promise<readonly Contender[]>;
}

/**
 * A number of messages, at least 100, at a size of measurement.
 *
 * @param messages - the usual number
 */
export function messagesAt(messages: number, { scale }: BenchSize): number {
  return Math.max(100, Math.round(messages * scale));
}

/**
 * A time at a size of measurement: at least half a second, in whole milliseconds.
 *
 * @param seconds - the usual time
 */
export function secondsAt(seconds: number, { scale }: BenchSize): number {
  return Math.max(500, Math.round(1000 * seconds * scale)) / 1000;
}

/**
 * A time of at least half a second at a size of measurement, as a scenario writes it.
 *
 * @param seconds - the usual time
 */
export function durationAt(seconds: number, size: BenchSize): string {
  return `${Math.round(1000 * secondsAt(seconds, size))}ms`;
}
