import { join } from 'node:path';
import { runScenario, type RunOptions, type RunOutcome } from '../../src/coordinator/runScenario.js';
import type { RunOutput } from '../../src/outputs/runOutput.js';
import { createLogger } from '../../src/outputs/log.js';
import type { ProgressFactory } from '../../src/outputs/progress.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';
import type { PhaseSummary, RunSummary } from '../../src/results/runFolder.js';

/** Shows nothing. */
export const noProgress: ProgressFactory = () => ({ update: () => undefined, stop: () => undefined });

/** The measured phase of a benchmark's run. */
export interface BenchRun {
  readonly summary: RunSummary;
  readonly phase: PhaseSummary;
}

/**
 * Runs a scenario of a benchmark, as `run` does. Flat out, the phase's rate counts until the last answer, as
 * peers report it.
 *
 * @param text - the scenario, with one phase
 * @param outputs - besides the run folder
 * @throws where messages failed or a worker did: such a run measures nothing
 */
export async function runBenchScenario(
  text: string,
  folder: string,
  outputs: readonly RunOutput[] = [],
): Promise<BenchRun> {
  return measuredPhase(await runScenario({ ...benchRunOptions(text, folder), outputs }));
}

/**
 * The measured phase of a benchmark's run.
 *
 * @throws where messages failed or a worker did: such a run measures nothing
 */
export function measuredPhase({ summary, failures }: Pick<RunOutcome, 'summary' | 'failures'>): BenchRun {
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.message}`);
  if (summary.counts.failed > 0) throw new Error(`${summary.counts.failed} messages failed`);
  const phase = summary.phases.find(({ measured }) => measured);
  if (phase === undefined) throw new Error('no phase was measured');
  return { summary, phase };
}

/**
 * How a benchmark executes a scenario: quietly, and with no output but the run folder.
 *
 * @throws where the scenario has faults
 */
export function benchRunOptions(text: string, folder: string): RunOptions {
  const result = parseScenario(text, { fileName: 'bench', environment: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return {
    plan: result.plan,
    runsFolder: join(folder, 'runs'),
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    log: createLogger(process.stderr, 'warning'),
    progress: noProgress,
    outputs: [],
  };
}
