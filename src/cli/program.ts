import { Command } from 'commander';
import { version } from '../version.js';
import { baselineCommand } from './baseline.js';
import { brokerCommand } from './broker.js';
import { compareCommand } from './compare.js';
import { containerCommand } from './container.js';
import { createStreamCommand } from './createStream.js';
import { doctorCommand } from './doctor.js';
import { generateCommand } from './generate.js';
import { playStreamCommand } from './playStream.js';
import { printStreamCommand } from './printStream.js';
import { publishCommand } from './publish.js';
import { reportCommand } from './report.js';
import { restoreCommand } from './restore.js';
import { runCommand } from './run.js';
import { startCommand } from './start.js';

/** In the order in which the help shows them. */
const commands = [
  startCommand,
  createStreamCommand,
  playStreamCommand,
  printStreamCommand,
  generateCommand,
  runCommand,
  publishCommand,
  compareCommand,
  baselineCommand,
  reportCommand,
  containerCommand,
  brokerCommand,
  restoreCommand,
  doctorCommand,
];

/**
 * The whole command line: global options and every command, each from a file of its own.
 *
 * @returns a program that throws instead of ending the process
 */
export function buildProgram(): Command {
  const program = new Command('rubin-alert-sim')
    .description(
      'Simulates the alert stream of the Vera C. Rubin Observatory on Kafka and measures what that load does to a broker.',
    )
    .version(version)
    .option('-v, --verbose', 'log what is done, on standard error')
    .option('-d, --debug', 'log details too, and stack traces of errors')
    .exitOverride()
    .showHelpAfterError('(--help shows the options)');
  for (const make of commands) program.addCommand(make());
  inheritSettings(program);
  return program;
}

/** Commander passes settings on to subcommands that it makes itself, not to those that are added. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}
