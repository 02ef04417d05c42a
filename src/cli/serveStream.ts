import { Command, InvalidArgumentError, Option } from 'commander';
import { cacheFolder, defaultStateFolder } from '../broker/cacheFolder.js';
import { defaultPort } from '../broker/brokerConfig.js';
import { defaultKafkaVersion } from '../broker/distribution.js';
import { defaultRegistryPort, startRegistry } from '../broker/localRegistry.js';
import { startBroker } from '../broker/startBroker.js';
import { removeTemporaryFolders } from '../alerts/sources/temporaryFolder.js';
import { inputFiles } from '../alerts/sources/inputs.js';
import {
  resolveSyntheticOptions,
  syntheticDefaults,
  type SyntheticOptions,
} from '../alerts/synthetic/options.js';
import { createAlertMaker } from '../alerts/synthetic/alertMaker.js';
import { taiMjdOf } from '../alerts/timeOffset.js';
import { maxSchemaId } from '../alerts/wireFormat.js';
import { aheadResources, schemaIdOf } from '../coordinator/aheadRun.js';
import { registeredIds, registryTarget } from '../coordinator/registeredIds.js';
import { checkReplicasOf } from '../coordinator/replicaRules.js';
import { retentionConfig } from '../coordinator/retention.js';
import { serveVisits, type ServeEvent, type ServeOptions } from '../coordinator/serve.js';
import { nothingSent, sumOf, type ServeCounts } from '../coordinator/serveTally.js';
import { sourceFacts } from '../coordinator/sourceFacts.js';
import { decideTopic, prepareTopic } from '../coordinator/topicRules.js';
import { AlertSimError } from '../errors.js';
import type { ConnectionOptions } from '../kafka/settings.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicAdmin } from '../kafka/topics.js';
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatMicroseconds,
  formatSeconds,
} from '../report/format.js';
import { sizeQuantity } from '../scenario/quantities.js';
import type { AheadAlerts, PreloadSource } from '../workers/protocol.js';
import { addConnectionOptions, connectionOf } from './connectionOptions.js';
import { commandContext, type CommandContext } from './context.js';
import { givenFlags } from './givenFlags.js';
import {
  bytesOption,
  durationOption,
  longestTimeoutSeconds,
  numberOption,
  quantityOption,
} from './numbers.js';
import { addReadingOptions, readingOf } from './readingOptions.js';
import { addRegistryOption, namedRegistry } from './registryOption.js';
import { serveHealth, type ServeStatus } from './serveHealth.js';
import { serveRequest, type HealthAddress, type ServeRequest, type ServeValues } from './serveRequest.js';
import { syntheticFlag } from './syntheticFlag.js';
import { mostPartitions, retentionOption } from './topic.js';
import { addTopicConfigOption, keptPartitionsText, logIdempotence, topicConfigOf } from './topicOptions.js';

const rubinBurstNs = 3e9;

const dayMs = 86_400_000;

/** The generator numbers visits up to here. */
const mostVisits = 100_000_000;

