import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCommand, type CommandResult, type RunningCommand } from './commandLine.js';
import type { IntervalRecord, RunSummary } from '../../../src/results/runFolder.js';

export interface RunningScenario extends RunningCommand {
  /** With what is in its run folder. */
  readonly finished: Promise<FinishedScenario>;
}

export interface FinishedScenario extends CommandResult {
  readonly folder: string;
  /** Its `summary.json`. */
  readonly summary: RunSummary;
  /** Its `intervals.ndjson`. */
  readonly intervals: readonly IntervalRecord[];
}

/**
 * Starts a scenario with the compiled command line.
 *
 * @param folder - a folder of the test; each scenario's name must be used once in it
 * @param yaml - without its name
 */
export async function startScenario(
  folder: string,
  name: string,
  yaml: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<RunningScenario> {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, `name: ${name}\n${yaml}`);
  const runs = join(folder, `runs-${name}`);
  const command = startCommand(['--verbose', 'run', file, '--out', runs, ...args], env);
  return { ...command, finished: command.ended.then((result) => finishedScenario(result, runs)) };
}

/** Runs a scenario to its end; see {@link startScenario}. */
export async function runScenarioFile(
  ...scenario: Parameters<typeof startScenario>
): Promise<FinishedScenario> {
  return (await startScenario(...scenario)).finished;
}

async function finishedScenario(result: CommandResult, runs: string): Promise<FinishedScenario> {
  // A test that is tried again has made another folder.
  const id = (await readdir(runs).catch(() => [])).sort().at(-1);
  if (id === undefined) throw new Error(`no run folder was made: ${JSON.stringify(result)}`);
  const folder = join(runs, id);
  const lines = await readFile(join(folder, 'intervals.ndjson'), 'utf8').catch(() => '');
  return {
    ...result,
    folder,
    summary: JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as RunSummary,
    intervals: lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as IntervalRecord),
  };
}
