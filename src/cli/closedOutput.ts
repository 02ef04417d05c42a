import { exitCodes } from '../errors.js';
import { hasBeenInterrupted, interruptCommand } from './context.js';
import { exitWithoutTerminal } from './interruption.js';

let isWatching = false;
let readerLeft = false;

/**
 * Keeps the program alive when the reader of its output is gone: a pipe closed early (`| head`), or a closed
 * terminal. The command then ends as after Ctrl-C, so that a run writes its summary.
 *
 * @returns maps the command's exit code to the program's
 */
export function outliveReaders(): (code: number) => number {
  if (!isWatching) watch();
  // A reader that has seen enough is not an error.
  return (code) => (readerLeft && code === exitCodes.interrupted ? exitCodes.done : code);
}

function watch(): void {
  isWatching = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isClosedPipe = error.code === 'EPIPE';
      if (!isClosedPipe && error.code !== 'EIO') throw error;
      // Nothing depends on what goes to standard error.
      if (isClosedPipe && stream === process.stderr) return;
      if (!isClosedPipe) exitWithoutTerminal();
      readerLeft ||= isClosedPipe && !hasBeenInterrupted();
      interruptCommand();
    });
  }
}
