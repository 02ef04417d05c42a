import type { Command } from 'commander';
import { idempotenceConflict } from '../kafka/idempotence.js';
import { parseProperties, type ConnectionOptions } from '../kafka/settings.js';
import { formatCounted } from '../report/format.js';
import type { CommandContext } from './context.js';
import { gathered } from './gathered.js';

export interface TopicConfigValues {
  /** As often as it was given. */
  readonly topicConfig?: readonly string[];
}

/** Adds the option for settings of the topic that a command creates. */
export function addTopicConfigOption(command: Command): Command {
  return command.option(
    '--topic-config <name=value>',
    "a setting of the topic, when it is created, in Kafka's spelling; may be given again",
    gathered,
    [],
  );
}

/**
 * The settings of the topic by name.
 *
 * @throws `BAD_USAGE` for one that is not of the form name=value
 */
export function topicConfigOf({ topicConfig = [] }: TopicConfigValues): Record<string, string> {
  return parseProperties(topicConfig, '--topic-config', 'retention.ms=86400000');
}

/**
 * That a topic which exists has another number of partitions than was asked for; undefined where it was not.
 *
 * @param flags - the options that were given, by the name of their value
 */
export function keptPartitionsText(
  topic: string,
  existing: number,
  { dstTopicPartitions }: { readonly dstTopicPartitions: number },
  flags: ReadonlyMap<string, string>,
): string | undefined {
  const flag = flags.get('dstTopicPartitions');
  if (flag === undefined || dstTopicPartitions === existing) return undefined;
  return `the topic ${topic} keeps its ${formatCounted(existing, 'partition')}: ${flag} ${dstTopicPartitions} is for one that is created`;
}

/**
 * Logs that a property of the user's prevents idempotence.
 *
 * @param name - the command
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
