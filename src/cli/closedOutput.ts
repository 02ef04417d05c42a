import { exitCodes } from '../errors.js';
import { hasBeenInterrupted, interruptCommand } from './context.js';
import { exitWithoutTerminal } from './interruption.js';

let isWatching = false;
let readerLeft = false;

/**
 * Lets the program outlive whoever reads its output: a reader that closes the pipe early (`| head`), or a terminal that
 * is closed. The command ends as after Ctrl-C then, so that a run leaves its summary.
 *
 * @returns the exit code that the program ends with, for the code that the command came to
 */
export function outliveReaders(): (code: number) => number {
  if (!isWatching) watch();
  // A reader that has seen enough is no error.
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