/** `serve-stream`: a stream that goes on, for a team's integration environment. */
export function serveStreamCommand(): Command {
  const command = new Command('serve-stream')
    .description(
      'send visits without end, as the telescope makes them: new ids, times from now; until Ctrl-C or SIGTERM',
    )
    .argument(
      '[files...]',
      'files, folders or patterns of alerts to pass through, or a scenario; without any, synthetic alerts',
    )
    .option('--dst-topic <topic>', 'the topic that gets the stream', 'alerts-stream')
    .option(
      '--dst-topic-partitions <n>',
      'partitions of the stream, when it is created',
      numberOption(1, 'whole', mostPartitions),
      4,
    )
    .addOption(
      new Option(
        '--retention <time or size>',
        'how long the stream keeps alerts, or how much, when it is created, such as 1h',
      )
        .argParser(retentionOption)
        .default({ kind: 'size', bytes: 10e9 }, '10GB'),
    )
    .option('--alerts <n>', 'alerts of a visit (default: 10000, or those of the files)', numberOption(1))
    .addOption(
      new Option('--cadence <time>', 'from one visit to the next')
        .argParser(durationOption)
        .default(37e9, '37s'),
    )
    .option('--burst <time>', 'how long the alerts of a visit take to go out (default: 3s)', durationOption)
    .option(
      '--detectors <n>',
      'bursts in a visit',
      numberOption(1, 'whole', 189),
      syntheticDefaults.detectors,
    )
    .option('--visits <n>', 'end after so many visits', numberOption(1), Infinity)
    .addOption(
      new Option('--late <time>', 'leave out alerts that would be sent later than this')
        .argParser(durationOption)
        .default(60e9, '60s'),
    )
    .option('--mean-bytes <size>', 'mean size of a synthetic alert: 200kB', bytesOption)
    .option('--seed <number>', 'seed of synthetic alerts', numberOption(0), syntheticDefaults.seed)
    .option('--no-cutouts', 'leave the FITS images of synthetic alerts out')
    .option(
      '--schema-id <id>',
      "schema id of the wire format, for all alerts (default: each alert's own)",
      numberOption(0, 'whole', maxSchemaId),
    )
    .option(
      '--buffer <size>',
      'how much is made ahead (default: a visit, as far as the memory allows)',
      sizeOption,
    )
    .option(
      '--generators <n>',
      'threads that make alerts (default: half of the cores)',
      numberOption(1, 'whole', 64),
    )
    .option('--producer-timestamp', 'give each alert the header producer_timestamp, as Rubin’s producer does')
    .option('--health <[host:]port>', 'answer GET /ready and /live there, for probes', healthOption)
    .option('--local', 'start the local broker if it does not run')
    .option(
      '--timeout-sec <seconds>',
      'how long a connection may take',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    );
  const whole = addConnectionOptions(addRegistryOption(addTopicConfigOption(addReadingOptions(command))));
  return whole.action(async (files: string[]) => {
    const context = commandContext(command);
    const flags = givenFlags(command);
    const request = await serveRequest(files, command.opts<ServeValues>(), flags, context);
    await serveStream(request, flags, context);
  });
}

/**
 * Sends visits until it is ended, as the options say.
 *
 * @throws `BAD_USAGE`, `BAD_INPUT_FILE`, `BROKER_UNREACHABLE`, `BROKER_REFUSED`: what keeps it from beginning
 */
async function serveStream(
  request: ServeRequest,
  flags: ReadonlyMap<string, string>,
  context: CommandContext,
): Promise<void> {
  const { values } = request;
  const { print, log, signal } = context;
  const streamTopic = legalTopicName(values.dstTopic, '--dst-topic');
  checkBurst(values);
  const connection = connectionOf(values.local === true ? await withLocalBroker(values, context) : values);
  const timeoutMs = values.timeoutSec * 1000;
  logIdempotence('serve', connection, context);
  const status = new Status(values, context);
  const health = values.health;
  const server =
    health === undefined ? undefined : await serveHealth(health.host, health.port, () => status.now);
  if (server !== undefined) log.info('serve', `health at port ${server.port}`);
  try {
    const { ahead, visits, firstVisitMs } = await servedAlerts(request, connection, context);
    const served = await serveVisits({
      ...{ connection, streamTopic, visits, firstVisitMs, ahead, timeoutMs, signal },
      openStream: () => openStream(streamTopic, values, flags, connection, context),
      producerTimestamp: values.producerTimestamp === true,
      mostVisits: values.visits,
      onEvent: status.take,
    });
    print(`served ${formatCounted(served.visits, 'visit')}: ${countsText(served)}`);
  } finally {
    server?.close();
    removeTemporaryFolders();
  }
}

type ServedAlerts = Pick<ServeOptions, 'ahead' | 'visits' | 'firstVisitMs'>;

/** What is sent in visits: synthetic alerts, or those of files. */
async function servedAlerts(
  { files: names, values, synthetic }: ServeRequest,
  connection: ConnectionOptions,
  context: CommandContext,
): Promise<ServedAlerts> {
  const cadenceNs = values.cadence;
  // Midnight: a service that is started again the same day goes on with its later visits, and their ids are new.
  const firstVisitMs = Math.floor(Date.now() / dayMs) * dayMs;
  const startMjd = taiMjdOf(firstVisitMs);
  const cadenceSeconds = cadenceNs / 1e9;
  const made =
    names.length === 0
      ? await syntheticAlerts(values, synthetic, { startMjd, cadenceSeconds }, connection)
      : await alertsOfFiles(names, values, { startMjd, cadenceSeconds }, connection, context);
  const { alerts, alertsPerVisit, meanBytes } = made;
  const { buffer: bufferBytes, generators } = values;
  const resources = aheadResources(
    // A file is read by one thread.
    { bufferBytes, generators: alerts.kind === 'files' ? 1 : generators },
    { alertsPerVisit, meanBytes, producers: 1, machines: 1 },
  );
  if (resources.bufferBytes < resources.visitBytes) {
    context.log.warning(
      'serve',
      `a visit takes ${formatBytes(resources.visitBytes)}, and the buffer has ${formatBytes(resources.bufferBytes)}: ` +
        'what does not fit is made while it is sent, and may be late',
    );
  }
  const { threads, bufferBytes: room } = resources;
  return {
    ahead: { alerts, threads, bufferBytes: room, mostLateNs: values.late },
    visits: {
      ...{ cadenceNs, burstNs: burstOf(values), detectors: values.detectors, alerts: alertsPerVisit },
      size: { kind: 'fixed', alerts: alertsPerVisit },
    },
    firstVisitMs,
  };
}

