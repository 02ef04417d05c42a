import { Command } from 'commander';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openBrokerMetrics } from '../broker/metrics/openBrokerMetrics.js';
import { alertFacts, type AlertFacts, type Watch } from '../coordinator/alertFacts.js';
import { errorOf, runScenario, type RunOutcome } from '../coordinator/runScenario.js';
import { runKeyOf, shardOf } from '../coordinator/shards/identity.js';
import { keyOfPlan, runShard } from '../coordinator/shards/runShard.js';
import { AlertSimError, messageOf } from '../errors.js';
import { influxOutput, defaultWaits } from '../outputs/influx/influxOutput.js';
import { connectInflux } from '../outputs/influx/influxServer.js';
import { defaultRules } from '../outputs/influx/delivery.js';
import { liveView } from '../outputs/liveView.js';
import { lackText, planText, planWarningText } from '../report/planText.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { formatBytes } from '../report/format.js';
import { summaryText } from '../report/summaryText.js';
import { lacksOf, planEstimate, planWarnings, type PlanEstimate } from '../scenario/planEstimate.js';
import type { Plan } from '../scenario/plan.js';
import { backlogMessages } from '../schedule/pacing.js';
import { figuresOf, warmupPacing } from '../schedule/phaseFigures.js';
import type { Share } from '../schedule/split.js';
import { commandContext, type CommandContext } from './context.js';
import { gathered } from './gathered.js';
import { numberOption } from './numbers.js';
import { readScenario } from './readScenario.js';
import { resourcesFor } from './resources.js';
import { writeReport } from '../report/run/runPage.js';

interface RunValues {
  readonly out: string;
  readonly set: readonly string[];
  readonly jmx: readonly string[];
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly shard?: Share;
  readonly runId?: string;
  readonly timeoutSec: number;
}

/** `run`: executes a scenario. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('execute a scenario: preload, replay, measure, verify')
    .argument('<scenario>', 'the scenario, a YAML file')
    .option('--out <folder>', 'the folder of all runs', 'runs')
    .option('--set <path=value>', 'another value for a key of the scenario; may be given again', gathered, [])
    .option(
      '--jmx <host:port>',
      "a broker's JMX, for its own metrics; may be repeated; none for no broker metrics (default: that of a local broker)",
      gathered,
      [],
    )
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--force', "overwrite the scenario's topics even if this program did not make them")
    .option(
      '--shard <i/n>',
      "which machine of how many this is, counted from 0; Slurm's and Kubernetes' variables say it, too",
      shardOption,
    )
    .option('--run-id <text>', "what all machines of the run have in common; Slurm's job says it, too")
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any'),
      30,
    );
  return command.action(async (file: string) => {
    await run(file, command.opts<RunValues>(), commandContext(command));
  });
}

/**
 * Executes a scenario, as the options say.
 *
 * @param others - outputs besides the usual ones
 * @throws `BAD_SCENARIO` with all faults; errors of the verdict: see {@link errorOf}
 */
export async function run(
  file: string,
  values: RunValues,
  context: CommandContext,
  others: readonly RunOutput[] = [],
): Promise<void> {
  const { print, log, progress, signal, stage } = context;
  // As a key of the scenario it is checked with it, and is part of the manifest.
  const jmx = values.jmx.length === 0 ? [] : [`kafka.jmx=${values.jmx.join(',')}`];
  const plan = await readScenario(file, [...values.set, ...jmx], context);
  for (const left of notExecuted(plan)) log.warning('run', left);
  const { estimate, facts } = await estimateOf(plan, context);
  for (const warning of planWarnings(plan, { alerts: facts.source.alerts, ...facts }))
    log.warning('run', planWarningText(plan, warning));
  const lacks = lacksOf(estimate, await resourcesFor(plan.kafka.bootstrap, resolve(values.out)));
  if (values.dryRun === true) print(planText(plan, estimate));
  if (lacks.length > 0)
    throw new AlertSimError('BAD_SCENARIO', `${file} cannot be run here: ${lacks.map(lackText).join('; ')}`);
  const tooSmall = retentionFault(plan, facts.meanBytes);
  if (tooSmall !== undefined) throw new AlertSimError('BAD_SCENARIO', `${file}: ${tooSmall}`);
  if (values.dryRun === true) return;
  const shard = shardOf(values.shard, process.env);
  const single = plan.replay.phases.find(({ pacing }) =>
    ['search', 'backlog', 'catchUp'].includes(pacing.kind),
  );
  if ((shard?.share.of ?? 1) > 1 && single !== undefined) {
    const what = single.pacing.kind === 'search' ? 'a search' : 'a backlog';
    throw new AlertSimError(
      'BAD_USAGE',
      `${file} has ${what}, which goes by what one machine measures: run it without --shard`,
    );
  }

  const view = liveView(process.stderr);
  const options = {
    plan,
    facts,
    runsFolder: resolve(values.out),
    timeoutMs: values.timeoutSec * 1000,
    force: values.force === true,
    signal,
    onStage: stage,
    log,
    progress,
    outputs: [view],
  };
  if (shard !== undefined && shard.share.index > 0) {
    const { share } = shard;
    const ended = await runShard({ run: options, share, runKey: runKey(shard, plan, values, log) }).finally(
      view.stop,
    );
    if (ended.kind === 'other')
      print(`shard ${share.index} of ${share.of} has done its part; ${ended.message}`);
    return;
  }
  stage('brokerFigures');
  const broker = await openBrokerMetrics({ kafka: plan.kafka, log, progress, signal });
  const whole = {
    ...options,
    outputs: [...others, view, ...databases(plan, view.stop, log)],
    brokerFigures: broker.metrics,
    brokerMetricSource: broker.source,
    helperPids: broker.pids,
  };
  const running =
    shard === undefined
      ? runScenario(whole)
      : runShard({ run: whole, share: shard.share, runKey: runKey(shard, plan, values, log) });
  const ended = await running.finally(() => {
    view.stop();
    return broker.stop();
  });
  if ('kind' in ended) {
    if (ended.kind === 'first') await tell(ended.outcome, context);
  } else await tell(ended, context);
}

