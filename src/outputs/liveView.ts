import type { RunOutput } from './runOutput.js';
import { formatBytes, formatCount, formatMicroseconds } from '../report/format.js';
import { watchedText } from '../report/groupWords.js';
import type { IntervalRecord } from '../results/runFolder.js';

export interface LiveView extends RunOutput {
  readonly onInterval: (record: IntervalRecord) => void;
  readonly stop: () => void;
}

const plainEverySeconds = 5;

/**
 * A view of a run for one stream: a line that is redrawn every second on a terminal; elsewhere a line at each
 * change of phase and every five seconds.
 */
export function liveView(
  stream: NodeJS.WriteStream,
  lineOf = intervalLine,
  everySeconds = plainEverySeconds,
): LiveView {
  let phase: string | null | undefined;
  let printedAt = -Infinity;
  return {
    onInterval: (record) => {
      if (stream.isTTY) {
        // Some terminals do not report their width, or report 0.
        const width = stream.columns > 0 ? stream.columns : 80;
        stream.write(`\r\x1b[K${lineOf(record).slice(0, width - 1)}`);
        return;
      }
      if (record.phase === phase && record.startSeconds - printedAt < everySeconds) return;
      phase = record.phase;
      printedAt = record.startSeconds;
      stream.write(`${lineOf(record)}\n`);
    },
    stop: () => {
      if (stream.isTTY) stream.write('\r\x1b[K');
    },
  };
}

/** A view of groups that are watched: a line a second, redrawn on a terminal. */
export function watchView(stream: NodeJS.WriteStream): LiveView {
  return liveView(stream, watchLine, 0);
}

function watchLine({ startSeconds, seconds, watched }: IntervalRecord): string {
  return `${Math.round(startSeconds + seconds)}s ${watchedText(watched).join(', ')}`;
}

/** One line about an interval: phase, rates, latencies, in flight, lag. */
export function intervalLine(record: IntervalRecord): string {
  const { phase, targetPerSecond, achievedPerSecond, bytesPerSecond, latency, inFlight, lag } = record;
  const parts = [
    `${Math.round(record.startSeconds + record.seconds)}s ${phase ?? 'catching up'}`,
    `${formatCount(achievedPerSecond)}${targetPerSecond === null ? '' : ` of ${formatCount(targetPerSecond)}`}/s`,
    // A narrow terminal cuts the line, and whoever watches groups wants to see them.
    ...watchedText(record.watched),
    `${formatBytes(bytesPerSecond)}/s`,
  ];
  const { ack, response, scheduleLag } = latency;
  if (scheduleLag?.p99 !== undefined && scheduleLag.p99 !== null) {
    parts.push(`schedule lag p99 ${formatMicroseconds(scheduleLag.p99)}`);
  }
  if (ack?.p50 !== undefined && ack.p50 !== null) parts.push(`ack p50 ${formatMicroseconds(ack.p50)}`);
  if (response?.p99 !== undefined && response.p99 !== null) {
    parts.push(`response p99 ${formatMicroseconds(response.p99)}`);
  }
  parts.push(`${formatCount(inFlight)} in flight`);
  const behind = Object.values(lag).reduce((sum, one) => sum + one, 0);
  if (Object.keys(lag).length > 0) parts.push(`${formatCount(behind)} to read`);
  return parts.join(', ');
}
