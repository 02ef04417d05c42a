import { Command, Help, type Option } from 'commander';
import { version } from '../version.js';

/** Each command's module, imported when it is asked for; in the order in which the help shows them. */
const commands = {
  start: async () => (await import('./start.js')).startCommand(),
  'create-stream': async () => (await import('./createStream.js')).createStreamCommand(),
  'play-stream': async () => (await import('./playStream.js')).playStreamCommand(),
  'serve-stream': async () => (await import('./serveStream.js')).serveStreamCommand(),
  topic: async () => (await import('./topic.js')).topicCommand(),
  record: async () => (await import('./record.js')).recordCommand(),
  'print-stream': async () => (await import('./printStream.js')).printStreamCommand(),
  generate: async () => (await import('./generate.js')).generateCommand(),
  run: async () => (await import('./run.js')).runCommand(),
  'check-consumer': async () => (await import('./checkConsumer.js')).checkConsumerCommand(),
  publish: async () => (await import('./publish.js')).publishCommand(),
  watch: async () => (await import('./watch.js')).watchCommand(),
  compare: async () => (await import('./compare.js')).compareCommand(),
  baseline: async () => (await import('./baseline.js')).baselineCommand(),
  report: async () => (await import('./report.js')).reportCommand(),
  container: async () => (await import('./containerCommand.js')).containerCommand(),
  broker: async () => (await import('./broker.js')).brokerCommand(),
  registry: async () => (await import('./registry.js')).registryCommand(),
  restore: async () => (await import('./restore.js')).restoreCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
} satisfies Record<string, () => Promise<Command>>;

/**
 * The command line: the global options, and the command that the words name; every command where they name
 * none. It throws instead of ending the process.
 *
 * @param words - the arguments of the program
 */
export async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('rubin-alert-sim')
    .description(
      'Simulates the alert stream of the Vera C. Rubin Observatory on Kafka and measures what that load does to a broker.',
    )
    .version(version)
    .option('-v, --verbose', 'log what is done, on standard error')
    .option('-d, --debug', 'log details too, and stack traces of errors')
    .configureHelp({ optionDescription: describeOption })
    .exitOverride()
    .showHelpAfterError('(--help shows the options)');
  for (const command of await commandsFor(words)) program.addCommand(command);
  inheritSettings(program);
  return program;
}

/** As commander does it, but without a default that is nothing: an empty list, or no limit. */
function describeOption(option: Option): string {
  const { defaultValue } = option as { defaultValue: unknown };
  const isNothing = defaultValue === Infinity || (Array.isArray(defaultValue) && defaultValue.length === 0);
  const shown = isNothing
    ? (Object.create(option, { defaultValue: { value: undefined } }) as Option)
    : option;
  return new Help().optionDescription(shown);
}

async function commandsFor(words: readonly string[]): Promise<Command[]> {
  if (words.length === 1 && ['-V', '--version'].includes(words[0] ?? '')) return [];
  // The global options take no values, so the first other word is the command.
  const named = words.find((word) => !word.startsWith('-'));
  const wanted = Object.entries(commands).filter(([name]) => name === named);
  const loaders = wanted.length > 0 ? wanted : Object.entries(commands);
  return Promise.all(loaders.map(([, load]) => load()));
}

/** Commander passes settings on to subcommands that it makes itself, not to those that are added. */
function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    inheritSettings(command);
  }
}
