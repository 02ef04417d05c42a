import { join } from 'node:path';
import { runScenario, type RunOptions } from '../../src/coordinator/runScenario.js';
import type { RunSummary } from '../../src/measure/summary.js';
import type { RunOutput } from '../../src/outputs/runOutput.js';
import { createLogger } from '../../src/outputs/log.js';
import { parseScenario } from '../../src/scenario/parseScenario.js';

/** What a run of a benchmark measured. */
export interface BenchRun {
  /** Its summary. */
  readonly summary: RunSummary;
  /**
   * Acknowledged messages a second of a phase, until the last acknowledgement, as peers tell it. The summary divides by
   * the time of sending: flat out, what librdkafka's queue holds at its end makes that rate larger than it was.
   */
  readonly answeredPerSecond: (phase: string) => number;
}

/**
 * Runs a scenario of a benchmark, as `run` does.
 *
 * @param text - the scenario
 * @param folder - where its run folder is made
 * @param outputs - told of it, beside the run folder
 * @returns what was measured
 * @throws where messages failed or a worker did: such a run measures nothing
 */
export async function runBenchScenario(
  text: string,
  folder: string,
  outputs: readonly RunOutput[] = [],
): Promise<BenchRun> {
  const answers = new AnswerTimes();
  const { summary, failures } = await runScenario({
    ...benchRunOptions(text, folder),
    outputs: [answers.output, ...outputs],
  });
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`${failure.name}: ${failure.message}`);
  if (summary.counts.failed > 0) throw new Error(`${summary.counts.failed} messages failed`);
  return { summary, answeredPerSecond: (name) => answers.perSecond(summary, name) };
}

/** Notes when the last message of each phase was answered. */
export class AnswerTimes {
  readonly #endMs = new Map<string, number>();

  /** Gets told by the run. */
  readonly output: RunOutput = {
    // A phase's end is told when nothing of it is in flight any more, although its time is that of the last sending.
    onPhase: ({ phase, kind }) => {
      if (kind === 'end') this.#endMs.set(phase, Date.now());
    },
  };

  /**
   * See {@link BenchRun.answeredPerSecond}.
   *
   * @param summary - of the run
   * @param name - the phase
   * @returns acknowledged messages a second, until the last acknowledgement
   */
  perSecond(summary: RunSummary, name: string): number {
    const phase = summary.phases.find((one) => one.name === name);
    const endMs = this.#endMs.get(name);
    if (phase === undefined || endMs === undefined) throw new Error(`no phase ${name} has ended`);
    return (1000 * phase.counts.acked) / (endMs - Date.parse(phase.startedAt));
  }
}

/**
 * How a benchmark executes a scenario: quietly, and with no output but the run folder.
 *
 * @param text - the scenario
 * @param folder - where its run folder is made
 * @returns the options of a run
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
    progress: () => ({ update: () => undefined, stop: () => undefined }),
    outputs: [],
  };
}
