#!/usr/bin/env node
import { CommanderError } from 'commander';
import { AlertSimError, exitCodes, messageOf } from '../errors.js';
import { buildProgram } from './program.js';

/** The only place that ends the process: maps whatever was thrown to a message and an exit code. */
async function main(): Promise<number> {
  const program = buildProgram();
  try {
    await program.parseAsync(process.argv);
    return exitCodes.done;
  } catch (thrown) {
    // commander has printed its own message already; help and version end with 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
    const debug = program.opts<{ debug?: boolean }>().debug === true;
    if (thrown instanceof AlertSimError) {
      process.stderr.write(`rubin-alert-sim: ${thrown.message}\n`);
      if (debug) process.stderr.write(`${thrown.stack ?? ''}\n${describeCause(thrown.cause)}`);
      return thrown.exitCode;
    }
    process.stderr.write(
      `rubin-alert-sim: unexpected error: ${messageOf(thrown)}. This is a defect of rubin-alert-sim; ` +
        `run the command again with --debug and report what it prints.\n`,
    );
    if (debug && thrown instanceof Error) process.stderr.write(`${thrown.stack ?? ''}\n`);
    return exitCodes.unexpected;
  }
}

function describeCause(cause: unknown): string {
  if (cause === undefined) return '';
  return `caused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : messageOf(cause)}\n`;
}

// A reader that closes the pipe early (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});

process.exit(await main());
