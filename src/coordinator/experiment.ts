import { join } from 'node:path';
import type { BrokerChoice, chooseBroker, prepareBroker, VariantBroker } from '../broker/variantBroker.js';
import { compareRuns, type Comparison, type ComparisonRules } from '../compare/comparison.js';
import { decidingMetrics } from '../compare/comparedMetrics.js';
import { looksOf, runOrder, type OrderKind, type Slot } from '../compare/design.js';
import { AlertSimError, messageOf } from '../errors.js';
import type { Logger } from '../outputs/log.js';
import type { ProgressFactory } from '../outputs/progress.js';
import { createRunFolder, type RunFolder } from '../results/writeRunFolder.js';
import type { RunOutput } from '../outputs/runOutput.js';
import { formatFaults } from '../scenario/scenarioFaults.js';
import { variantPlan } from '../scenario/parseScenario.js';
import type { Plan, VariantPlan } from '../scenario/plan.js';
import { finishedRun } from './compareFinished.js';
import {
  resultOf,
  type CompareResult,
  type ExperimentEvent,
  type ExperimentPlan,
  type FinishedRun,
} from '../compare/result.js';
import { withCompareWords } from '../report/compareText.js';
import { checkScenario, runScenario } from './runScenario.js';
import type { BrokerMetrics } from '../results/values.js';
import type { BrokerMetricSource } from '../results/runFolder.js';

/** Where variants get brokers of their own. */
export interface VariantBrokers {
  /** Once for all of them. */
  readonly choose: typeof chooseBroker;
  /** Prepares the broker of one variant. */
  readonly prepare: typeof prepareBroker;
}

export interface ExperimentOptions {
  /** With its variants; the first one is what others are compared with. */
  readonly plan: Plan;
  readonly runsFolder: string;
  /** Of each variant. */
  readonly repeats: number;
  readonly order: OrderKind;
  /** Of a random order. */
  readonly seed: number;
  /** Whether to stop when the answer is clear. */
  readonly stopEarly: boolean;
  /** How often the whole comparison may find a difference that doesn't exist. */
  readonly alpha: number;
  /** Differences up to this share don't matter. */
  readonly margin: number;
  /** Default: all. */
  readonly only: readonly string[] | undefined;
  /** Undefined for all measured ones together. */
  readonly phase: string | undefined;
  /** Whether topics that this program did not create are overwritten; default false. */
  readonly force?: boolean | undefined;
  /** How long anything may go on without progress. */
  readonly timeoutMs: number;
  /** Ends the experiment; finished repeats are compared. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Of the preload. */
  readonly progress: ProgressFactory;
  /** Destinations of each run's results besides its folder. */
  readonly outputs: (plan: Plan) => readonly RunOutput[];
  /** The brokers' metrics during a run, where they are available. */
  readonly brokerFigures?:
    ((plan: Plan, broker: VariantBroker | undefined) => Promise<BrokerWatch>) | undefined;
  /** Brokers for variants that ask for their own; undefined where there are none. */
  readonly brokers: VariantBrokers | undefined;
  readonly onEvent: (event: ExperimentEvent) => void;
}

/** Reads a broker's metrics. */
export interface BrokerWatch {
  /** Of an interval, since 1970. */
  readonly metrics: (fromMs: number, toMs: number) => BrokerMetrics | null;
  /** For the manifest; null where nothing is read. */
  readonly source: BrokerMetricSource | null;
  /** The processes that read. */
  readonly pids: readonly number[];
  readonly stop: () => Promise<void>;
}

export interface ExperimentOutcome {
  readonly folder: string;
  /** Undefined where no run ended. */
  readonly result: CompareResult | undefined;
  /** Why it ended early; undefined when it did not. */
  readonly error: AlertSimError | undefined;
}

/** How often an invalid run is repeated: on a machine that is disturbed for longer every run is invalid. */
const mostRepeats = 2;

