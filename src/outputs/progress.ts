import { SingleBar } from 'cli-progress';
import { formatBytes, formatCount, formatSeconds } from '../report/format.js';

export interface ProgressOptions {
  /** In a word or two: `preloading`. */
  readonly title: string;
  /** In the plural: `alerts`, `files`. */
  readonly unit: string;
  /** Undefined where it is unknown. */
  readonly total: number | undefined;
}

export interface Progress {
  /**
   * Cheap: may be called for each item.
   *
   * @param done - in all
   * @param bytes - where it has a meaning
   */
  readonly update: (done: number, bytes?: number) => void;
  /** Clears the bar on a terminal. Safe to call twice. */
  readonly stop: () => void;
}

export type ProgressFactory = (options: ProgressOptions) => Progress;

const redrawMs = 100;
const plainLineMs = 5000;

/**
 * Progress displays for one stream: a bar with rate, bytes and time left on a terminal; elsewhere a plain
 * line every five seconds, so that a log file stays readable.
 */
export function createProgress(
  stream: NodeJS.WriteStream,
  nowMs: () => number = () => performance.now(),
): ProgressFactory {
  return (options) => (stream.isTTY ? bar(stream, options, nowMs) : plainLines(stream, options, nowMs));
}

/**
 * One line of progress: `preloading: 400 of 792 alerts, 33.2 MB, 610/s, 0.6s left`.
 *
 * @param bytes - 0 where it has no meaning
 */
function progressLine(options: ProgressOptions, done: number, bytes: number, elapsedSeconds: number): string {
  const { title, unit, total } = options;
  const rate = elapsedSeconds > 0 ? done / elapsedSeconds : 0;
  const parts = [
    `${title}: ${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`} ${unit}`,
  ];
  if (bytes > 0) parts.push(formatBytes(bytes));
  if (rate > 0) {
    parts.push(`${formatCount(rate)}/s`);
    if (total !== undefined && total > done) parts.push(`${formatSeconds((total - done) / rate)} left`);
  }
  return parts.join(', ');
}

function bar(stream: NodeJS.WriteStream, options: ProgressOptions, nowMs: () => number): Progress {
  const startMs = nowMs();
  const display = new SingleBar({
    stream,
    format: options.total === undefined ? '{line}' : '[{bar}] {percentage}% {line}',
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    fps: 1000 / redrawMs,
    gracefulExit: false,
  });
  display.start(options.total ?? 1, 0, { line: options.title });
  let drawnMs = -Infinity;
  let stopped = false;
  return {
    update: (done, bytes = 0) => {
      const now = nowMs();
      if (now - drawnMs < redrawMs) return;
      drawnMs = now;
      display.update(done, { line: progressLine(options, done, bytes, (now - startMs) / 1000) });
    },
    stop: () => {
      if (stopped) return;
      stopped = true;
      display.stop();
    },
  };
}

function plainLines(stream: NodeJS.WriteStream, options: ProgressOptions, nowMs: () => number): Progress {
  const startMs = nowMs();
  let printedMs = startMs;
  return {
    update: (done, bytes = 0) => {
      const now = nowMs();
      if (now - printedMs < plainLineMs) return;
      printedMs = now;
      stream.write(`${progressLine(options, done, bytes, (now - startMs) / 1000)}\n`);
    },
    stop: () => undefined,
  };
}
