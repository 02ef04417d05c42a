import { setTimeout as pause } from 'node:timers/promises';
import { Command } from 'commander';
import { AlertDescriber, scannerFromFile, type DescribedValue } from '../alerts/describeValue.js';
import { namedFields } from '../alerts/sources/reading.js';
import { boundsOf } from '../coordinator/topicRange.js';
import { legalTopicName } from '../kafka/topicName.js';
import { isWithin, openTopicReader, type StoredMessage } from '../kafka/topicReader.js';
import { openTopicAdmin, type TopicAdmin, type Watermarks } from '../kafka/topics.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { registryTarget, schemasOfRegistry } from '../coordinator/registeredIds.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { numberOption } from './numbers.js';
import { addRegistryOption, namedRegistry, type RegistryValue } from './registryOption.js';
import { rangeOf } from './sourceOptions.js';

interface PrintValues extends ConnectionValues, RegistryValue {
  readonly srcTopic: string;
  readonly schema?: string;
  readonly timeField?: string;
  readonly idField?: string;
  readonly count?: number;
  readonly from?: string;
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
      "print each alert of a topic as it arrives: the message's time, its id, history, size and object",
    )
    .option('--src-topic <topic>', 'the topic to read', 'alerts-reservoir')
    .option('--schema <file>', "the alerts' schema, .avsc or a container, where it is not one of Rubin's")
    .option('--time-field <path>', 'where the time is in a schema that is not known: candidate.jd:jd')
    .option('--id-field <path>', 'where the id is in it: candidate.candid')
    .option('--from <instant>', 'only messages from here on: 2026-11-27T10:00:00Z, -2h or now')
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
  const range = rangeOf(values.from === undefined ? {} : { from: values.from }, Date.now());
  const schemas = schemasOfRegistry(await registryTarget(namedRegistry(values), values.broker));
  const describer = new AlertDescriber(
    values.schema === undefined ? undefined : await scannerFromFile(values.schema, namedFields(values)),
    schemas.schemaOf,
  );
  const admin = await openTopicAdmin(connection, connectTimeoutMs);
  const watermarks = await existing(admin, topic, context).finally(() => admin.close());
  const starts = watermarks.map(({ low }, partition) => ({ partition, offset: low }));
  const reader = await openTopicReader(connection, topic, starts, bufferBytes, connectTimeoutMs);
  let printed = 0;
  let warned = false;
  try {
    if (range.fromMs !== undefined) {
      const part = await boundsOf(reader, topic, watermarks, range, connectTimeoutMs);
      reader.assign(part.map(({ low }, partition) => ({ partition, offset: low })));
    }
    let followedMs = -Infinity;
    while (!signal.aborted) {
      // A topic that was made anew shows in its first message, which is not read here.
      if (range.fromMs === undefined && performance.now() - followedMs > followMs) {
        followedMs = performance.now();
        if (await reader.follow())
          log.info('print', `${topic} was made anew or has grown: reading what is new`);
      }
      for (const message of await reader.read(Math.min(100, count - printed))) {
        if (!isWithin(range, message)) continue;
        const described = await describer.describe(message.value ?? Buffer.alloc(0));
        print(lineOf(message, described));
        printed += 1;
        if (described.historyLength === undefined && !warned) {
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

function lineOf(
  { value, timestampMs }: StoredMessage,
  { id, historyLength, object }: DescribedValue,
): string {
  const own = object === undefined ? '' : `  ${object.field}=${object.id}`;
  const size = value?.length ?? 0;
  return `${timeText(timestampMs)}  id=${id ?? '?'}  len(history)=${historyLength ?? '?'}  size=${size}${own}`;
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