/** With fewer repeats their spread does not show how many are needed. */
const repeatsForSpread = 3;

/**
 * Runs all variants of a scenario in turn, each in a fresh topic with the same alerts, and compares them.
 *
 * `compare.json` is written after each run, so that finished runs are never lost.
 *
 * @throws before the first run: `BAD_SCENARIO`, `BROKER_UNREACHABLE`, `BROKER_REFUSED`
 */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentOutcome> {
  const { plan } = options;
  const variants = variantPlans(plan);
  const names = plan.variants.map(({ name }) => name);
  const slots = runOrder(names, options.repeats, options.order, options.seed);
  const folder = await createRunFolder(options.runsFolder, new Date(), `compare-${plan.name}`, undefined);
  const choice = await brokerChoice([...variants.values()], options, folder.path);
  await rehearse(variants, choice, folder.path, options);
  return new Experiment(options, { variants, slots, folder, choice }).run();
}

/** What an experiment consists of. */
interface ExperimentParts {
  readonly variants: ReturnType<typeof variantPlans>;
  readonly slots: readonly Slot[];
  readonly folder: RunFolder;
  readonly choice: Awaited<ReturnType<typeof brokerChoice>>;
}

/** Runs that are made one after the other, and what they show so far. */
class Experiment {
  readonly #options: ExperimentOptions;
  readonly #parts: ExperimentParts;
  readonly #looks: ReturnType<typeof looksOf>;
  readonly #runs: FinishedRun[] = [];
  #stoppedAfter: number | null = null;
  #repeated = 0;
  #error: AlertSimError | undefined;

  constructor(options: ExperimentOptions, parts: ExperimentParts) {
    this.#options = options;
    this.#parts = parts;
    this.#looks = looksOf(options.repeats, options.alpha, options.stopEarly);
  }

