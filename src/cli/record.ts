import { Command, Option } from 'commander';
import { codecNames, type CodecName } from '../alerts/codecs.js';
import {
  recordTopic,
  type Recorded,
  type RecordOptions,
  type RecordStart,
} from '../coordinator/recordTopic.js';
import { AlertSimError } from '../errors.js';
import { legalTopicName } from '../kafka/topicName.js';
import type { Progress } from '../outputs/progress.js';
import { formatBytes, formatCount } from '../report/format.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { durationOption, longestTimeoutSeconds, numberOption } from './numbers.js';
import { addRangeOptions, rangeOf, type RangeValues } from './sourceOptions.js';

interface RecordValues extends ConnectionValues, RangeValues {
  readonly srcTopic: string;
  /** Milliseconds. */
  readonly for?: number;
  readonly count?: number;
  readonly codec: CodecName;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly timeoutSec: number;
}

/** `record`: copies a topic into a file, until its end, for a time, or until Ctrl-C. */
export function recordCommand(): Command {
  const command = new Command('record')
    .description('copy a topic into a file, read-only: values, keys, headers, timestamps and partitions')
    .argument('<out>', 'the file to write: an Avro container of messages')
    .requiredOption('--src-topic <topic>', 'the topic to record')
    .option(
      '--for <duration>',
      'end after this time, such as 10m; begins with the next message',
      (text: string) => durationOption(text) / 1e6,
    )
    .option('--count <n>', 'end after this many messages', numberOption(1))
    .addOption(
      new Option('--codec <codec>', 'how blocks are compressed').choices(codecNames).default('zstandard'),
    )
    .option('--resume', 'go on behind the last messages of the file, if it exists')
    .option('--force', 'overwrite the file if it exists')
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    );
  return addConnectionOptions(addRangeOptions(command)).action(async (path: string) => {
    await record(path, command.opts<RecordValues>(), commandContext(command));
  });
}

async function record(path: string, values: RecordValues, context: CommandContext): Promise<void> {
  const { print, log, signal } = context;
  const { resume = false, force = false, codec, count, for: forMs } = values;
  if (resume && force)
    throw new AlertSimError(
      'BAD_USAGE',
      '--resume keeps the file and --force overwrites it: give one of them',
    );
  let display: Progress | undefined;
  const options: RecordOptions = {
    ...{ connection: connectionOf(values), path, codec, count, forMs, signal },
    topic: legalTopicName(values.srcTopic, '--src-topic'),
    existing: resume ? 'resume' : force ? 'replace' : 'reject',
    range: rangeOf(values, Date.now()),
    timeoutMs: values.timeoutSec * 1000,
    onStart: (start) => {
      for (const line of startLines(path, start)) log.warning('record', line);
      display = context.progress({ title: 'recording', unit: 'messages', total: start.most });
    },
    onProgress: (messages, bytes) => display?.update(messages, bytes),
    onScarce: (neededBytes, freeBytes) => {
      log.warning(
        'record',
        `what is left will take about ${formatBytes(neededBytes)}, but only ${formatBytes(freeBytes)} are free`,
      );
    },
  };
  const recorded = await recordTopic(options).finally(() => display?.stop());
  log.info('record', rateLine(recorded));
  print(summaryLine(path, recorded));
  if (recorded.interrupted) throw interrupted(`what was read until then is in ${path}`);
}

function startLines(path: string, { resumed }: RecordStart): readonly string[] {
  if (resumed === undefined) return [];
  const { messages, cutBytes } = resumed;
  return [
    `${path} has ${formatCount(messages)} messages already: going on behind them`,
    ...(cutBytes === 0 ? [] : [`its last block was cut off: removed ${formatBytes(cutBytes)} of it`]),
  ];
}

function summaryLine(path: string, { messages, bytes, fileBytes, tombstones }: Recorded): string {
  const without = tombstones === 0 ? '' : `, ${formatCount(tombstones)} of them without a value`;
  return `recorded ${messages} messages${without}, ${formatBytes(bytes)}, into ${path} (${formatBytes(fileBytes)})`;
}

function rateLine({ messages, bytes, seconds }: Recorded): string {
  return `${(messages / seconds).toFixed(0)} messages/s, ${formatBytes(bytes / seconds)}/s in ${seconds.toFixed(2)}s`;
}
