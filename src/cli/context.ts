import type { Command } from 'commander';
import { AlertSimError } from '../errors.js';
import { createLogger, type Logger } from '../outputs/log.js';
import { createProgress, type ProgressFactory } from '../outputs/progress.js';

/** What every command is given: where to print, how to show progress, and when to stop. */
export interface CommandContext {
  /** Prints one line of the command's result on standard output. */
  readonly print: (line: string) => void;
  /** Diagnostics on standard error, as `-v` and `-d` ask. */
  readonly log: Logger;
  /** Starts a progress display on standard error. */
  readonly progress: ProgressFactory;
  /** Aborted by the first Ctrl-C or SIGTERM: end cleanly with what was done. */
  readonly signal: AbortSignal;
}

let interruption: AbortController | undefined;

/**
 * The context of a command's action. Call it once, at the start of the action.
 *
 * @param command - the command that runs; its global options decide how much is logged
 * @returns the context; its `signal` follows SIGINT and SIGTERM from here on
 */
export function commandContext(command: Command): CommandContext {
  const { verbose = false, debug = false } = command.optsWithGlobals<{
    verbose?: boolean;
    debug?: boolean;
  }>();
  return {
    print: (line) => process.stdout.write(`${line}\n`),
    log: createLogger(process.stderr, debug ? 'debug' : verbose ? 'info' : 'warning'),
    progress: createProgress(process.stderr),
    signal: interruptionSignal(),
  };
}

/**
 * The error that ends a command after Ctrl-C.
 *
 * @param done - what was done until then, as half a sentence: `preloaded 120 of 792 alerts`
 * @returns an error with code `INTERRUPTED` (exit code 130)
 */
export function interrupted(done: string): AlertSimError {
  return new AlertSimError('INTERRUPTED', `interrupted: ${done}`);
}

function interruptionSignal(): AbortSignal {
  if (interruption === undefined) {
    const controller = new AbortController();
    interruption = controller;
    const onSignal = (name: NodeJS.Signals): void => {
      if (controller.signal.aborted) endBySignal(name);
      controller.abort();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  }
  return interruption.signal;
}

/** The second Ctrl-C ends the program at once, by the signal's own default action: the shell sees 130. */
function endBySignal(name: NodeJS.Signals): void {
  // A progress bar has hidden the cursor.
  if (process.stderr.isTTY) process.stderr.write('\u001b[?25h\n');
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
