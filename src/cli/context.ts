import type { Command } from 'commander';
import type { Stage } from '../coordinator/runScenario.js';
import { AlertSimError } from '../errors.js';
import { createLogger, type Logger } from '../outputs/log.js';
import { createProgress, type ProgressFactory } from '../outputs/progress.js';
import { Interruption } from './signals.js';

/** What every command is given: where to print, how to show progress, and when to stop. */
export interface CommandContext {
  /** A line of the command's result on standard output. */
  readonly print: (line: string) => void;
  /** Diagnostics on standard error, as `-v` and `-d` ask. */
  readonly log: Logger;
  /** On standard error. */
  readonly progress: ProgressFactory;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP: end cleanly with what was done. */
  readonly signal: AbortSignal;
  /** Notes what is being done, for an interrupt that has to wait for it. */
  readonly stage: (stage: Stage) => void;
}

let interruption: Interruption | undefined;

/**
 * The context of a command's action, whose `signal` follows SIGINT, SIGTERM and SIGHUP from here on. Call it
 * once, at the start of the action.
 *
 * @param command - its global options decide how much is logged
 */
export function commandContext(command: Command): CommandContext {
  const { verbose = false, debug = false } = command.optsWithGlobals<{
    verbose?: boolean;
    debug?: boolean;
  }>();
  interruption ??= Interruption.ofProcess();
  const { signal, stage } = interruption;
  return {
    print: (line) => process.stdout.write(`${line}\n`),
    log: createLogger(process.stderr, debug ? 'debug' : verbose ? 'info' : 'warning'),
    progress: createProgress(process.stderr),
    signal,
    stage,
  };
}

/** Ends the command as a signal would: no one reads its output any more. */
export function interruptCommand(): void {
  interruption?.abort();
}

/** Whether the command was asked to end. */
export function hasBeenInterrupted(): boolean {
  return interruption?.signal.aborted === true;
}

/**
 * The error `INTERRUPTED` (exit code 130) that ends a command after Ctrl-C.
 *
 * @param done - what was done until then, as half a sentence: `preloaded 120 of 792 alerts`
 */
export function interrupted(done: string): AlertSimError {
  return new AlertSimError('INTERRUPTED', `interrupted: ${done}`);
}
