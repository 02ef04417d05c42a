import type { Command } from 'commander';

/** The options that were given on the command line, by the name of their value: `--dst-topic` by `dstTopic`. */
export function givenFlags(command: Command): ReadonlyMap<string, string> {
  const given = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  return new Map(given.map((option) => [option.attributeName(), option.long ?? '']));
}
