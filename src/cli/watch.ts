import { Command } from 'commander';
import { resolve } from 'node:path';
import { watchGroups, type WatchedGroups } from '../coordinator/watchGroups.js';
import { AlertSimError, twoSentences } from '../errors.js';
import { legalTopicName } from '../kafka/topicName.js';
import { watchView } from '../outputs/liveView.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { summaryText } from '../report/summaryText.js';
import { addConnectionOptions, connectionOf, type ConnectionValues } from './connectionOptions.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { gathered } from './gathered.js';
import { durationOption, longestTimeoutSeconds, numberOption } from './numbers.js';
import { report } from './run.js';

interface WatchValues extends ConnectionValues {
  readonly group: readonly string[];
  readonly topic: readonly string[];
  /** Milliseconds. */
  readonly for?: number;
  readonly out: string;
  readonly json?: boolean;
  readonly timeoutSec: number;
}

/** `watch`: lag and commits of consumer groups of others, for a time or until Ctrl-C. */
export function watchCommand(): Command {
  const command = new Command('watch')
    .description("watch how consumer groups keep up with their topic, anybody's, without sending anything")
    .requiredOption('--group <id>', 'a consumer group; may be given again', gathered, [])
    .option(
      '--topic <topic>',
      'the topic; may be given again (default: those that the group has committed offsets on)',
      gathered,
      [],
    )
    .option(
      '--for <duration>',
      'end after this time, such as 10m (default: with Ctrl-C)',
      (text: string) => durationOption(text) / 1e6,
    )
    .option('--out <folder>', 'the folder of all runs', 'runs')
    .option('--json', 'a line of JSON a second on standard output: the interval as in intervals.ndjson')
    .option(
      '--timeout-sec <seconds>',
      'give up a request after this long',
      numberOption(0.1, 'any', longestTimeoutSeconds),
      10,
    );
  return addConnectionOptions(command).action(async () => {
    await watch(command.opts<WatchValues>(), commandContext(command));
  });
}

async function watch(values: WatchValues, context: CommandContext): Promise<void> {
  const { print, log, signal } = context;
  if (values.group.length === 0)
    throw new AlertSimError('BAD_USAGE', 'watch needs a consumer group: --group ID');
  const view = watchView(process.stderr);
  const json: RunOutput = {
    onInterval: (record) => {
      print(JSON.stringify(record));
    },
  };
  const topics = [...new Set(values.topic)].map((topic) => legalTopicName(topic, '--topic'));
  const watched = await watchGroups({
    connection: connectionOf(values),
    groups: [...new Set(values.group)],
    topics: topics.length === 0 ? undefined : topics,
    forMs: values.for,
    runsFolder: resolve(values.out),
    outputs: values.json === true ? [json] : [view],
    timeoutMs: values.timeoutSec * 1000,
    ...{ signal, log },
  }).finally(view.stop);
  await tell(watched, values, context);
}

async function tell(
  { folder, summary, folderFault }: WatchedGroups,
  { json = false }: WatchValues,
  context: CommandContext,
): Promise<void> {
  const { print, signal } = context;
  // Standard output is for programs then.
  const quiet = { ...context, print: (line: string) => process.stderr.write(`${line}\n`) };
  const { print: say } = json ? quiet : { print };
  say(summaryText(summary));
  await report(folder, json ? quiet : context);
  if (folderFault !== undefined) throw folderFault;
  if (signal.aborted) throw interrupted(`what was seen until then is in ${folder}`);
  if (summary.verdict === 'failed')
    throw new AlertSimError(
      'EXPECTATION_FAILED',
      twoSentences(summary.reasons.join('; '), `Everything is in ${folder}`),
    );
  say(`Everything is in ${folder}`);
}
