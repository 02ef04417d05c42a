import type { Command } from 'commander';
import { idempotenceConflict } from '../kafka/idempotence.js';
import { parseProperties, type ConnectionOptions } from '../kafka/settings.js';
import type { CommandContext } from './context.js';

/** The parsed values of the option that {@link addTopicConfigOption} adds. */
export interface TopicConfigValues {
  /** `--topic-config`, as often as it was given. */
  readonly topicConfig?: readonly string[];
}

/**
 * Adds the option for settings of the topic that a command makes.
 *
 * @param command - the command that gets it
 * @returns the same command
 */
export function addTopicConfigOption(command: Command): Command {
  return command.option(
    '--topic-config <name=value>',
    "a setting of the topic, when it is created, in Kafka's spelling; may be given again",
    (entry: string, before: readonly string[]) => [...before, entry],
    [],
  );
}

/**
 * The settings of the topic, as the option gives them.
 *
 * @param values - the command's parsed options
 * @returns settings by name
 * @throws `BAD_USAGE` for one that is not of the form name=value
 */
export function topicConfigOf({ topicConfig = [] }: TopicConfigValues): Record<string, string> {
  return parseProperties(topicConfig, '--topic-config', 'retention.ms=86400000');
}

/**
 * Logs that a property of the user's takes idempotence away.
 *
 * @param name - the command
 * @param connection - what the user gave
 * @param context - where to log
 */
export function logIdempotence(
  name: string,
  { properties }: ConnectionOptions,
  { log }: Pick<CommandContext, 'log'>,
): void {
  const conflict = idempotenceConflict(properties);
  if (conflict !== undefined)
    log.info(name, `the producer is not idempotent, because of ${conflict}: duplicates are possible`);
}
