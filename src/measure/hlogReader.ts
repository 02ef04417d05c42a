import { HistogramLogReader, type Histogram } from 'hdr-histogram-js';
import { latencyNames, type LatencyName } from './latencySet.js';

/** All values of one latency in one interval: a line of `latency.hlog`. */
export interface LatencyInterval {
  /** The line's tag. */
  readonly latency: LatencyName;
  /** After the run's start; equal to that of its line of `intervals.ndjson`. */
  readonly startSeconds: number;
  readonly seconds: number;
  /** Undefined in logs of version 0.1.0, which did not say it. */
  readonly phase: string | undefined;
  /** Undefined for other latencies. */
  readonly group: string | undefined;
  /** Microseconds. */
  readonly histogram: Histogram;
}

/** Phase and group of the lines that follow. */
export interface HlogSection {
  /** Undefined before the first such line. */
  readonly phase: string | undefined;
  /** Only for what groups read. */
  readonly group: string | undefined;
}

/** Reads a comment that names the phase and group of the lines that follow; undefined for any other line. */
export function readHlogSection(line: string): HlogSection | undefined {
  const [, phase, group] = /^#\[phase: ([^\]]*)\](?: \[group: ([^\]]*)\])?$/.exec(line) ?? [];
  return phase === undefined ? undefined : { phase, group };
}

/**
 * Reads one line of an HdrHistogram interval log; undefined for a comment, the legend, an empty line, or a
 * tag that is none of our latencies.
 *
 * A line at a time, because the histograms of a night would fill the memory: one of them takes about 100 kB.
 *
 * @param line - without its line end
 * @throws an Error when the line is damaged
 */
export function readHlogLine(
  line: string,
  section: HlogSection = { phase: undefined, group: undefined },
): LatencyInterval | undefined {
  const latency = latencyNames.find((name) => line.startsWith(`Tag=${name},`));
  if (latency === undefined) return undefined;
  // Without the head's start time, the reader takes the times of a line as they are: seconds after that
  // start.
  const histogram = new HistogramLogReader(line, 32, false).nextIntervalHistogram();
  if (histogram === null) throw new Error('no interval on this line');
  const startSeconds = histogram.startTimeStampMsec / 1000;
  const seconds = histogram.endTimeStampMsec / 1000 - startSeconds;
  if (!Number.isFinite(startSeconds) || !Number.isFinite(seconds)) throw new Error('no times on this line');
  return { latency, startSeconds, seconds, ...section, histogram };
}
