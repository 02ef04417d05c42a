import { Command } from 'commander';
import { checkReplicasOf } from '../coordinator/replicaRules.js';
import { decideTopic, prepareTopic, type ClusterAccess } from '../coordinator/topicRules.js';
import { openReservoir, type OpenReservoir } from '../coordinator/openReservoir.js';
import { replay, type ReplayOptions, type ReplayPass, type ReplayResult } from '../coordinator/replay.js';
import { AlertSimError } from '../errors.js';
import { tryProducer } from '../kafka/producer.js';
import { legalTopicName } from '../kafka/topicName.js';
import { openTopicAdmin } from '../kafka/topics.js';
import type { Progress } from '../outputs/progress.js';
import { formatMicroseconds, formatRate, formatSeconds } from '../report/format.js';
import { addConnectionOptions, connectionOf } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { givenFlags } from './givenFlags.js';
import { longestTimeoutSeconds, numberOption, rateOption } from './numbers.js';
import { addSourceOptions, rangeOf, sourceOf, type SourceValues } from './sourceOptions.js';
import { mostPartitions } from './topic.js';
import { addTopicConfigOption, keptPartitionsText, logIdempotence, topicConfigOf } from './topicOptions.js';
import type { LatencySummary } from '../results/values.js';

interface PlayValues extends SourceValues {
  readonly srcTopic: string;
  readonly dstTopic: string;
  readonly dstTopicPartitions: number;
  readonly createDstTopic?: boolean;
  readonly force?: boolean;
  readonly append?: boolean;
  readonly topicConfig?: readonly string[];
  readonly producerTimestamp?: boolean;
  readonly repeatInterval: number;
  readonly speed?: number;
  readonly rate?: number;
  readonly keepPartitions?: boolean;
  readonly timeoutSec: number;
}

/** `play-stream`: replays a reservoir, or any other topic, into a stream at its recorded pace. */
export function playStreamCommand(): Command {
  const command = new Command('play-stream')
    .description(
      'replay a reservoir, or any other topic by its timestamps, into a stream, at its recorded pace or a rate',
    )
    .option('--src-topic <topic>', 'the reservoir or other topic to replay', 'alerts-reservoir')
    .option('--dst-topic <topic>', 'the topic that gets the stream', 'alerts-stream')
    .option(
      '--dst-topic-partitions <n>',
      'partitions of the stream, when it is created',
      numberOption(1, 'whole', mostPartitions),
      1,
    )
    .option('--create-dst-topic', 'create the stream, overwriting it if it exists')
    .option('--force', 'the same as --create-dst-topic')
    .option('--append', 'add to the stream if it exists, and change nothing about it')
    .option(
      '--producer-timestamp',
      "give each alert the header producer_timestamp, as Rubin's producer does: milliseconds since 1970",
    )
    .option(
      '--repeat-interval <seconds>',
      'start again this long after each start; -1: once',
      numberOption(-1, 'any'),
      -1,
    )
    .option(
      '--speed <factor>',
      'recorded seconds that pass in one second: 2 is twice as fast',
      numberOption(0.000_001, 'any', 1_000_000),
    )
    .option(
      '--rate <n/s>',
      'send so many alerts a second instead, evenly and in their order: 270/s',
      rateOption,
    )
    .option(
      '--keep-partitions',
      'send each message into the partition that it comes from, whatever its key; a topic of others, or a ' +
        'recording, is sent so by itself where the stream has as many partitions',
    )
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    );
  return addConnectionOptions(addTopicConfigOption(addSourceOptions(command))).action(async () => {
    await playStream(command.opts<PlayValues>(), givenFlags(command), commandContext(command));
  });
}

