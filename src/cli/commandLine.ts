import { CommanderError } from 'commander';
import { AlertSimError, exitCodes, messageOf, twoSentences } from '../errors.js';
import { anyFileError } from '../fileErrors.js';
import { buildProgram } from './program.js';
import { hasBeenInterrupted, interruptCommand } from './context.js';
import { exitWithoutTerminal } from './signals.js';

/**
 * Runs a command, and maps whatever it throws to a message on standard error and an exit code.
 *
 * @param argv - as `process.argv`
 */
export async function commandLine(argv: readonly string[]): Promise<number> {
  const finalCode = outliveReaders();
  return finalCode(await codeOf(argv));
}

async function codeOf(argv: readonly string[]): Promise<number> {
  const debug = argv.some((word) => word === '-d' || word === '--debug');
  try {
    const program = await buildProgram(argv.slice(2));
    await program.parseAsync(argv);
    return exitCodes.done;
  } catch (caught) {
    const thrown = anyFileError(caught);
    // commander has printed its own message already; help and version end with 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
    if (thrown instanceof AlertSimError) {
      process.stderr.write(`rubin-alert-sim: ${thrown.message}\n`);
      if (debug) process.stderr.write(`${thrown.stack ?? ''}\n${describeCause(thrown.cause)}`);
      return thrown.exitCode;
    }
    process.stderr.write(
      twoSentences(
        `rubin-alert-sim: unexpected error: ${messageOf(thrown)}`,
        `This is a defect of rubin-alert-sim; run the command again with --debug and report what it prints.\n`,
      ),
    );
    if (debug && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`);
    return exitCodes.unexpected;
  }
}

function describeCause(cause: unknown): string {
  if (cause === undefined) return '';
  return `caused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : messageOf(cause)}\n`;
}

let isWatching = false;
let readerLeft = false;

/**
 * Keeps the program alive when the reader of its output is gone: a pipe closed early (`| head`), or a closed
 * terminal. The command then ends as after Ctrl-C, so that a run writes its summary.
 *
 * @returns maps the command's exit code to the program's
 */
function outliveReaders(): (code: number) => number {
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
