import { Command } from 'commander';
import { createAlertScanner } from '../alerts/alertScanner.js';
import { parseAvroSchema } from '../alerts/avroSchema.js';
import { describeValue, scannerFromFile } from '../alerts/describeValue.js';
import { syntheticSchemaText } from '../alerts/synthetic/schema.js';
import { AlertSimError } from '../errors.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicReader } from '../kafka/topicReader.js';
import { openTopicAdmin } from '../kafka/topics.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';

interface PrintValues extends ConnectionValues {
  readonly srcTopic: string;
  readonly schema?: string;
}

const connectTimeoutMs = 10_000;
const bufferBytes = 32 * 1024 * 1024;

/**
 * `print-stream`: prints each alert of a topic, from its beginning on, as it arrives, until Ctrl-C.
 *
 * @returns the command
 */
export function printStreamCommand(): Command {
  const command = new Command('print-stream')
    .description('print each alert of a topic as it arrives, until Ctrl-C')
    .option('--src-topic <topic>', 'the topic to read', 'alerts-reservoir')
    .option('--schema <file>', "the alerts' schema, .avsc or a container, where it is not Rubin's v11");
  return addConnectionOptions(command).action(async () => {
    await printStream(command.opts<PrintValues>(), commandContext(command));
  });
}

async function printStream(values: PrintValues, context: CommandContext): Promise<void> {
  const { print, log, signal } = context;
  const connection = connectionOf(values);
  const topic = legalTopicName(values.srcTopic, '--src-topic');
  const scanner =
    values.schema === undefined
      ? createAlertScanner(parseAvroSchema(syntheticSchemaText(), 'the schema v11'), 'the schema v11')
      : await scannerFromFile(values.schema);
  const admin = await openTopicAdmin(connection, connectTimeoutMs);
  const watermarks = await admin.watermarks(topic).finally(() => admin.close());
  if (watermarks.length === 0) {
    throw new AlertSimError('BAD_USAGE', `the topic ${topic} does not exist: name another with --src-topic`);
  }
  const starts = watermarks.map(({ low }, partition) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, bufferBytes, connectTimeoutMs);
  let printed = 0;
  let warned = false;
  try {
    while (!signal.aborted) {
      for (const { value } of await reader.read(100)) {
        const { id, historyLength } = describeValue(value ?? Buffer.alloc(0), scanner);
        const size = value?.length ?? 0;
        print(`${timeText(new Date())}  id=${id ?? '?'}  len(history)=${historyLength ?? '?'}  size=${size}`);
        printed += 1;
        if (historyLength === undefined && !warned) {
          warned = true;
          log.warning('print', 'these alerts have another schema than v11: give theirs with --schema FILE');
        }
      }
    }
  } finally {
    await reader.close();
  }
  throw interrupted(`printed ${printed} alerts`);
}

/** Local time, as Python prints it: `2026-11-24 08:30:00.123`. */
function timeText(now: Date): string {
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 23).replace('T', ' ');
}