/** Replays a reservoir, as the options say. */
async function playStream(
  values: PlayValues,
  flags: ReadonlyMap<string, string>,
  context: CommandContext,
): Promise<ReplayResult> {
  const { print, log, signal } = context;
  const connection = connectionOf(values);
  const sourceTopic = legalTopicName(values.srcTopic, '--src-topic');
  const streamTopic = legalTopicName(values.dstTopic, '--dst-topic');
  const source = sourceOf(values);
  if (sourceTopic === streamTopic && source.bootstrap === connection.bootstrap) {
    throw new AlertSimError(
      'BAD_USAGE',
      `--src-topic and --dst-topic are both ${streamTopic}: a topic cannot be replayed into itself`,
    );
  }
  const range = rangeOf(values, Date.now());
  if (values.append === true && overwrites(values)) {
    throw new AlertSimError(
      'BAD_USAGE',
      '--append keeps the stream and --force deletes it: give one of them',
    );
  }
  const pace = paceOf(values);
  const topicConfig = topicConfigOf(values);
  const timeoutMs = values.timeoutSec * 1000;
  const admin = await openTopicAdmin(connection, timeoutMs);
  const progress = new PassProgress(context);
  try {
    const reservoir = await openSource({ topic: sourceTopic, connection: source, range }, timeoutMs);
    if (signal.aborted) throw interrupted('nothing was changed');
    logIdempotence('play', connection, context);
    if (values.append !== true) keepPartitions(values, reservoir, values.dstTopicPartitions);
    const partitions = await openStream(
      values,
      { topicConfig, flags },
      { admin, connection, timeoutMs },
      context,
    );
    const keepsPartitions = keepPartitions(values, reservoir, partitions);
    const course = courseText(reservoir, pace, new Date());
    if (lengthUs(reservoir, pace) > tellFromUs) log.warning('play', course);
    else log.info('play', course);
    const result = await replay(reservoir, {
      connection,
      streamTopic,
      partitions,
      producerTimestamp: values.producerTimestamp === true,
      repeatIntervalSeconds: values.repeatInterval,
      ...pace,
      keepsPartitions,
      timeoutMs,
      signal,
      onProgress: progress.update,
      onDisorder: ({ firstIndex, firstBehindUs }) => {
        log.warning('play', disorderLine(reservoir, firstIndex, firstBehindUs));
      },
      onPass: (pass) => {
        progress.stop();
        log.info('play', passLine(pass));
        if (pass.lateSeconds > 0) log.warning('play', lateLine(pass, values.repeatInterval));
      },
    }).finally(progress.stop);
    log.info('play', latencyLine('lag behind schedule', result.scheduleLag));
    log.info('play', latencyLine('acknowledgement', result.ack));
    print(`played ${result.alerts} alerts from the stream`);
    if (result.interrupted) throw interrupted(interruptedText(result));
    return result;
  } finally {
    progress.stop();
    await admin.close();
  }
}

/** The source may be on another cluster than the stream. */
async function openSource(
  request: Parameters<typeof openReservoir>[1],
  timeoutMs: number,
): Promise<OpenReservoir> {
  const admin = await openTopicAdmin(request.connection, timeoutMs);
  return openReservoir(admin, request, timeoutMs).finally(() => admin.close());
}

/**
 * Whether messages are sent into the partitions that they come from.
 *
 * @throws `BAD_USAGE` where the stream has fewer
 */
function keepPartitions(
  { keepPartitions: asked, dstTopic }: PlayValues,
  { topic, watermarks, isOfOthers }: OpenReservoir,
  partitions: number,
): boolean {
  if (asked !== true) return isOfOthers && watermarks.length === partitions;
  if (watermarks.length <= partitions) return true;
  throw new AlertSimError(
    'BAD_USAGE',
    `--keep-partitions: ${topic} has ${watermarks.length} partitions and ${dstTopic} only ${partitions}: ` +
      `give it as many with --dst-topic-partitions ${watermarks.length} --force`,
  );
}

interface StreamOptions {
  readonly topicConfig: Readonly<Record<string, string>>;
  /** The options that were given, by the name of their value. */
  readonly flags: ReadonlyMap<string, string>;
}

/** Creates the stream, or finds it, as the options say, and returns the number of its partitions. */
async function openStream(
  values: PlayValues,
  { topicConfig: config, flags }: StreamOptions,
  cluster: ClusterAccess,
  { log }: CommandContext,
): Promise<number> {
  const { admin, connection, timeoutMs } = cluster;
  const { dstTopic, dstTopicPartitions } = values;
  const existing = values.append === true ? await admin.partitionsOf(dstTopic) : undefined;
  if (existing !== undefined) {
    await checkReplicasOf(admin, dstTopic, connection.properties);
    log.info('play', `adding to the topic ${dstTopic}, which stays as it is`);
    const kept = keptPartitionsText(dstTopic, existing, values, flags);
    if (kept !== undefined) log.warning('play', kept);
    return existing;
  }
  const decision = await decideTopic(cluster, {
    request: { name: dstTopic, partitions: dstTopicPartitions, replication: -1, config },
    overwrite: overwrites(values) ? 'any' : 'none',
    remedy: 'Use --append to add to it, --force to overwrite it, or choose another name',
  });
  await tryProducer(connection, { 'enable.idempotence': true }, timeoutMs);
  const done = await prepareTopic(admin, decision);
  log.info('play', `${done} the topic ${dstTopic} with ${dstTopicPartitions} partition(s)`);
  return dstTopicPartitions;
}

