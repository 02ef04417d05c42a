import { valuesOf } from '../compare/comparedMetrics.js';
import { differenceText, withCompareWords } from '../report/compareText.js';
import { faultText, remarkText } from '../report/words.js';
import { isMeasurement } from '../results/findings.js';
import { readRunFolder } from '../results/readRunFolder.js';
import type { VariantPlan } from '../scenario/plan.js';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { differencesOf, type Difference } from '../compare/sameness.js';
import { AlertSimError } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { createRunFolder } from '../results/writeRunFolder.js';
import { resultOf, type CompareResult, type FinishedRun } from '../compare/result.js';

export interface FinishedOptions {
  /** Run folders, or folders of comparisons, which include all their runs. */
  readonly folders: readonly string[];
  /** The folder where the result goes. */
  readonly runsFolder: string;
  /** How often the whole comparison may find a difference that doesn't exist. */
  readonly alpha: number;
  /** Differences up to this share don't matter. */
  readonly margin: number;
  /** Default: all. */
  readonly only: readonly string[] | undefined;
  /** Undefined for all measured ones together. */
  readonly phase: string | undefined;
  /** Whether runs may differ in more than the variant. */
  readonly allowDifferences: boolean;
}

/**
 * Compares finished runs, grouped by their variants; the group of the first run is what others are compared
 * with. Writes `compare.json`.
 *
 * @throws `BAD_INPUT_FILE` for what is not a run; `BAD_USAGE` when they differ in more than the variant, or
 * in nothing
 */
export async function compareFinished(
  options: FinishedOptions,
): Promise<{ readonly folder: string; readonly result: CompareResult }> {
  const { phase, alpha, margin, only } = options;
  const runs = grouped(await finishedRuns(options.folders, phase), options.allowDifferences);
  refuseDifferences(runs, options.allowDifferences);
  const counted = runs.filter((run) => run.counted && !run.control);
  const [baseline] = counted;
  const groups = [...new Set(counted.map(({ variant }) => variant))];
  if (baseline === undefined || groups.length < 2) {
    const of = groups.length === 0 ? 'no run that counts' : `runs of ${groups[0] ?? ''} only`;
    const left = runs
      .filter((run) => !run.counted)
      .map(({ run, remark }) => `${run} does not count: ${remark ?? ''}`);
    const why = [`there are ${of}, and two variants are the least`, ...left].join('; ');
    throw new AlertSimError('BAD_USAGE', `nothing to compare: ${why}`);
  }
  const experiments = new Set(runs.map(({ experiment }) => experiment));
  const startedAt = new Date();
  const name = [...new Set(runs.map(({ scenario }) => scenario))].join('-and-').slice(0, 80);
  const folder = await createRunFolder(options.runsFolder, startedAt, `compare-${name}`, undefined);
  const result = resultOf({
    id: folder.id,
    comparedAt: startedAt,
    phase,
    experiment: null,
    runs,
    rules: {
      baseline: baseline.variant,
      alpha,
      margin,
      // Runs of one experiment are paired in blocks; others don't share conditions.
      paired: experiments.size === 1 && !experiments.has(null),
      only,
    },
  });
  folder.writeJson('compare.json', withCompareWords(result));
  await folder.flush();
  const fault = folder.fault();
  if (fault !== undefined) throw fault;
  return { folder: folder.path, result };
}

/**
 * Reads a run folder for a comparison.
 *
 * @param phase - undefined for all measured phases together
 * @throws `BAD_INPUT_FILE` when it is not a run folder, the run has no result, or it has no such phase
 */
export async function finishedRun(folder: string, phase: string | undefined): Promise<FinishedRun> {
  const { path, id, manifest, summary, intervals, faults } = await readRunFolder(folder);
  if (summary === undefined || manifest === undefined) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder} cannot be compared: ${faults.map(faultText).join('; ')}; leave it out`,
    );
  }
  if (phase !== undefined && !summary.phases.some(({ name }) => name === phase)) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder} has no phase "${phase}": its phases are ${summary.phases.map(({ name }) => name).join(', ')}`,
    );
  }
  const { experiment } = manifest;
  const variant = summary.run.variant ?? summary.run.scenario;
  return {
    folder: path,
    run: id,
    scenario: summary.run.scenario,
    variant,
    block: experiment === undefined || experiment.control ? null : experiment.block,
    position: experiment?.position ?? 0,
    control: experiment?.control ?? false,
    values: valuesOf(summary, intervals, phase),
    verdict: summary.verdict,
    counted: isMeasurement(summary.verdict, summary.findings),
    remark: remarkText(summary),
    experiment: experiment?.id ?? null,
    facts: {
      run: id,
      group: variant,
      manifest,
      changes: experiment === undefined ? [] : changesOf(experiment.variant),
    },
  };
}

