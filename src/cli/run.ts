import { Command } from 'commander';
import { statfs, readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { dirname, resolve } from 'node:path';
import { alertFacts } from '../coordinator/alertFacts.js';
import { errorOf, runScenario, type RunOutcome } from '../coordinator/runScenario.js';
import { runKeyOf, shardOf } from '../coordinator/shards/identity.js';
import { keyOfPlan, runShard } from '../coordinator/shards/runShard.js';
import { AlertSimError, messageOf } from '../errors.js';
import { liveView } from '../outputs/liveView.js';
import { planText } from '../outputs/planText.js';
import { summaryText } from '../outputs/summaryText.js';
import { planEstimate, refusals, type PlanEstimate } from '../scenario/estimate.js';
import { formatFaults } from '../scenario/faults.js';
import { parseScenario } from '../scenario/parseScenario.js';
import type { Plan } from '../scenario/plan.js';
import { figuresOf, warmupPacing } from '../schedule/phases.js';
import type { Share } from '../schedule/split.js';
import { commandContext, type CommandContext } from './context.js';
import { numberOption } from './numbers.js';

interface RunValues {
  readonly out: string;
  readonly set: readonly string[];
  readonly dryRun?: boolean;
  readonly shard?: Share;
  readonly runId?: string;
  readonly timeoutSec: number;
}

/**
 * `run`: executes a scenario.
 *
 * @returns the command
 */
export function runCommand(): Command {
  const command = new Command('run')
    .description('execute a scenario: preload, replay, measure, verify')
    .argument('<scenario>', 'the scenario, a YAML file')
    .option('--out <folder>', 'the folder of all runs', 'runs')
    .option(
      '--set <path=value>',
      'another value for a key of the scenario; may be given again',
      (entry: string, before: readonly string[]) => [...before, entry],
      [],
    )
    .option('--dry-run', 'print what would be done, and do nothing')
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
 * @param file - the scenario
 * @param values - the command's options
 * @param context - where to print, and when to stop
 * @throws `BAD_SCENARIO` with all faults; what the verdict asks for: see {@link errorOf}
 */
export async function run(file: string, values: RunValues, context: CommandContext): Promise<void> {
  const { print, log, progress, signal } = context;
  const plan = await readScenario(file, values.set, context);
  const estimate = await estimateOf(plan);
  const lacks = refusals(estimate, await resources(plan));
  if (values.dryRun === true) print(planText(plan, estimate));
  if (lacks.length > 0)
    throw new AlertSimError('BAD_SCENARIO', `${file} cannot be run here: ${lacks.join('; ')}`);
  if (values.dryRun === true) return;
  const shard = shardOf(values.shard, process.env);
  const view = liveView(process.stderr);
  const options = {
    plan,
    runsFolder: resolve(values.out),
    timeoutMs: values.timeoutSec * 1000,
    signal,
    log,
    progress,
    outputs: [view],
  };
  if (shard === undefined) {
    report(await runScenario(options).finally(view.stop), context);
    return;
  }
  const { share, toldBy } = shard;
  const runKey = runKeyOf(values.runId, process.env, keyOfPlan(plan));
  log.info('run', `shard ${share.index} of ${share.of} of the run ${runKey}, as ${toldBy} says`);
  const ended = await runShard({ run: options, share, runKey }).finally(view.stop);
  if (ended.kind === 'first') report(ended.outcome, context);
  else print(`shard ${share.index} of ${share.of} has done its part; ${ended.message}`);
}

function report(outcome: RunOutcome, { print, log }: CommandContext): void {
  print(summaryText(outcome.summary));
  if (outcome.folderFault !== undefined) log.error('run', outcome.folderFault.message);
  const error = errorOf(outcome);
  if (error !== undefined) throw error;
  if (outcome.folderFault !== undefined) throw outcome.folderFault;
  print(`Everything is in ${outcome.folder}`);
}

async function readScenario(
  file: string,
  overrides: readonly string[],
  { log }: CommandContext,
): Promise<Plan> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new AlertSimError(
      'BAD_SCENARIO',
      `cannot read the scenario ${file}: ${messageOf(thrown)}; ready ones are in scenarios/`,
      thrown,
    );
  });
  const result = parseScenario(text, { fileName: file, environment: process.env, overrides });
  if (!result.ok) {
    throw new AlertSimError(
      'BAD_SCENARIO',
      `${file} has ${result.faults.length} ${result.faults.length === 1 ? 'fault' : 'faults'}:\n${formatFaults(result.faults)}`,
    );
  }
  if (result.warnings.length > 0) log.warning('run', formatFaults(result.warnings));
  return result.plan;
}

async function estimateOf(plan: Plan): Promise<PlanEstimate> {
  const { source, meanBytes } = await alertFacts(plan.alerts);
  // The recorded times of a file are known after it was read; a scenario's own alerts say theirs.
  const spanUs =
    plan.alerts.kind === 'synthetic' ? ((plan.alerts.visits - 1) * plan.alerts.cadenceNs) / 1000 : 0;
  const recorded = { alerts: source.alerts, spanUs };
  const [first] = plan.replay.phases;
  const warmup =
    plan.replay.warmupNs === 0 || first === undefined
      ? undefined
      : figuresOf(warmupPacing(first.pacing, plan.replay.warmupNs, recorded), recorded);
  return planEstimate(plan, {
    alertCount: source.alerts,
    meanBytes,
    phases: plan.replay.phases.map(({ pacing }) => figuresOf(pacing, recorded)),
    warmup,
  });
}

/** The disk of another machine's broker is not known; a broker on this one most likely keeps its data here. */
async function resources({ kafka }: Plan): Promise<{ freeDiskBytes?: number; freeMemoryBytes: number }> {
  const freeMemoryBytes = freemem();
  if (!/^(localhost|127\.0\.0\.1)[:,]/.test(kafka.bootstrap)) return { freeMemoryBytes };
  const { bavail, bsize } = await statfs(dirname(resolve('.')));
  return { freeMemoryBytes, freeDiskBytes: bavail * bsize };
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
