import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { alertFacts } from '../coordinator/alertFacts.js';
import { runScenario, type RunOutcome } from '../coordinator/runScenario.js';
import { compareWrittenIds, requireFresh } from '../coordinator/writtenIds.js';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';
import { checkConsumerCases, checkConsumerText, type CheckedConsumer } from '../report/checkConsumerText.js';
import { formatCount } from '../report/format.js';
import { junitXml, type JUnitCase } from '../report/junit.js';
import { parseScenario } from '../scenario/parseScenario.js';
import type { Plan } from '../scenario/plan.js';
import { formatFaults } from '../scenario/scenarioFaults.js';
import { commandContext, interrupted, type CommandContext } from './context.js';
import { gathered } from './gathered.js';
import { durationOption, numberOption, rateOption, wordOr } from './numbers.js';
import { startTemporaryKafka, type TemporaryKafka } from './temporaryKafka.js';

interface CheckValues {
  readonly command: string;
  readonly alerts?: number;
  /** Nanoseconds. */
  readonly within: number;
  /** Alerts per second. */
  readonly rate: number | 'recorded';
  readonly members: number;
  readonly group?: string;
  readonly topic: string;
  readonly partitions: number;
  readonly ready: string;
  readonly port: number | undefined;
  readonly registryPort: number | 'none' | undefined;
  readonly idsFrom?: string;
  readonly junit?: string;
  readonly out: string;
  readonly set: readonly string[];
  readonly timeoutSec: number;
}

const suite = 'check-consumer';
/** The name of the consumer's group in the scenario, and of its logs. */
const name = 'consumer';
/** Rubin's average. */
const defaultRate = 270;
const defaultAlerts = 1000;

/** `check-consumer`: whether a consumer commits every alert in time, on a Kafka of its own. */
export function checkConsumerCommand(): Command {
  const command = new Command(suite)
    .description(
      'test a consumer: start Kafka, a schema registry and your program, send alerts, and expect that all are committed in time',
    )
    .argument('[files...]', 'alerts to send, as create-stream takes them; synthetic ones without')
    .requiredOption(
      '--command <command>',
      'how your consumer is started, in a shell; ${bootstrap}, ${topic}, ${group}, ${member} and ${registry} are inserted, and are in its environment, too',
    );
  addLoadOptions(command);
  addPlaceOptions(command);
  return command.action(async (files: readonly string[]) => {
    await checkConsumer(files, command.opts<CheckValues>(), commandContext(command));
  });
}

function addLoadOptions(command: Command): void {
  command
    .option(
      '--alerts <count>',
      'how many alerts are sent (default: 1000, or all of the files)',
      numberOption(1),
    )
    .addOption(
      new Option(
        '--within <time>',
        'how long your consumer may take to commit everything, after the last alert',
      )
        .argParser(durationOption)
        .default(60e9, '60s'),
    )
    .addOption(
      new Option('--rate <rate>', 'alerts per second, or recorded for the pace of the files')
        .argParser(wordOr('recorded', rateOption))
        .default(defaultRate, `${defaultRate}/s`),
    )
    .option(
      '--members <count>',
      'how many processes of your consumer are started',
      numberOption(1, 'whole', 256),
      1,
    )
    .option('--group <id>', 'the consumer group, if your consumer has its own (default: a new one)')
    .option(
      '--ready <time>',
      'how long your consumer may take to join its group; 0s: it is not waited for',
      '30s',
    )
    .option(
      '--ids-from <file>',
      'a file that your consumer writes, with the id of each alert as a word: ids that are missing fail the check',
    )
    .option(
      '--set <path=value>',
      'another value for a key of the scenario that is run; may be given again',
      gathered,
      [],
    );
}

function addPlaceOptions(command: Command): void {
  const port = (text: string): number => numberOption(1, 'whole', 65_535)(text);
  command
    .option('--topic <name>', 'the topic of the alerts', 'alerts-stream')
    .option('--partitions <count>', 'of the topic', numberOption(1, 'whole', 1000), 4)
    .option('--port <port>', "Kafka's port (default: a free one)", port)
    .option(
      '--registry-port <port>',
      "the schema registry's port, or none (default: a free one)",
      wordOr('none', port),
    )
    .option('--junit <file>', 'write a JUnit report, as CI systems show it')
    .option('--out <folder>', "the folder of run folders, which have your consumer's output", 'runs')
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any'),
      30,
    );
}

async function checkConsumer(
  files: readonly string[],
  values: CheckValues,
  context: CommandContext,
): Promise<void> {
  const startedAt = new Date();
  const { junit, idsFrom } = values;
  if (idsFrom !== undefined) await requireFresh(idsFrom, '--ids-from');
  let cases: readonly JUnitCase[] = [];
  try {
    const checked = await checkedConsumer(files, values, context);
    context.print(checkConsumerText(checked.consumer));
    context.print(`Everything is in ${checked.outcome.folder}`);
    if (checked.consumer.summary.verdict === 'interrupted') throw interrupted('the check has no result');
    cases = checkConsumerCases(checked.consumer);
    throwVerdict(checked, cases);
  } catch (thrown) {
    if (cases.length === 0)
      cases = [
        { name: 'the check runs', seconds: 0, outcome: { kind: 'error', message: messageOf(thrown) } },
      ];
    throw thrown;
  } finally {
    if (junit !== undefined) await writeJunit(junit, junitXml(suite, startedAt.toISOString(), cases));
  }
}