/**
 * The paths of a scenario that a variant changes: `kafka.client.linger.ms`, `stream.config.compression.type`,
 * `broker.num.io.threads`.
 */
function changesOf({ set, topic, broker, ...own }: VariantPlan): string[] {
  const { config = {}, partitions, replication } = topic;
  return [
    ...Object.keys(set),
    ...(partitions === undefined ? [] : ['stream.partitions']),
    ...(replication === undefined ? [] : ['stream.replication']),
    ...Object.keys(config).map((name) => `stream.config.${name}`),
    ...(['kafkaVersion', 'brokers', 'zookeeper', 'jvm'] as const)
      .filter((key) => own[key] !== undefined)
      .map((key) => `cluster.${key}`),
    ...Object.keys(broker).map((name) => `broker.${name}`),
  ];
}

/**
 * Reads run folders, each once; the folder of a comparison includes all its runs.
 *
 * @param phase - undefined for all measured phases together
 * @throws `BAD_INPUT_FILE` for what is neither
 */
export async function finishedRuns(
  folders: readonly string[],
  phase: string | undefined,
): Promise<FinishedRun[]> {
  const runs = new Map<string, FinishedRun>();
  for (const folder of folders) {
    for (const one of await runFoldersIn(folder)) {
      const run = await finishedRun(one, phase);
      runs.set(run.folder, run);
    }
  }
  return [...runs.values()];
}

async function runFoldersIn(folder: string): Promise<string[]> {
  const path = join(folder, 'compare.json');
  if ((await stat(path).catch(() => undefined)) === undefined) return [folder];
  const damaged = (): AlertSimError =>
    new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} is damaged: name the run folders in ${join(folder, 'runs')} instead`,
    );
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) throw damaged();
    throw fileError(thrown, { task: `read ${path}`, code: 'BAD_INPUT_FILE' });
  }
  const runs = (content as { runs?: unknown } | null)?.runs;
  if (!Array.isArray(runs)) throw damaged();
  return Promise.all(
    (runs as readonly unknown[]).map(async (run) => {
      const { run: id, folder: noted } = (run ?? {}) as { run?: unknown; folder?: unknown };
      if (typeof id !== 'string' || typeof noted !== 'string') throw damaged();
      // A folder that was moved holds its runs beside compare.json; finished runs are elsewhere.
      const beside = join(folder, 'runs', id);
      return (await stat(beside).catch(() => undefined)) === undefined ? noted : beside;
    }),
  );
}

/**
 * Runs of one name that were resolved to different scenarios are different variants, when that is allowed.
 */
function grouped(runs: readonly FinishedRun[], allowed: boolean): FinishedRun[] {
  if (!allowed) return [...runs];
  return runs.map((run) => {
    const named = runs.filter(({ variant }) => variant === run.variant);
    const settings = differencesOf(named.map(({ facts }) => ({ ...facts, group: facts.run }))).filter(
      ({ path }) => path.startsWith('scenario.'),
    );
    if (settings.length === 0) return run;
    const mine = settings.map(
      ({ path, values }) =>
        `${path.replace('scenario.', '')}=${values.find(({ groups }) => groups.includes(run.facts.run))?.value ?? 'absent'}`,
    );
    const variant = `${run.variant} (${mine.join(', ')})`;
    return { ...run, variant, facts: { ...run.facts, group: variant } };
  });
}

function refuseDifferences(runs: readonly FinishedRun[], allowed: boolean): void {
  const others = differencesOf(runs.map(({ facts }) => facts)).filter(({ ofVariant }) => !ofVariant);
  if (allowed || others.length === 0) return;
  throw new AlertSimError('BAD_USAGE', differText(others));
}

/** Why runs cannot be compared: a sentence with each difference, a line each, and the fix. */
export function differText(differences: readonly Difference[]): string {
  return (
    'the runs differ in more than the variant, so a difference may have another cause; ' +
    `--allow-differences compares them all the same:\n${differences.map((one) => `  ${differenceText(one)}`).join('\n')}`
  );
}