interface Made {
  readonly alerts: AheadAlerts;
  readonly alertsPerVisit: number;
  readonly meanBytes: number;
}

interface VisitTimes {
  readonly startMjd: number;
  readonly cadenceSeconds: number;
}

async function syntheticAlerts(
  values: ServeValues,
  ofScenario: Partial<SyntheticOptions> = {},
  times: VisitTimes,
  connection: ConnectionOptions,
): Promise<Made> {
  const { meanBytes, detectors, seed, cutouts, alerts: alertsPerVisit = 10_000, schemaId } = values;
  const options = resolveSyntheticOptions(
    {
      ...ofScenario,
      ...{ visits: mostVisits, alertsPerVisit, detectors, seed, cutouts, ...times },
      ...(meanBytes === undefined ? {} : { meanBytes }),
    },
    flagOf,
  );
  const source: PreloadSource = { kind: 'synthetic', options, alerts: 0 };
  const schemaIds = await idsOf(values, source, connection);
  const id = schemaId ?? (await schemaIdOf({ source, schemaIds }));
  return {
    alerts: { kind: 'synthetic', options, schemaId: id },
    ...{ alertsPerVisit, meanBytes: createAlertMaker(options, flagOf).meanBytes },
  };
}

async function alertsOfFiles(
  names: readonly string[],
  values: ServeValues,
  times: VisitTimes,
  connection: ConnectionOptions,
  { log, progress, signal }: CommandContext,
): Promise<Made> {
  const files = await inputFiles(names, () => process.stdin);
  // Their own times give way to those of the visits, so that they need not be sorted.
  const reading = { ...readingOf(values), keepOrder: true };
  const facts = await sourceFacts({ names, files, reading }, { progress, signal });
  const { source, meanBytes } = facts;
  const schemaIds = await idsOf(values, source, connection);
  const alertsPerVisit = values.alerts ?? source.alerts;
  log.info('serve', `the files have ${formatCount(source.alerts)} alerts`);
  return {
    alerts: {
      ...{ kind: 'files', files, reading, schemaId: values.schemaId, schemaIds: schemaIds ?? [] },
      visits: { alerts: alertsPerVisit, ...times },
    },
    ...{ alertsPerVisit, meanBytes },
  };
}

/** Ids of a registry, where there is one and no id was chosen for all alerts. */
async function idsOf(
  values: ServeValues,
  source: PreloadSource,
  { bootstrap }: ConnectionOptions,
): Promise<Awaited<ReturnType<typeof registeredIds>> | undefined> {
  if (values.schemaId !== undefined) return undefined;
  const target = await registryTarget(namedRegistry(values), bootstrap);
  return target === undefined ? undefined : registeredIds(target, source, `${values.dstTopic}-value`);
}

/** Creates the stream with a bounded retention, or takes it as it is: its consumers go on. */
async function openStream(
  topic: string,
  values: ServeValues,
  flags: ReadonlyMap<string, string>,
  connection: ConnectionOptions,
  { log }: CommandContext,
): Promise<number> {
  const timeoutMs = values.timeoutSec * 1000;
  const admin = await openTopicAdmin(connection, timeoutMs);
  try {
    const existing = await admin.partitionsOf(topic);
    if (existing !== undefined) {
      await checkReplicasOf(admin, topic, connection.properties);
      log.info('serve', `the topic ${topic} exists, with ${existing} partition(s): it stays as it is`);
      const kept = keptPartitionsText(topic, existing, values, flags);
      if (kept !== undefined) log.warning('serve', kept);
      return existing;
    }
    const partitions = values.dstTopicPartitions;
    const config = { ...retentionConfig(values.retention, partitions), ...topicConfigOf(values) };
    const request = { name: topic, partitions, replication: -1, config };
    const decision = await decideTopic(
      { admin, connection, timeoutMs },
      { request, overwrite: 'none', remedy: 'Start again' },
    );
    await prepareTopic(admin, decision);
    log.info('serve', `created the topic ${topic} with ${partitions} partition(s)`);
    return partitions;
  } finally {
    await admin.close();
  }
}

