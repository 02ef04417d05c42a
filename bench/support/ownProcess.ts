import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installationFolder } from '../../src/version.js';
import { runProgram } from './program.js';
import { measuredPhase, type BenchRun } from './scenario.js';
import type { IntervalRecord, RunSummary } from '../../src/results/runFolder.js';

/** What a run in a process of its own left in its run folder. */
export interface OwnProcessRun extends BenchRun {
  /** In order. */
  readonly intervals: readonly IntervalRecord[];
  /** All files of the run folder. */
  readonly folderBytes: number;
}

/**
 * Runs `rubin-alert-sim run` as a user does, in a process of its own: its memory and its processor time are
 * those of the harness, and not of the benchmark around it. The run folder is read and removed.
 *
 * @param text - the scenario, with one measured phase
 * @param folder - where files may be created
 * @throws where the run fails, or a message does: such a run measures nothing
 */
export async function runInOwnProcess(text: string, folder: string): Promise<OwnProcessRun> {
  const parent = await mkdtemp(join(folder, 'own-process-'));
  try {
    const file = join(parent, 'scenario.yaml');
    const runs = join(parent, 'runs');
    writeFileSync(file, text);
    const program = join(installationFolder, 'dist', 'src', 'cli', 'main.js');
    await runProgram(process.execPath, [program, 'run', file, '--out', runs]);
    const [name = ''] = readdirSync(runs, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
    const runFolder = join(runs, name);
    const summary = JSON.parse(readFileSync(join(runFolder, 'summary.json'), 'utf8')) as RunSummary;
    return {
      ...measuredPhase({ summary, failures: [] }),
      intervals: readFileSync(join(runFolder, 'intervals.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as IntervalRecord),
      folderBytes: readdirSync(runFolder).reduce(
        (sum, entry) => sum + statSync(join(runFolder, entry)).size,
        0,
      ),
    };
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}
