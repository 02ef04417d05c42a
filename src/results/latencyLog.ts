import { HistogramLogReader, HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import { latencyNames, type LatencyName } from '../scenario/metricNames.js';

/** Values are microseconds; the log's column of interval maxima is in milliseconds. */
const maxValueUnitRatio = 1000;

/**
 * The head of an HdrHistogram interval log, with line ends.
 *
 * Source: the log format 1.3 of HdrHistogram's `HistogramLogWriter`; other tools read it.
 *
 * @param startMs - the run's start, milliseconds since 1970
 */
export function hlogHead(startMs: number): string {
  const lines: string[] = [];
  const writer = new HistogramLogWriter((text) => lines.push(text));
  writer.outputComment(
    '[latencies in microseconds; Interval_Max in milliseconds; tags: scheduleLag, ack, response, endToEnd]',
  );
  writer.outputLogFormatVersion();
  writer.outputStartTime(startMs);
  writer.outputLegend();
  // The library ends the start time with two line ends; readers take an empty line for a fault.
  return lines.join('').replaceAll('\n\n', '\n');
}

/**
 * A line that says which phase and group the lines after it belong to, up to the next of its kind. It is a
 * comment of the format, so readers that know nothing of phases find every value under the name of its
 * latency.
 *
 * @param phase - the phase that sent the messages; of a probe of a search, `PHASE probe N`
 * @param group - undefined for latencies without a group
 */
export function hlogSection(phase: string, group?: string): string {
  return group === undefined ? `#[phase: ${phase}]\n` : `#[phase: ${phase}] [group: ${group}]\n`;
}

/**
 * One line of an HdrHistogram interval log, with its line end.
 *
 * @param latency - the line's tag
 * @param histogram - microseconds
 * @param startSeconds - after the log's start
 * @param endSeconds - after the log's start
 */
export function hlogLine(
  latency: LatencyName,
  histogram: Histogram,
  startSeconds: number,
  endSeconds: number,
): string {
  const lines: string[] = [];
  const writer = new HistogramLogWriter((text) => lines.push(text));
  histogram.tag = latency;
  writer.outputIntervalHistogram(histogram, startSeconds, endSeconds, maxValueUnitRatio);
  return lines.join('');
}

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
