import { Command } from 'commander';
import { maxSchemaId } from '../alerts/wireFormat.js';
import { containerSource } from '../coordinator/alertFacts.js';
import { preload } from '../coordinator/preloadRun.js';
import { decideTopic, prepareTopic } from '../coordinator/topicRules.js';
import { messageOf } from '../errors.js';
import { tryProducer } from '../kafka/producer.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { disorderText } from '../report/planText.js';
import { formatBytes } from '../report/format.js';
import type { PreloadProgress } from '../workers/protocol.js';
import { reservoirTopicConfig } from '../workers/reservoirFormat.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { longestTimeoutSeconds, numberOption } from './numbers.js';
import { addTopicConfigOption, logIdempotence, topicConfigOf } from './topicOptions.js';

interface CreateValues extends ConnectionValues {
  readonly dstTopic: string;
  readonly createTopic?: boolean;
  readonly force?: boolean;
  readonly topicConfig?: readonly string[];
  readonly timeoutSec: number;
  readonly schemaId: number;
}

/** `create-stream`: preloads a container into a reservoir. */
export function createStreamCommand(): Command {
  const command = new Command('create-stream')
    .description('preload a container of alerts into a reservoir, ready to be replayed')
    .argument('<file>', 'Avro container of alerts')
    .option('--dst-topic <topic>', 'the reservoir', 'alerts-reservoir')
    .option('--create-topic', 'create the reservoir, overwriting it if it exists')
    .option('--force', 'the same as --create-topic')
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    )
    .option('--schema-id <id>', 'schema id of the wire format', numberOption(0, 'whole', maxSchemaId), 1);
  return addConnectionOptions(addTopicConfigOption(command)).action(async (file: string) => {
    await createStream(file, command.opts<CreateValues>(), commandContext(command));
  });
}

/** Preloads a container, as the options say. A reservoir that could not be filled is removed again. */
export async function createStream(
  file: string,
  values: CreateValues,
  context: CommandContext,
): Promise<void> {
  const { print, log, signal } = context;
  const connection = connectionOf(values);
  const topic = legalTopicName(values.dstTopic, '--dst-topic');
  const timeoutMs = values.timeoutSec * 1000;
  const topicConfig = topicConfigOf(values);
  const source = await containerSource(file);
  const total = source.alerts;
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    if (signal.aborted) throw interrupted('nothing was changed');
    const decision = await decideTopic(
      { admin, connection, timeoutMs },
      {
        request: {
          name: topic,
          partitions: 1,
          replication: -1,
          config: { ...reservoirTopicConfig, ...topicConfig },
        },
        overwrite: values.createTopic === true || values.force === true ? 'any' : 'none',
        remedy: 'Use --force to overwrite it, or choose another name',
      },
    );
    await tryProducer(connection, { 'enable.idempotence': true }, timeoutMs);
    logIdempotence('create', connection, context);
    const done = await prepareTopic(admin, decision);
    log.info('create', `${done} the reservoir ${topic}`);
    const { progress } = context;
    const result = await preload({
      ...{ connection, topic, source, timeoutMs, signal, progress },
      schemaId: values.schemaId,
    }).catch(async (failure: unknown) => {
      await admin.remove(topic).catch((also: unknown) => {
        log.warning('create', `the incomplete reservoir ${topic} could not be removed: ${messageOf(also)}`);
      });
      throw failure;
    });
    log.info('create', summaryLine(result));
    const { alerts, disorder } = result;
    if (disorder !== undefined) log.warning('create', `${file}: ${disorderText(disorder, total)}`);
    // A preload that came to fewer without a failure was interrupted.
    if (alerts < total) {
      throw interrupted(
        `preloaded ${alerts} of ${total} alerts; the reservoir ${topic} is not whole, make it again with --force`,
      );
    }
    print(`successfully preloaded stream with ${alerts} alerts`);
  } finally {
    await admin.close();
  }
}

function summaryLine({ alerts, bytes, seconds }: PreloadProgress): string {
  return (
    `preloaded ${alerts} alerts, ${formatBytes(bytes)}, in ${seconds.toFixed(2)}s ` +
    `(${(alerts / seconds).toFixed(0)}/s, ${formatBytes(bytes / seconds)}/s)`
  );
}
