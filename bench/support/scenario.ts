import { join } from 'node:path';
import { runScenario } from '../../src/coordinator/runScenario.js';
import type { RunSummary } from '../../src/measure/summary.js';
import { createLogger } from '../../src/outputs/log.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';

/**
 * Runs a scenario of a benchmark, as `run` does.
 *
 * @param text - the scenario
 * @param folder - where its run folder is made
 * @returns what was measured
 * @throws where messages failed or a worker did: such a run measures nothing
 */
export async function runBenchScenario(text: string, folder: string): Promise<RunSummary> {
  const result = parseScenario(text, { fileName: 'bench', environment: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const { summary, failures } = await runScenario({
    plan: result.plan,
    runsFolder: join(folder, 'runs'),
    timeoutMs: 60_000,
    signal: new AbortController().signal,
    log: createLogger(process.stderr, 'warning'),
    progress: () => ({ update: () => undefined, stop: () => undefined }),
    outputs: [],
  });
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.message}`);
  if (summary.counts.failed > 0) throw new Error(`${summary.counts.failed} messages failed`);
  return summary;
}