/** Starts the local broker and the registry beside it, unless they run; both stay when this ends. */
async function withLocalBroker(
  values: ServeValues,
  { progress, log, signal }: CommandContext,
): Promise<ServeValues> {
  const { record, paths } = await startBroker(
    {
      version: defaultKafkaVersion,
      stateFolder: defaultStateFolder(cacheFolder()),
      listeners: [{ port: defaultPort }],
    },
    { progress, log, signal },
  );
  const registry = await startRegistry(record, paths.folder, defaultRegistryPort, signal);
  if (registry.kind !== 'running') log.warning('serve', `there is no schema registry: ${registry.reason}`);
  return { ...values, broker: record.bootstrap };
}

/** What the service is doing, for its log and for probes. */
class Status {
  readonly #values: ServeValues;
  readonly #context: CommandContext;
  #state: ServeStatus['state'] = 'starting';
  #sent: ServeCounts | undefined;

  constructor(values: ServeValues, context: CommandContext) {
    this.#values = values;
    this.#context = context;
  }

  get now(): ServeStatus {
    return { state: this.#state, topic: this.#values.dstTopic, visits: 0, ...this.#sent };
  }

  readonly take = (event: ServeEvent): void => {
    const { print, log } = this.#context;
    const { dstTopic, cadence } = this.#values;
    switch (event.kind) {
      case 'begins':
        print(
          `serving ${dstTopic}: a visit each ${formatSeconds(cadence / 1e9)}, the first one at ${timeText(event.atMs)}`,
        );
        return;
      case 'visits': {
        this.#state = 'serving';
        this.#sent = sumOf(this.#sent ?? nothingSent, event);
        const { atMs, visits, ackP99Us } = event;
        const which =
          visits === 1 ? `visit of ${timeText(atMs)}` : `${visits} visits from ${timeText(atMs)} on`;
        const ack = ackP99Us === undefined ? '' : `, ack p99 ${formatMicroseconds(ackP99Us)}`;
        print(`${which}: ${countsText(event)}${ack}`);
        return;
      }
      case 'waits':
        this.#state = 'waiting';
        log.warning(
          'serve',
          `the broker has acknowledged nothing for ${formatSeconds(event.seconds)}: alerts wait, and those that would be ` +
            `more than ${formatSeconds(this.#values.late / 1e9)} late are left out`,
        );
        return;
      case 'goesOn':
        this.#state = 'serving';
        log.warning('serve', `the broker acknowledges again, after ${formatSeconds(event.seconds)}`);
        return;
      case 'restarts':
        this.#state = 'waiting';
        log.warning('serve', `connecting anew: ${event.why}`);
    }
  };
}

/** `10,000 alerts, 1.1 GB, 12 late, 3 left out` */
function countsText({ acked, bytes, late, missed, unanswered, failed }: ServeCounts): string {
  const beside = [
    [late, 'late'],
    [missed, 'left out because they would have been too late'],
    [unanswered, 'without an acknowledgement in time'],
    [failed, 'rejected by the broker'],
  ] as const;
  const words = beside.flatMap(([count, what]) => (count === 0 ? [] : [`${formatCount(count)} ${what}`]));
  return [`${formatCount(acked)} alerts`, formatBytes(bytes), ...words].join(', ');
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}

function burstOf({ burst, cadence }: ServeValues): number {
  return burst ?? Math.min(rubinBurstNs, cadence);
}

function checkBurst(values: ServeValues): void {
  if (burstOf(values) <= values.cadence) return;
  throw new AlertSimError(
    'BAD_USAGE',
    '--burst is longer than --cadence: a visit ends before the next one starts',
  );
}

function flagOf(option: keyof SyntheticOptions): string {
  return option === 'alertsPerVisit' ? '--alerts' : syntheticFlag(option);
}

function sizeOption(text: string): number {
  return quantityOption(sizeQuantity, text);
}

function healthOption(text: string): HealthAddress {
  const [, host = '127.0.0.1', digits = ''] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535)
    throw new InvalidArgumentError('It takes a port, or an address and a port.');
  return { host, port };
}
