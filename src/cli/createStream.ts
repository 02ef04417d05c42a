import { Command } from 'commander';
import { isContainerFile } from '../alerts/container.js';
import { isRecordingFile } from '../alerts/recording.js';
import { AlertReader, type InputFile } from '../alerts/sources/alertReader.js';
import { inputFiles } from '../alerts/sources/inputs.js';
import { isPlainReading, readOptionsOf, type ReadingPlan } from '../alerts/sources/reading.js';
import { removeTemporaryFolders } from '../alerts/sources/temporaryFolder.js';
import { maxSchemaId } from '../alerts/wireFormat.js';
import { containerSource } from '../coordinator/alertFacts.js';
import { ownPartitions, recordingSource } from '../coordinator/recordedFacts.js';
import { sourceFacts, type SourceRequest } from '../coordinator/sourceFacts.js';
import { registeredIds, registryTarget } from '../coordinator/registeredIds.js';
import { preload, type Preloaded } from '../coordinator/preloadRun.js';
import { decideTopic, prepareTopic } from '../coordinator/topicRules.js';
import { messageOf } from '../errors.js';
import { tryProducer } from '../kafka/producer.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicAdmin, type TopicAdmin } from '../kafka/topics.js';
import { disorderText, leftOutLines } from '../report/planText.js';
import { formatBytes } from '../report/format.js';
import type { PreloadProgress, PreloadSource, SchemaIds } from '../workers/protocol.js';
import { forgetGarbage } from '../workers/forgetGarbage.js';
import { reservoirTopicConfig } from '../workers/reservoirFormat.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { longestTimeoutSeconds, numberOption } from './numbers.js';
import { addReadingOptions, readingOf, type ReadingValues } from './readingOptions.js';
import { addRegistryOption, namedRegistry, type RegistryValue } from './registryOption.js';
import { addTopicConfigOption, logIdempotence, topicConfigOf } from './topicOptions.js';

interface CreateValues extends ConnectionValues, ReadingValues, RegistryValue {
  readonly dstTopic: string;
  readonly createTopic?: boolean;
  readonly force?: boolean;
  readonly topicConfig?: readonly string[];
  readonly timeoutSec: number;
  readonly schemaId?: number;
}

/** `create-stream`: preloads alerts into a reservoir. */
export function createStreamCommand(): Command {
  const command = new Command('create-stream')
    .description('preload alerts into a reservoir, ready to be replayed')
    .argument(
      '<files...>',
      'files, folders or patterns of alerts, - for standard input: containers, framed alerts, bare records, gzip, tar, zip; or a recording',
    )
    .option('--dst-topic <topic>', 'the reservoir', 'alerts-reservoir')
    .option('--create-topic', 'create the reservoir, overwriting it if it exists')
    .option('--force', 'the same as --create-topic')
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    )
    .option(
      '--schema-id <id>',
      "schema id of the wire format, for all alerts (default: each alert's own)",
      numberOption(0, 'whole', maxSchemaId),
    );
  return addConnectionOptions(addRegistryOption(addTopicConfigOption(addReadingOptions(command)))).action(
    async (files: string[]) => {
      await createStream(files, command.opts<CreateValues>(), commandContext(command));
    },
  );
}

/** Preloads alerts, as the options say. A reservoir that could not be filled is removed again. */
export async function createStream(
  files: readonly string[],
  values: CreateValues,
  context: CommandContext,
): Promise<void> {
  const { log, signal, progress } = context;
  const connection = connectionOf(values);
  const topic = legalTopicName(values.dstTopic, '--dst-topic');
  const timeoutMs = values.timeoutSec * 1000;
  const config = { ...reservoirTopicConfig, ...topicConfigOf(values) };
  const reading = readingOf(values);
  // What is wrong with the files at first sight, or with the cluster, shows before all of them is read.
  const plain = await plainSource(files, reading, context);
  const inputs = plain === undefined ? await openInputs(files, reading) : undefined;
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    const isInterrupted = (): boolean => signal.aborted;
    if (isInterrupted()) throw interrupted('nothing was changed');
    const overwrite = values.createTopic === true || values.force === true ? 'any' : 'none';
    const partitions = (plain === undefined ? undefined : ownPartitions({ source: plain })) ?? 1;
    const request = { name: topic, partitions, replication: -1, config };
    const remedy = 'Use --force to overwrite it, or choose another name';
    const at = { admin, connection, timeoutMs };
    const decision = await decideTopic(at, { request, overwrite, remedy });
    await tryProducer(connection, { 'enable.idempotence': true }, timeoutMs);
    logIdempotence('create', connection, context);
    const look = (): Promise<PreloadSource> => lookAt({ names: files, files: inputs, reading }, context);
    let source = plain ?? (await look());
    const schemaIds = await idsInRegistry(values, source, `${topic}-value`);
    const done = await prepareTopic(admin, decision);
    log.info('create', `${done} the reservoir ${topic}`);
    const orRemove = async <Result>(work: Promise<Result>): Promise<Result> =>
      work.catch(async (failure: unknown) => {
        await removeIncomplete(admin, topic, context);
        throw failure;
      });
    const fill = (): Promise<Preloaded> =>
      orRemove(
        preload({
          ...{ connection, topic, source, timeoutMs, signal, progress },
          ...{ schemaId: values.schemaId, schemaIds },
          endsAtDisorder: source.kind === 'file' && reading.keepOrder !== true,
        }),
      );
    let result = await fill();
    if (result.endedAtDisorder && !isInterrupted()) {
      log.info('create', `${files.join(', ')}: its alerts are not in order of time, so they are sorted`);
      source = await orRemove(look());
      await prepareTopic(admin, await decideTopic(at, { request, overwrite: 'any', remedy }));
      result = await fill();
    }
    report(result, { files, topic, total: source.alerts }, context);
  } finally {
    await admin.close();
    removeTemporaryFolders();
  }
}

