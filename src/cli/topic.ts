import { Command, InvalidArgumentError } from 'commander';
import { retentionConfig, type Retention } from '../coordinator/retention.js';
import { decideTopic, prepareTopic } from '../coordinator/topicRules.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { durationQuantity, readQuantity, sizeQuantity } from '../scenario/quantities.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, type CommandContext } from './context.js';
import { longestTimeoutSeconds, numberOption } from './numbers.js';
import { addTopicConfigOption, topicConfigOf, type TopicConfigValues } from './topicOptions.js';

/** Limit of librdkafka. */
export const mostPartitions = 100_000;

/** Limit of Kafka's protocol. */
const mostReplicas = 32_767;

interface CreateTopicValues extends ConnectionValues, TopicConfigValues {
  readonly partitions: number;
  readonly replication: number;
  readonly retention?: Retention;
  readonly ifNotExists?: boolean;
  readonly timeoutSec: number;
}

/** The command `topic`: a topic can exist before a stream is played into it, so that its readers may start first. */
export function topicCommand(): Command {
  const create = new Command('create')
    .description('create an empty topic, so that consumers can start before the stream')
    .argument('<name>', 'the topic')
    .option('--partitions <n>', 'its partitions', numberOption(1, 'whole', mostPartitions), 1)
    .option(
      '--replication <n>',
      "replicas of each partition; -1 for the cluster's default",
      numberOption(-1, 'whole', mostReplicas),
      -1,
    )
    .option(
      '--retention <time or size>',
      'how long it keeps alerts, or how much: 1h or 10GB',
      retentionOption,
    )
    .option('--if-not-exists', 'succeed where it exists, and change nothing about it')
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    );
  addConnectionOptions(addTopicConfigOption(create)).action(async (name: string) => {
    await createTopic(name, create.opts<CreateTopicValues>(), commandContext(create));
  });
  return new Command('topic').description('create a topic').addCommand(create);
}

/**
 * Creates a topic, as the options say.
 *
 * @throws `TOPIC_EXISTS`, `BAD_USAGE`, `BROKER_REFUSED`, `BROKER_UNREACHABLE`
 */
async function createTopic(
  text: string,
  values: CreateTopicValues,
  { print }: CommandContext,
): Promise<void> {
  const name = legalTopicName(text, 'the name of the topic');
  const { partitions, replication, retention, ifNotExists = false } = values;
  const connection = connectionOf(values);
  const timeoutMs = values.timeoutSec * 1000;
  const config = {
    ...(retention === undefined ? {} : retentionConfig(retention, partitions)),
    ...topicConfigOf(values),
  };
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    const existing = ifNotExists ? await admin.partitionsOf(name) : undefined;
    if (existing !== undefined) {
      print(`the topic ${name} exists already, with ${existing} partition(s); it stays as it is`);
      return;
    }
    const decision = await decideTopic(
      { admin, connection, timeoutMs },
      {
        request: { name, partitions, replication, config },
        overwrite: 'none',
        remedy: 'Use --if-not-exists to keep it as it is, or choose another name',
      },
    );
    await prepareTopic(admin, decision);
    print(`created the topic ${name} with ${partitions} partition(s)`);
  } finally {
    await admin.close();
  }
}

/** Reads how long or how much a topic keeps: `1h`, `10GB`. */
export function retentionOption(text: string): Retention {
  const isSize = /B\s*$/i.test(text);
  const read = readQuantity(isSize ? sizeQuantity : durationQuantity, text);
  if (!read.ok)
    throw new InvalidArgumentError(
      `It must be a time or a size, such as 1h or 10GB, but is ${JSON.stringify(text)}.`,
    );
  const { value } = read;
  if (value < (isSize ? 1 : 1e6)) throw new InvalidArgumentError('It must be more than nothing: 1h or 10GB.');
  return isSize ? { kind: 'size', bytes: value } : { kind: 'time', ms: value / 1e6 };
}
