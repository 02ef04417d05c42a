#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { AlertSimError, exitCodes, messageOf } from '../errors.js';

/** The only place that ends the process: maps whatever was thrown to a message and an exit code. */
async function main(): Promise<number> {
  const debug = process.argv.some((word) => word === '-d' || word === '--debug');
  try {
    const program = await loadProgram();
    await program.parseAsync(process.argv);
    return exitCodes.done;
  } catch (thrown) {
    // commander has printed its own message already; help and version end with 0.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
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

/**
 * The program; with a Kafka client that does not load, the doctor alone, who says how to mend it.
 */
async function loadProgram(): Promise<Command> {
  try {
    const { buildProgram } = await import('./program.js');
    return buildProgram();
  } catch (cause) {
    if (!/node-librdkafka|librdkafka\.so|bindings/.test(messageOf(cause))) throw cause;
    if (process.argv.includes('doctor')) {
      const { doctorCommand } = await import('./doctor.js');
      return new Command('rubin-alert-sim').exitOverride().addCommand(doctorCommand());
    }
    throw new AlertSimError(
      'MISSING_PREREQUISITE',
      'the Kafka client does not load: build it with npm run build, or ask rubin-alert-sim doctor what is missing',
      cause,
    );
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