  async run(): Promise<ExperimentOutcome> {
    const { signal } = this.#options;
    const { slots, folder } = this.#parts;
    for (const slot of slots) {
      if (signal.aborted || this.#error !== undefined) break;
      if (this.#stoppedAfter !== null && !slot.control) continue;
      if (!(await this.#made(slot))) continue;
      this.#save();
      if (!slot.control && slots[slot.position + 1]?.block !== slot.block) this.#look(slot.block + 1);
    }
    const result = this.#save();
    await folder.flush();
    const counted = this.#counted().length;
    const error = signal.aborted
      ? new AlertSimError(
          'INTERRUPTED',
          `interrupted: ${counted} of ${slots.length} runs had finished and were compared; all is in ${folder.path}`,
        )
      : this.#error;
    return { folder: folder.path, result, error: error ?? folder.fault() };
  }

  /** Makes a run, again where it does not count; false when an error ended it. */
  async #made(slot: Slot): Promise<boolean> {
    const { onEvent, log } = this.#options;
    const { slots, variants, folder, choice } = this.#parts;
    onEvent({ kind: 'run', of: slots.length, ...slot });
    try {
      for (let again = 0; ; again += 1) {
        const run = await runSlot(slot, variants, folder.path, folder.id, choice, this.#options);
        this.#runs.push(run);
        if (run.verdict !== 'invalid' || again === mostRepeats) break;
        this.#repeated += 1;
        log.warning('compare', `${run.run} does not count and is repeated: ${run.remark ?? ''}`);
      }
    } catch (thrown) {
      if (this.#runs.length === 0) throw thrown;
      // What has finished stays usable whatever happened then.
      this.#error =
        thrown instanceof AlertSimError
          ? thrown
          : new AlertSimError('INTERNAL', `run ${slot.position + 1} died: ${messageOf(thrown)}`, thrown);
      return false;
    }
    const last = this.#runs.at(-1);
    if (last?.remark !== null && last !== undefined) {
      const fate = last.counted ? 'counts' : 'does not count';
      log.warning('compare', `${last.run} ${fate}: ${last.remark}`);
    }
    return true;
  }

  /** Looks at what the repeats so far show: perhaps nothing more is to be learned. */
  #look(done: number): void {
    const { repeats, alpha, only, onEvent } = this.#options;
    const comparison = (at: number): Comparison => compareRuns(this.#counted(), this.#rulesAt(at));
    if (done === repeatsForSpread && done < repeats) {
      onEvent({ kind: 'spreadKnown', comparison: comparison(this.#looks.at(-1)?.alpha ?? alpha) });
    }
    const look = this.#looks.find((one) => one.repeats === done && one.repeats < repeats);
    if (look !== undefined && isClear(comparison(look.alpha), only ?? decidingMetrics)) {
      this.#stoppedAfter = done;
      onEvent({ kind: 'clear', after: done, of: repeats });
    }
  }

  #counted(): FinishedRun[] {
    return this.#runs.filter((run) => run.counted);
  }

  #rulesAt(alpha: number): ComparisonRules {
    const { plan, margin, only } = this.#options;
    return { baseline: plan.variants[0]?.name ?? '', alpha, margin, paired: true, only };
  }

  #save(): CompareResult | undefined {
    if (this.#runs.length === 0) return undefined;
    const { repeats, order, seed, phase, signal } = this.#options;
    const { folder } = this.#parts;
    const look = this.#looks.find((one) => one.repeats === this.#stoppedAfter) ?? this.#looks.at(-1);
    const experiment: ExperimentPlan = {
      ...{ repeats, order, seed, looks: this.#looks },
      stoppedAfter: this.#stoppedAfter,
      interrupted: signal.aborted,
      repeated: this.#repeated,
    };
    const rules = this.#rulesAt(look?.alpha ?? 0);
    const all = resultOf({
      id: folder.id,
      comparedAt: new Date(),
      phase,
      experiment,
      runs: this.#runs,
      rules,
    });
    folder.writeJson('compare.json', withCompareWords(all));
    return all;
  }
}

/**
 * The plan of each variant by name, in the scenario's order, with the same reservoir for all that send the
 * same alerts.
 *
 * @throws `BAD_SCENARIO` when there are fewer than two variants
 */
export function variantPlans(plan: Plan): Map<string, Plan> {
  if (plan.variants.length < 2) {
    throw new AlertSimError(
      'BAD_SCENARIO',
      `${plan.name} has ${plan.variants.length === 0 ? 'no variants' : 'one variant'}, and a comparison needs two: ` +
        'add variants: [{name: a}, {name: b, set: {kafka.client.linger.ms: 50}}], or a matrix',
    );
  }
  return new Map(
    plan.variants.map(({ name }) => {
      const result = variantPlan(plan, name);
      if (!result.ok) throw new AlertSimError('BAD_SCENARIO', formatFaults(result.faults));
      return [name, { ...result.plan, reservoir: { ...result.plan.reservoir, reuse: true } }];
    }),
  );
}

async function brokerChoice(
  plans: readonly Plan[],
  options: ExperimentOptions,
  folder: string,
): Promise<BrokerChoice> {
  const asking = plans.find(({ broker }) => Object.keys(broker).length > 0);
  if (options.brokers !== undefined) {
    return options.brokers.choose(plans, brokerOptions(options, folder));
  }
  if (asking === undefined) return { kind: 'as it is' };
  throw new AlertSimError(
    'BAD_SCENARIO',
    `the variant ${asking.variant ?? ''} asks for broker settings (${Object.keys(asking.broker).join(', ')}), and there is ` +
      'no broker here that could be given them',
  );
}

function brokerOptions({ timeoutMs, signal, log, progress }: ExperimentOptions, folder: string) {
  return { stateFolder: join(folder, 'broker'), timeoutMs, signal, log, progress };
}

/**
 * Starts each broker that the variants need once, and asks it for their topics: what Kafka rejects ends the
 * comparison before its first run, and not an hour later.
 */
async function rehearse(
  variants: ReadonlyMap<string, Plan>,
  choice: BrokerChoice,
  folder: string,
  options: ExperimentOptions,
): Promise<void> {
  const { timeoutMs, force, signal, onEvent } = options;
  const sharing = new Map<string, [Plan, ...Plan[]]>();
  for (const plan of variants.values()) {
    const broker = JSON.stringify([plan.kafka.bootstrap, plan.cluster, plan.broker]);
    const others = sharing.get(broker);
    if (others === undefined) sharing.set(broker, [plan]);
    else others.push(plan);
  }
  onEvent({ kind: 'rehearsal', variants: variants.size });
  for (const plans of sharing.values()) {
    let [asked] = plans;
    try {
      await onBroker(asked, choice, folder, options, async (_broker, bootstrap) => {
        for (const plan of plans) {
          asked = plan;
          const there = { ...plan, kafka: { ...plan.kafka, bootstrap } };
          await checkScenario({ plan: there, timeoutMs, force, signal });
        }
      });
    } catch (thrown) {
      if (!(thrown instanceof AlertSimError) || thrown.code === 'INTERRUPTED') throw thrown;
      const text = `the variant ${asked.variant ?? asked.name} cannot be run: ${thrown.message}`;
      throw new AlertSimError(thrown.code, text, thrown);
    }
  }
}

/** Does something while the broker of a variant is there, and undoes everything after it. */
async function onBroker<Result>(
  plan: Plan,
  choice: BrokerChoice,
  folder: string,
  options: ExperimentOptions,
  use: (broker: VariantBroker | undefined, bootstrap: string) => Promise<Result>,
): Promise<Result> {
  const { brokers, log } = options;
  const broker =
    brokers === undefined || choice.kind === 'as it is'
      ? undefined
      : await brokers.prepare(plan, choice, brokerOptions(options, folder));
  try {
    return await use(broker, broker?.bootstrap ?? plan.kafka.bootstrap);
  } finally {
    for (const left of (await broker?.restore()) ?? []) log.error('compare', left);
  }
}

async function runSlot(
  slot: Slot,
  variants: ReadonlyMap<string, Plan>,
  folder: string,
  id: string,
  choice: BrokerChoice,
  options: ExperimentOptions,
): Promise<FinishedRun> {
  const plan = variants.get(slot.variant);
  const variant = options.plan.variants.find(({ name }) => name === slot.variant);
  if (plan === undefined || variant === undefined) throw new Error(`no variant ${slot.variant}`);
  return onBroker(plan, choice, folder, options, async (broker, bootstrap) => {
    const there = { ...plan, kafka: { ...plan.kafka, bootstrap } };
    let watch: BrokerWatch | undefined;
    try {
      watch = await options.brokerFigures?.(there, broker);
      const outcome = await runScenario({
        plan: there,
        runsFolder: join(folder, 'runs'),
        timeoutMs: options.timeoutMs,
        force: options.force,
        signal: options.signal,
        log: options.log,
        progress: options.progress,
        outputs: options.outputs(there),
        brokerFigures: watch?.metrics,
        brokerMetricSource: watch?.source,
        helperPids: watch?.pids,
        experiment: noteOf(slot, variant, id),
      });
      if (outcome.folderFault !== undefined) throw outcome.folderFault;
      return await finishedRun(outcome.folder, options.phase);
    } finally {
      await watch?.stop();
    }
  });
}

function noteOf({ block, position, control }: Slot, variant: VariantPlan, id: string) {
  return { id, variant, block, position, control };
}

function isClear({ variants }: Comparison, deciding: readonly string[]): boolean {
  const found = variants.flatMap(({ metrics }) =>
    metrics.filter(({ metric }) => deciding.includes(metric.key)),
  );
  return found.length > 0 && found.every(({ verdict }) => verdict !== 'cannot tell');
}