function overwrites({ createDstTopic, force }: PlayValues): boolean {
  return createDstTopic === true || force === true;
}

/** A progress display for each pass. */
class PassProgress {
  readonly #context: CommandContext;
  #display: Progress | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  readonly update = (sent: number, total: number, bytes: number): void => {
    this.#display ??= this.#context.progress({ title: 'playing', unit: 'alerts', total });
    this.#display.update(sent, bytes);
  };

  readonly stop = (): void => {
    this.#display?.stop();
    this.#display = undefined;
  };
}

function interruptedText({ alerts, unanswered }: ReplayResult): string {
  return unanswered === 0
    ? `played ${alerts} alerts, all of them acknowledged`
    : `played ${alerts} alerts; the broker has not answered ${unanswered} more`;
}

/** For longer replays the user is told how long they take. */
const tellFromUs = 60e6;

/** By the recorded times, or by a rate. */
type Pace = Pick<ReplayOptions, 'speed' | 'ratePerSecond'>;

/** @throws `BAD_USAGE` where both are asked for */
function paceOf({ speed, rate }: PlayValues): Pace {
  if (speed === undefined || rate === undefined) return { speed: speed ?? 1, ratePerSecond: rate };
  throw new AlertSimError(
    'BAD_USAGE',
    '--speed goes by the recorded times and --rate by none of them: give one of the two',
  );
}

/** From the first alert to the last. */
function lengthUs({ spanUs, total }: OpenReservoir, { speed, ratePerSecond }: Pace): number {
  return ratePerSecond === undefined ? spanUs / speed : (total * 1e6) / ratePerSecond;
}

/** How long the replay takes, and when it will end. */
function courseText(reservoir: OpenReservoir, pace: Pace, now: Date): string {
  const { spanUs, total } = reservoir;
  const end = new Date(now.getTime() + lengthUs(reservoir, pace) / 1000);
  const { ratePerSecond } = pace;
  const what =
    ratePerSecond === undefined
      ? `the alerts were recorded over ${formatSeconds(spanUs / 1e6)}`
      : `${total} alerts at ${formatRate(ratePerSecond)}/s`;
  // Later dates cannot be represented.
  if (Number.isNaN(end.getTime())) return what;
  const [day = '', time = ''] = new Date(end.getTime() - end.getTimezoneOffset() * 60_000)
    .toISOString()
    .split(/[T.]/);
  const sameDay = end.toDateString() === now.toDateString();
  return `${what}: the last one is sent at about ${sameDay ? time : `${day} ${time}`}`;
}

function disorderLine({ topic, firstMs }: OpenReservoir, index: number, behindUs: number): string {
  const fix =
    firstMs === undefined ? '; make the reservoir without --keep-order' : ', because the order is kept';
  return (
    `alert ${index + 1} of ${topic} was recorded ${formatSeconds(behindUs / 1e6)} before one ahead of it: such alerts are sent ` +
    `at once, in a clump${fix}`
  );
}

function passLine({ alerts, seconds }: ReplayPass): string {
  return `sent ${alerts} alerts in ${seconds.toFixed(2)}s (${(alerts / seconds).toFixed(2)}/s)`;
}

function lateLine({ seconds, lateSeconds }: ReplayPass, intervalSeconds: number): string {
  return (
    `unable to keep up with the repeat interval: a pass took ${seconds.toFixed(2)}s, the interval is ${intervalSeconds}s; ` +
    `the next pass starts ${lateSeconds.toFixed(2)}s late`
  );
}

function latencyLine(name: string, { p50, p99, max }: LatencySummary): string {
  const text = (value: number | null): string => (value === null ? 'none' : formatMicroseconds(value));
  return `${name}: p50 ${text(p50)}, p99 ${text(p99)}, max ${text(max)}`;
}
