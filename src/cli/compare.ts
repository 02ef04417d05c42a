import { Command } from 'commander';
import { randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openBrokerMetrics } from '../broker/metrics/openBrokerMetrics.js';
import { chooseBroker, leftJournals, prepareBroker } from '../broker/variantBroker.js';
import { metrics } from '../compare/comparedMetrics.js';
import { runOrder, type OrderKind } from '../compare/design.js';
import { compareFinished } from '../coordinator/compareFinished.js';
import { runExperiment, variantPlans } from '../coordinator/experiment.js';
import { AlertSimError } from '../errors.js';
import { compareText, experimentLines } from '../report/compareText.js';
import { ownCommand } from '../ownCommand.js';
import { liveView } from '../outputs/liveView.js';
import { lackText, planWarningText } from '../report/planText.js';
import { formatSeconds } from '../report/format.js';
import { aheadOf } from '../scenario/plan.js';
import { lacksOf, planWarnings } from '../scenario/planEstimate.js';
import { nearest } from '../scenario/nearest.js';
import type { Plan } from '../scenario/plan.js';
import { commandContext, type CommandContext } from './context.js';
import { gathered } from './gathered.js';
import { numberOption } from './numbers.js';
import { readScenario } from './readScenario.js';
import { estimateOf } from './run.js';
import { resourcesFor, startsBrokers } from './resources.js';
import { writeCompareReport } from '../report/comparison/comparisonPage.js';

/** The options that `compare` and `baseline check` share. */
export interface ComparisonValues {
  /** How often the whole comparison may find a difference that doesn't exist, percent. */
  readonly errorRate: number;
  /** Up to how many percent a difference does not matter. */
  readonly margin: number;
  /** With commas between. */
  readonly metrics?: readonly string[];
  /** Default: all measured phases. */
  readonly phase?: string;
  /** Whether runs may differ in more than the variant. */
  readonly allowDifferences?: boolean;
}

interface CompareValues extends ComparisonValues {
  readonly out: string;
  readonly set: readonly string[];
  readonly repeats: number;
  readonly order: OrderKind;
  readonly seed?: number;
  readonly stopEarly?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly timeoutSec: number;
}

/** Starting and stopping a local broker. */
const secondsOfBroker = 8;

/** `compare`: executes all variants of a scenario, or compares finished runs. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description('execute all variants of a scenario in turn and compare them, or compare finished runs')
    .argument('<what...>', 'a scenario with variants or a matrix, or run folders')
    .option('--out <folder>', 'the folder of all runs', 'runs')
    .option('--set <path=value>', 'another value for a key of the scenario; may be given again', gathered, [])
    .option('--repeats <count>', 'repeats of each variant', numberOption(2, 'whole', 1000), 6)
    .option('--order <kind>', 'balanced (A B B A) or random', orderOption, 'balanced')
    .option('--seed <number>', 'the seed of a random order', numberOption(0, 'whole', 2 ** 31))
    .option('--stop-early', 'stop when the answer is clear; the error rate holds')
    .option('--dry-run', 'print what would be done, and do nothing')
    .option('--force', "overwrite the scenario's topics even if this program did not make them")
    .option(
      '--timeout-sec <seconds>',
      'give up after this long without progress',
      numberOption(0.1, 'any'),
      30,
    );
  return withComparisonOptions(command).action(async (what: readonly string[]) => {
    const values = command.opts<CompareValues>();
    const context = commandContext(command);
    const [first = ''] = what;
    const isFolder = await stat(first).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) await compareFolders(what, values, context);
    else if (what.length === 1) await compareScenario(first, values, context);
    else {
      throw new AlertSimError(
        'BAD_USAGE',
        `${first} is not a run folder: give one scenario, or run folders only`,
      );
    }
  });
}

/** Adds the options that say how runs are compared. */
export function withComparisonOptions(command: Command): Command {
  return command
    .option('--margin <percent>', 'a difference up to this does not matter', numberOption(0.001, 'any'), 5)
    .option(
      '--error-rate <percent>',
      'how often a difference may be found that is none',
      numberOption(0.001, 'any', 50),
      5,
    )
    .option('--metrics <keys>', 'compare these only, for example ack.p50,response.p99', metricsOption)
    .option('--phase <name>', 'look at this phase only')
    .option('--allow-differences', 'compare runs that differ in more than the variant, too');
}

async function compareFolders(
  folders: readonly string[],
  values: CompareValues,
  { print }: CommandContext,
): Promise<void> {
  const { folder, result } = await compareFinished({
    folders,
    runsFolder: resolve(values.out),
    alpha: values.errorRate / 100,
    margin: values.margin / 100,
    only: values.metrics,
    phase: values.phase,
    allowDifferences: values.allowDifferences === true,
  });
  print(compareText(result));
  print(`The page is ${await writeCompareReport(folder, result)}`);
  print(`Everything is in ${folder}`);
}