/** Looks up or registers the schemas, where there is a registry and no id was chosen for all alerts. */
async function idsInRegistry(
  values: CreateValues,
  source: PreloadSource,
  subject: string,
): Promise<SchemaIds | undefined> {
  if (values.schemaId !== undefined) return undefined;
  const target = await registryTarget(namedRegistry(values), values.broker);
  return target === undefined ? undefined : registeredIds(target, source, subject);
}

/** A single container is sent as it is read, and only looked at whole if it is not in order. */
async function plainSource(
  files: readonly string[],
  reading: ReadingPlan,
  context: CommandContext,
): Promise<PreloadSource | undefined> {
  const [only = ''] = files;
  if (files.length === 1 && isPlainReading(reading) && (await isRecordingFile(only)))
    return recorded(only, context);
  if (files.length > 1 || !isPlainReading(reading) || !(await isContainerFile(only))) return undefined;
  return containerSource(only);
}

/** Messages as they were recorded. */
async function recorded(path: string, context: CommandContext): Promise<PreloadSource> {
  const { source, survey } = await recordingSource(path, context);
  const { messages, partitions } = survey;
  context.log.info('create', `${path}: ${messages} recorded messages of ${partitions.length} partition(s)`);
  return source;
}

/** The files that names stand for, after a look at the first alert. */
async function openInputs(names: readonly string[], reading: ReadingPlan): Promise<readonly InputFile[]> {
  const inputs = await inputFiles(names, () => process.stdin);
  const alerts = new AlertReader(await readOptionsOf(reading)).alertsIn(inputs);
  await alerts.next();
  await alerts.return(undefined);
  return inputs;
}

async function lookAt(
  request: SourceRequest,
  { log, progress, signal }: CommandContext,
): Promise<PreloadSource> {
  const { source, leftOut } = await sourceFacts(request, { progress, signal });
  for (const line of leftOutLines(leftOut)) log.warning('create', line);
  // What was read is garbage by now, and the worker makes as much again.
  forgetGarbage();
  return source;
}

/** @throws `INTERRUPTED` where the preload came to fewer alerts without a failure */
function report(
  result: PreloadProgress,
  {
    files,
    topic,
    total,
  }: { readonly files: readonly string[]; readonly topic: string; readonly total: number },
  { log, print }: CommandContext,
): void {
  log.info('create', summaryLine(result));
  const { alerts, disorder } = result;
  if (disorder !== undefined) log.warning('create', `${files.join(', ')}: ${disorderText(disorder, total)}`);
  if (alerts < total) {
    throw interrupted(
      `preloaded ${alerts} of ${total} alerts; the reservoir ${topic} is not whole, make it again with --force`,
    );
  }
  print(`successfully preloaded stream with ${alerts} alerts`);
}

async function removeIncomplete(admin: TopicAdmin, topic: string, { log }: CommandContext): Promise<void> {
  await admin.remove(topic).catch((also: unknown) => {
    log.warning('create', `the incomplete reservoir ${topic} could not be removed: ${messageOf(also)}`);
  });
}

function summaryLine({ alerts, bytes, seconds }: PreloadProgress): string {
  return (
    `preloaded ${alerts} alerts, ${formatBytes(bytes)}, in ${seconds.toFixed(2)}s ` +
    `(${(alerts / seconds).toFixed(0)}/s, ${formatBytes(bytes / seconds)}/s)`
  );
}
