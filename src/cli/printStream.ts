import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { AlertDescriber, scannerFromFile } from '../alerts/describeValue.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicReader } from '../kafka/topicReader.js';
import { openTopicAdmin, type TopicAdmin, type Watermarks } from '../kafka/topics.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { registryTarget, schemasOfRegistry } from '../coordinator/registeredIds.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { numberOption } from './numbers.js';
import { addRegistryOption, namedRegistry, type RegistryValue } from './registryOption.js';

interface PrintValues extends ConnectionValues, RegistryValue {
  readonly srcTopic: string;
  readonly schema?: string;
  readonly count?: number;
}

const connectTimeoutMs = 10_000;
const bufferBytes = 32 * 1024 * 1024;
/** How often a missing topic is looked for. */
const waitMs = 500;
/** How often to check whether the topic was deleted and created again. */
const followMs = 1000;

/**
 * `print-stream`: prints each alert of a topic, from its beginning on, as it arrives, until Ctrl-C or the
 * requested number. Waits for a topic that does not exist yet.
 */
export function printStreamCommand(): Command {
  const command = new Command('print-stream')
    .description(
      'print each alert of a topic as it arrives: when the broker got it, its id, history and size',
    )
    .option('--src-topic <topic>', 'the topic to read', 'alerts-reservoir')
    .option('--schema <file>', "the alerts' schema, .avsc or a container, where it is not one of Rubin's")
    .option('--count <n>', 'end after this many alerts; without it, Ctrl-C ends', numberOption(1));
  return addConnectionOptions(addRegistryOption(command)).action(async () => {
    await printStream(command.opts<PrintValues>(), commandContext(command));
  });
}

async function printStream(values: PrintValues, context: CommandContext): Promise<void> {
  const { print, log, signal } = context;
  const { count = Infinity } = values;
  const connection = connectionOf(values);
  const topic = legalTopicName(values.srcTopic, '--src-topic');
  const schemas = schemasOfRegistry(await registryTarget(namedRegistry(values), values.broker));
  const describer = new AlertDescriber(
    values.schema === undefined ? undefined : await scannerFromFile(values.schema),
    schemas.schemaOf,
  );
  const admin = await openTopicAdmin(connection, connectTimeoutMs);
  const watermarks = await existing(admin, topic, context).finally(() => admin.close());
  const starts = watermarks.map(({ low }, partition) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, bufferBytes, connectTimeoutMs);
  let printed = 0;
  let warned = false;
  try {
    let followedMs = -Infinity;
    while (!signal.aborted) {
      if (performance.now() - followedMs > followMs) {
        followedMs = performance.now();
        if (await reader.follow())
          log.info('print', `${topic} was made anew or has grown: reading what is new`);
      }
      for (const { value, timestampMs } of await reader.read(Math.min(100, count - printed))) {
        const { id, historyLength, object } = await describer.describe(value ?? Buffer.alloc(0));
        const size = value?.length ?? 0;
        const objectText = object === undefined ? '' : `  ${object.field}=${object.id}`;
        print(
          `${timeText(timestampMs)}  id=${id ?? '?'}  len(history)=${historyLength ?? '?'}  size=${size}${objectText}`,
        );
        printed += 1;
        if (historyLength === undefined && !warned) {
          warned = true;
          log.warning('print', 'the schema of these alerts is not known: give it with --schema FILE');
        }
      }
      if (printed >= count) return;
    }
  } finally {
    await reader.close();
    await schemas.close();
  }
  throw interrupted(`printed ${printed} alerts`);
}

/** The partitions of a topic, once there are any: a stream is often created after its reader was started. */
async function existing(
  admin: TopicAdmin,
  topic: string,
  { log, signal }: CommandContext,
): Promise<readonly Watermarks[]> {
  for (let isFirst = true; ; isFirst = false) {
    const watermarks = await admin.watermarks(topic);
    if (watermarks.length > 0) return watermarks;
    if (isFirst) log.warning('print', `the topic ${topic} does not exist yet: waiting for it; Ctrl-C ends`);
    await pause(waitMs);
    if (signal.aborted) throw interrupted('printed 0 alerts');
  }
}

/** The broker's or the producer's time, as configured for the topic; in local time, as Python prints it. */
function timeText(timestampMs: number): string {
  // A message of before Kafka 0.10 has no time.
  if (timestampMs < 0) return '?'.padEnd(23);
  const local = new Date(timestampMs - new Date(timestampMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 23).replace('T', ' ');
}