async function compareScenario(file: string, values: CompareValues, context: CommandContext): Promise<void> {
  const { print, log, progress, signal } = context;
  const plan = await readScenario(file, values.set, context);
  if (values.phase !== undefined && !plan.replay.phases.some(({ name }) => name === values.phase)) {
    const names = plan.replay.phases.map(({ name }) => name).join(', ');
    throw new AlertSimError('BAD_USAGE', `--phase ${values.phase}: ${plan.name} has the phases ${names}`);
  }
  const plans = variantPlans(plan);
  for (const one of plans.values()) {
    if (aheadOf(one.alerts) === undefined) continue;
    throw new AlertSimError(
      'BAD_SCENARIO',
      `${file}: variants are compared with the same alerts of a reservoir: give alerts.synthetic a number of visits`,
    );
  }
  const seed = values.seed ?? randomInt(1, 2 ** 31);
  print(await forecast(plans, values, seed, context));
  const warnings = new Set<string>();
  const out = resolve(values.out);
  const brokerFolder = (await startsBrokers([...plans.values()])) ? out : undefined;
  for (const one of plans.values()) {
    const { estimate, facts } = await estimateOf(one, context);
    for (const warning of planWarnings(one, { alerts: facts.source.alerts, ...facts }))
      warnings.add(planWarningText(one, warning));
    const lacks = lacksOf(estimate, await resourcesFor(one.kafka.bootstrap, out, brokerFolder));
    if (lacks.length === 0) continue;
    throw new AlertSimError(
      'BAD_SCENARIO',
      `${file} cannot be run here: ${one.variant ?? ''}: ${lacks.map(lackText).join('; ')}`,
    );
  }
  for (const warning of warnings) log.warning('compare', warning);
  if (values.dryRun === true) return;
  const [left] = await leftJournals(resolve(values.out));
  if (left !== undefined) {
    throw new AlertSimError(
      'BAD_USAGE',
      `an earlier comparison was killed and left settings of its cluster changed: put them back with \`${ownCommand('restore', left)}\``,
    );
  }
  const view = liveView(process.stderr);
  const { folder, result, error } = await runExperiment({
    plan,
    runsFolder: resolve(values.out),
    repeats: values.repeats,
    order: values.order,
    seed,
    stopEarly: values.stopEarly === true,
    alpha: values.errorRate / 100,
    margin: values.margin / 100,
    only: values.metrics,
    phase: values.phase,
    timeoutMs: values.timeoutSec * 1000,
    force: values.force === true,
    signal,
    log,
    progress,
    outputs: () => [view],
    // Ports of a comparison's own brokers are known; for any other broker the scenario says where to ask.
    brokerFigures: ({ kafka }, broker) => {
      const jmx = broker?.jmxPorts.map((port) => `localhost:${port}`).join(',') || kafka.jmx;
      return openBrokerMetrics({ kafka: { ...kafka, jmx }, log, progress, signal });
    },
    brokers: { choose: chooseBroker, prepare: prepareBroker },
    onEvent: (event) => {
      view.stop();
      for (const line of experimentLines(event)) print(line);
    },
  }).finally(view.stop);
  if (result !== undefined) {
    print(compareText(result));
    print(`The page is ${await writeCompareReport(folder, result)}`);
  }
  if (error !== undefined) throw error;
  print(`Everything is in ${folder}`);
}

/** How many runs, in which order, and how long that takes. */
async function forecast(
  plans: ReadonlyMap<string, Plan>,
  { repeats, order, stopEarly }: CompareValues,
  seed: number,
  context: CommandContext,
): Promise<string> {
  const names = [...plans.keys()];
  const seconds = new Map<string, number>();
  // Where one variant asks for a broker of its own, all of them get one, so that they run under the same
  // conditions.
  const fresh = await startsBrokers([...plans.values()]);
  let preloads = 0;
  for (const [name, plan] of plans) {
    const { wholeNs, preloadNs } = (await estimateOf(plan, context)).estimate;
    // A broker of its own begins each run without a reservoir; otherwise it is filled once.
    seconds.set(name, (wholeNs - (fresh ? 0 : preloadNs)) / 1e9 + (fresh ? secondsOfBroker : 0));
    preloads = Math.max(preloads, fresh ? 0 : preloadNs / 1e9);
  }
  const slots = runOrder(names, repeats, order, seed);
  // Before the first run each broker is started once, to see whether it takes its settings.
  const first = preloads + (fresh ? names.length * secondsOfBroker : 0);
  const whole = slots.reduce((sum, { variant }) => sum + (seconds.get(variant) ?? 0), first);
  const shown = slots.slice(0, Math.min(slots.length, 2 * names.length, 12)).map(({ variant }) => variant);
  const dots = shown.length < slots.length ? ' ...' : '';
  return (
    `${names.length} variants × ${repeats} repeats and a control: ${slots.length} runs, about ${formatSeconds(whole)}` +
    `${stopEarly === true ? ' at most' : ''}\n` +
    `order ${order === 'random' ? `random (seed ${seed})` : 'balanced'}: ${shown.join(', ')}${dots}`
  );
}

function metricsOption(text: string): string[] {
  const known = metrics.map(({ key }) => key);
  return text.split(',').map((word) => {
    const key = word.trim().replace(/p99\.9$/, 'p999');
    if (known.includes(key)) return key;
    const near = nearest(key, known);
    const hint = near === undefined ? `they are ${known.join(', ')}` : `did you mean "${near}"?`;
    throw new AlertSimError('BAD_USAGE', `--metrics: "${key}" is not a metric; ${hint}`);
  });
}

function orderOption(text: string): OrderKind {
  if (text === 'balanced' || text === 'random') return text;
  throw new AlertSimError('BAD_USAGE', `--order ${text} is neither balanced nor random`);
}
