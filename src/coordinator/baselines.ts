import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareRuns, type Comparison, type MetricComparison } from '../compare/comparison.js';
import { differencesOf, type Difference } from '../compare/sameness.js';
import { AlertSimError } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';
import { differText, finishedRuns } from './compareFinished.js';
import type { FinishedRun } from '../compare/result.js';
import { remarkLine } from '../report/compareText.js';

/** `baselines/NAME.json`: runs that later ones are compared with. It does not need their folders any more. */
export interface Baseline {
  /** Raised when a key changes its meaning. */
  readonly schemaVersion: 1;
  readonly name: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** Null for all measured phases together. */
  readonly phase: string | null;
  /** They all count. */
  readonly runs: readonly FinishedRun[];
}

/** How runs are compared with a baseline. */
export interface BaselineRules {
  /** How often the check may find a difference that doesn't exist. */
  readonly alpha: number;
  /** Differences up to this share don't matter. */
  readonly margin: number;
  /** Default: all. */
  readonly only: readonly string[] | undefined;
  /** Whether scenario and host may differ. */
  readonly allowDifferences: boolean;
}

export interface BaselineCheck {
  readonly comparison: Comparison;
  /** Metrics that got worse. */
  readonly worse: readonly MetricComparison[];
  /** From the baseline's runs. */
  readonly differences: readonly Difference[];
  /** About runs that failed or do not count. */
  readonly remarks: readonly string[];
}

/**
 * Saves runs as a baseline; one of this name is replaced.
 *
 * @param runFolders - the runs, all of the same variant, or the folder of a comparison
 * @returns the baseline, and why runs were left out, half a sentence each
 * @throws `BAD_INPUT_FILE`; `BAD_USAGE` when no run counts, or the runs are not all of the same variant
 */
export async function saveBaseline(
  folder: string,
  name: string,
  runFolders: readonly string[],
  phase: string | undefined,
): Promise<{ readonly baseline: Baseline; readonly skipped: readonly string[] }> {
  const path = pathOf(folder, name);
  const all = await finishedRuns(runFolders, phase);
  const runs = all.filter(({ counted }) => counted);
  const skipped = all
    .filter(({ counted }) => !counted)
    .map(({ run, remark }) => `${run} is not a measurement (${remark ?? ''})`);
  if (runs.length === 0) throw new AlertSimError('BAD_USAGE', `nothing to save: ${skipped.join('; ')}`);
  refuse(differencesOf(runs.map(inOneGroup)));
  const baseline: Baseline = {
    schemaVersion: 1,
    name,
    savedAt: new Date().toISOString(),
    phase: phase ?? null,
    runs,
  };
  try {
    await makeFolders(folder);
    await writeFile(`${path}.part`, `${JSON.stringify(baseline, null, 2)}\n`);
    await rename(`${path}.part`, path);
  } catch (thrown) {
    throw fileError(thrown, {
      task: `write ${path}`,
      code: 'BAD_USAGE',
      fix: 'name another folder with --dir',
    });
  }
  return { baseline, skipped };
}

/**
 * Compares runs with a baseline.
 *
 * @throws `BAD_INPUT_FILE`; `BAD_USAGE` when scenario or host differ, or none of the runs counts
 */
export async function checkBaseline(
  folder: string,
  name: string,
  runFolders: readonly string[],
  rules: BaselineRules,
): Promise<BaselineCheck> {
  const { phase, runs: saved } = await readBaseline(folder, name);
  const runs = await finishedRuns(runFolders, phase ?? undefined);
  const counted = runs.filter((run) => run.counted);
  const remarks = runs.flatMap(remarkLine);
  if (counted.length === 0) throw new AlertSimError('BAD_USAGE', `nothing to check: ${remarks.join('; ')}`);
  const before = saved.map((run) => inGroup(run, `baseline ${name}`));
  const after = counted.map((run) => inGroup(run, 'now'));
  const differences = differencesOf([...before, ...after].map(({ facts }) => facts));
  // A new version of the program or of a broker is what a check is for; another scenario or machine is not.
  const decisive = differences.filter(({ path }) => /^(scenario|host)\./.test(path));
  if (!rules.allowDifferences) refuse(decisive);
  const { alpha, margin, only } = rules;
  const comparison = compareRuns([...before, ...after], {
    baseline: `baseline ${name}`,
    alpha,
    margin,
    paired: false,
    only,
  });
  const found = comparison.variants.flatMap(({ metrics }) => metrics);
  return { comparison, worse: found.filter(({ verdict }) => verdict === 'worse'), differences, remarks };
}

/**
 * All baselines, sorted by name.
 *
 * @throws `BAD_INPUT_FILE` for a damaged one
 */
export async function listBaselines(folder: string): Promise<Baseline[]> {
  const files = await readdir(folder).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(thrown, { task: `read the baselines in ${folder}`, code: 'BAD_INPUT_FILE' });
  });
  const names = files.filter((file) => file.endsWith('.json')).sort();
  return Promise.all(names.map((file) => readBaseline(folder, file.slice(0, -'.json'.length))));
}

async function readBaseline(folder: string, name: string): Promise<Baseline> {
  const path = pathOf(folder, name);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw fileError(cause, { task: `read the baseline ${path}`, code: 'BAD_INPUT_FILE' });
    }
    const there = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
    const hint =
      there.length === 0
        ? `${folder} holds none: make one with rubin-alert-sim baseline save`
        : `there are ${there.map((file) => file.slice(0, -'.json'.length)).join(', ')}`;
    throw new AlertSimError('BAD_INPUT_FILE', `there is no baseline "${name}"; ${hint}`, cause);
  }
  const damaged = `${path} is damaged: save the baseline again`;
  let content: Partial<Baseline> | null;
  try {
    content = JSON.parse(text) as Partial<Baseline> | null;
  } catch (cause) {
    throw new AlertSimError('BAD_INPUT_FILE', damaged, cause);
  }
  if (content?.schemaVersion !== 1 || !Array.isArray(content.runs) || content.runs.length === 0) {
    throw new AlertSimError('BAD_INPUT_FILE', damaged);
  }
  return content as Baseline;
}

function pathOf(folder: string, name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) {
    throw new AlertSimError(
      'BAD_USAGE',
      `a baseline's name is of letters, digits, ".", "-" and "_", not "${name}"`,
    );
  }
  return join(folder, `${name}.json`);
}

function inGroup(run: FinishedRun, group: string): FinishedRun {
  return { ...run, variant: group, block: null, control: false, facts: { ...run.facts, group, changes: [] } };
}

function inOneGroup({ facts }: FinishedRun): FinishedRun['facts'] {
  return { ...facts, group: facts.run, changes: [] };
}

function refuse(differences: readonly Difference[]): void {
  if (differences.length > 0) throw new AlertSimError('BAD_USAGE', differText(differences));
}