interface Checked {
  readonly consumer: CheckedConsumer;
  readonly outcome: RunOutcome;
}

async function checkedConsumer(
  files: readonly string[],
  values: CheckValues,
  context: CommandContext,
): Promise<Checked> {
  const { print, stage, signal, log, progress } = context;
  // Whatever is wrong with the options shows before Kafka starts.
  const asked = planOf(
    files,
    values,
    { bootstrap: 'localhost:9092', registryUrl: undefined },
    values.alerts ?? defaultAlerts,
  );
  const facts = await alertFacts(asked, context);
  const count = values.alerts ?? facts.source.alerts;
  if (count > facts.source.alerts && values.idsFrom !== undefined)
    throw new AlertSimError(
      'BAD_USAGE',
      `--ids-from needs different ids, but --alerts ${count} sends the ${facts.source.alerts} alerts of the files more than once: leave --alerts out`,
    );
  stage('broker');
  const kafka = await startTemporaryKafka(values, context);
  try {
    const plan = planOf(files, values, kafka, count);
    print(placesText(kafka, values));
    if (count > facts.source.alerts)
      print(
        `${formatCount(facts.source.alerts)} alerts are sent again and again, with the same ids, to make ${formatCount(count)}`,
      );
    const timeoutMs = values.timeoutSec * 1000;
    const outcome = await runScenario({
      ...{ plan, facts, runsFolder: resolve(values.out), timeoutMs, signal, log, progress },
      outputs: [],
      onStage: stage,
    });
    return { outcome, consumer: await withWrittenIds(outcome, values, kafka) };
  } finally {
    stage('broker');
    await kafka.stop();
  }
}

async function withWrittenIds(
  { summary }: RunOutcome,
  { idsFrom, within, topic, timeoutSec }: CheckValues,
  { bootstrap, registryUrl }: TemporaryKafka,
): Promise<CheckedConsumer> {
  const consumer = { summary, withinSeconds: within / 1e9 };
  const isStarted = summary.findings.every(({ kind }) => kind !== 'consumerNotReady');
  if (idsFrom === undefined || !isStarted || summary.verdict === 'interrupted')
    return { ...consumer, written: undefined };
  const written = await compareWrittenIds(idsFrom, {
    ...{ topic, registryUrl, timeoutMs: timeoutSec * 1000 },
    connection: { bootstrap, properties: {} },
  });
  return { ...consumer, written: { file: idsFrom, ...written } };
}

/** The scenario of a check, with the alerts that are asked for. */
function planOf(
  files: readonly string[],
  values: CheckValues,
  { bootstrap, registryUrl }: Pick<TemporaryKafka, 'bootstrap' | 'registryUrl'>,
  count: number,
): Plan {
  const { command, members, group, ready, topic, partitions, rate, within, set } = values;
  const phase =
    rate === 'recorded'
      ? { pace: 'recorded' }
      : // The last of n alerts is due after n - 1 gaps.
        { rate: `${rate}/s`, duration: `${((count - 0.5) / rate).toFixed(9)}s` };
  const scenario = {
    name: suite,
    purpose: 'consumers',
    kafka: { bootstrap },
    registry: { url: registryUrl ?? 'none' },
    alerts: files.length > 0 ? { files } : { synthetic: { visits: 1, alertsPerVisit: count } },
    reservoir: { topic: 'check-consumer-reservoir', partitions: 1, workers: 1 },
    stream: { topic, partitions },
    replay: { workers: 1, phases: [{ name: 'alerts', ...phase }] },
    consumers: { groups: [{ name, command, members, ready, ...(group === undefined ? {} : { group }) }] },
    limits: { drain: `${within / 1e9}s` },
    // Whether the rate was reached is a question about this machine.
    expect: { [`${name}.drain.max`]: `<= ${within / 1e9}s`, achievedRate: 'any' },
  };
  const result = parseScenario(JSON.stringify(scenario), {
    fileName: suite,
    environment: process.env,
    overrides: set,
  });
  if (result.ok) return result.plan;
  const faults = result.faults.map((fault) => ({ ...fault, line: undefined, column: undefined }));
  throw new AlertSimError('BAD_USAGE', `the options are not valid: ${formatFaults(faults)}`);
}

function placesText({ kafkaVersion, bootstrap, registryUrl }: TemporaryKafka, values: CheckValues): string {
  const registry = registryUrl === undefined ? 'no schema registry' : `a schema registry at ${registryUrl}`;
  return `Kafka ${kafkaVersion} at ${bootstrap}, ${registry}, the topic ${values.topic} with ${values.partitions} partitions`;
}

function throwVerdict({ outcome }: Checked, cases: readonly JUnitCase[]): void {
  const { verdict } = outcome.summary;
  const failed = cases.filter(({ outcome: { kind } }) => kind === 'failed');
  if (failed.length > 0 || verdict === 'failed')
    throw new AlertSimError('EXPECTATION_FAILED', 'the consumer did not pass; what failed is above');
  if (verdict === 'invalid')
    throw new AlertSimError('RUN_INVALID', 'the check is inconclusive: not every alert could be sent');
  if (outcome.folderFault !== undefined) throw outcome.folderFault;
}

async function writeJunit(file: string, xml: string): Promise<void> {
  try {
    await makeFolders(dirname(resolve(file)));
    await writeFile(file, xml);
  } catch (thrown) {
    const task = `write the JUnit report ${file}`;
    throw fileError(thrown, { task, code: 'BAD_USAGE', fix: 'name another file with --junit' });
  }
}
