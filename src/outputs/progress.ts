import { SingleBar } from 'cli-progress';
import { formatBytes, formatCount, formatSeconds } from './units.js';

/** What a progress display counts. */
export interface ProgressOptions {
  /** What is being done, in a word or two: `preloading`. */
  readonly title: string;
  /** The name of what is counted, in the plural: `alerts`, `files`. */
  readonly unit: string;
  /** How many there are in all; undefined where nobody knows. */
  readonly total: number | undefined;
}

/** A running progress display. */
export interface Progress {
  /**
   * Tells how far the work is. Cheap: it may be called for each item.
   *
   * @param done - how many are done in all
   * @param bytes - how many bytes that was, where it has a meaning
   */
  readonly update: (done: number, bytes?: number) => void;
  /** Ends the display: clears the bar on a terminal. Safe to call twice. */
  readonly stop: () => void;
}

/** Starts a progress display. */
export type ProgressFactory = (options: ProgressOptions) => Progress;

const redrawMs = 100;
const plainLineMs = 5000;

/**
 * Progress displays for one stream: a bar with rate, bytes and time left on a terminal; elsewhere a plain line
 * each five seconds, so that a log file stays readable.
 *
 * @param stream - where to draw; standard error in the program
 * @param nowMs - the clock, in milliseconds
 * @returns the factory of displays
 */
export function createProgress(
  stream: NodeJS.WriteStream,
  nowMs: () => number = () => performance.now(),
): ProgressFactory {
  return (options) => (stream.isTTY ? bar(stream, options, nowMs) : plainLines(stream, options, nowMs));
}

/**
 * One line that tells how far the work is.
 *
 * @param options - what is counted
 * @param done - how many are done
 * @param bytes - how many bytes that was; 0 where it has no meaning
 * @param elapsedSeconds - how long it took until now
 * @returns for example `preloading: 400 of 792 alerts, 33.2 MB, 610/s, 0.6s left`
 */
export function progressLine(
  options: ProgressOptions,
  done: number,
  bytes: number,
  elapsedSeconds: number,
): string {
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
