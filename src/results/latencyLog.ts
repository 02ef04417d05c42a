import { HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import type { LatencyName } from '../measure/latencySet.js';

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