/** A stream that would delete a backlog before it is read, by the scenario's own settings; with the fix. */
function retentionFault({ stream, replay }: Plan, meanBytes: number): string | undefined {
  const perPartition = Number(stream.config['retention.bytes'] ?? -1);
  const bytes = replay.phases.reduce(
    (sum, { pacing }) =>
      sum + (pacing.kind === 'backlog' ? backlogMessages(pacing.amount, meanBytes) * meanBytes : 0),
    0,
  );
  if (stream.existing || perPartition < 0 || bytes <= perPartition * stream.partitions) return undefined;
  return (
    `stream.config.retention.bytes keeps ${formatBytes(perPartition * stream.partitions)} in ${stream.partitions} ` +
    `partition(s), but the backlog has ${formatBytes(bytes)}: raise it, or leave it out`
  );
}

/** Keys of the scenario that `run` ignores. */
function notExecuted({ variants, broker, cluster }: Plan): string[] {
  const names = variants.map(({ name }) => name).join(', ');
  return [
    ...(variants.length === 0
      ? []
      : [`the scenario runs as it stands; its variants (${names}) are run by: rubin-alert-sim compare`]),
    ...(Object.keys(broker).length + Object.keys(cluster).length === 0
      ? []
      : [
          'the broker is taken as it is; the settings under broker and cluster are for: rubin-alert-sim compare',
        ]),
  ];
}

function runKey(
  { share, toldBy }: NonNullable<ReturnType<typeof shardOf>>,
  plan: Plan,
  { runId }: RunValues,
  log: CommandContext['log'],
): string {
  const key = runKeyOf(runId, process.env, keyOfPlan(plan));
  log.info('run', `shard ${share.index} of ${share.of} of the run ${key}, as ${toldBy} says`);
  return key;
}

/** Prints the result, writes the page, and throws the verdict's error. */
async function tell(outcome: RunOutcome, context: CommandContext): Promise<void> {
  const { print, log } = context;
  print(summaryText(outcome.summary));
  await report(outcome.folder, context);
  if (outcome.folderFault !== undefined) log.error('run', outcome.folderFault.message);
  const error = errorOf(outcome);
  if (error !== undefined) throw error;
  if (outcome.folderFault !== undefined) throw outcome.folderFault;
  print(`Everything is in ${outcome.folder}`);
}

/** The databases that the scenario names. */
function databases({ outputs }: Plan, clearLine: () => void, log: CommandContext['log']): RunOutput[] {
  const { influx } = outputs;
  if (influx === undefined) return [];
  const onFault = (fault: string): void => {
    clearLine();
    log.warning('influx', fault);
  };
  return [influxOutput({ sink: connectInflux(influx), rules: defaultRules, ...defaultWaits, onFault })];
}

/** The page about the run. An error here does not change the run's own result. */
export async function report(
  folder: string,
  { print, log }: Pick<CommandContext, 'print' | 'log'>,
): Promise<void> {
  try {
    print(`The report is ${pathToFileURL(await writeReport(folder)).href}`);
  } catch (thrown) {
    log.error('run', `there is no report: ${messageOf(thrown)}`);
  }
}

/**
 * What a plan will come to: messages, bytes, time, and what it needs; and its alerts.
 *
 * @param watch - shows the progress of reading its alerts, and stops it
 * @throws `BAD_INPUT_FILE` when its container is missing or damaged
 */
export async function estimateOf(
  plan: Plan,
  watch: Watch,
): Promise<{ readonly estimate: PlanEstimate; readonly facts: AlertFacts }> {
  const facts = await alertFacts(plan, watch);
  const { source, meanBytes, spanUs } = facts;
  const recorded = { alerts: source.alerts, spanUs, meanBytes };
  const [first] = plan.replay.phases;
  const warmup =
    plan.replay.warmupNs === 0 || first === undefined
      ? undefined
      : figuresOf(warmupPacing(first.pacing, plan.replay.warmupNs, recorded), recorded);
  const estimate = planEstimate(plan, {
    alertCount: source.alerts,
    isStreamed: source.kind === 'files',
    meanBytes,
    phases: plan.replay.phases.map(({ pacing }) => figuresOf(pacing, recorded)),
    warmup,
  });
  return { estimate, facts };
}

function shardOption(text: string): Share {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const share = { index: Number(index), of: Number(of) };
  if (index === undefined || share.of < 1 || share.index >= share.of) {
    throw new AlertSimError(
      'BAD_USAGE',
      `--shard ${text} is not of the form i/n with i below n; for example 0/4`,
    );
  }
  return share;
}
