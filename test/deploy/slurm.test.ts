import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installationFolder } from '../../src/version.js';

const run = promisify(execFile);
const script = 'deploy/slurm/rubin-alert-sim.sbatch';

let folder: string;
let clone: string;
let elsewhere: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'test-slurm-')));
  clone = join(folder, 'a clone');
  elsewhere = join(folder, 'else where');
  for (const made of ['dist/src/cli', 'deploy/slurm', 'scenarios'])
    await mkdir(join(clone, made), { recursive: true });
  await mkdir(elsewhere);
  await mkdir(join(folder, 'bin'));
  await writeFile(join(clone, 'dist/src/cli/main.js'), 'console.log(JSON.stringify(process.argv.slice(1)));');
  await writeFile(join(clone, 'scenarios/visits.yaml'), '');
  await writeFile(join(elsewhere, 'own.yaml'), '');
  await copyFile(join(installationFolder, script), join(clone, script));
  await program('srun', 'shift; exec "$@"');
});

afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, text: string): Promise<void> {
  const file = join(folder, 'bin', name);
  await writeFile(file, `#!/bin/bash\n${text}\n`);
  await chmod(file, 0o755);
}

/** Submits the script as sbatch does: a copy in a spool folder, run in the folder where sbatch was called. */
async function submit(
  { typed, from }: { readonly typed?: string; readonly from: string },
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  // What slurm-wlm 22.05 shows: the script as it was typed where that was a path with folders, and the words behind it.
  await program('scontrol', typed === undefined ? 'exit 1' : `echo "   Command=${typed} ${words.join(' ')}"`);
  await mkdir(join(folder, 'spool'));
  const spooled = join(folder, 'spool', 'slurm_script');
  await copyFile(join(installationFolder, script), spooled);
  const { PATH = '' } = process.env;
  const { stdout } = await run('bash', [spooled, ...words], {
    cwd: from,
    env: { PATH: `${join(folder, 'bin')}:${PATH}`, SLURM_JOB_ID: '7', SLURM_SUBMIT_DIR: from, ...env },
  });
  return JSON.parse(stdout) as string[];
}

it.each([
  ['by its absolute path', () => ({ typed: join(clone, script), from: elsewhere })],
  [
    'by a path from the folder where sbatch was called',
    () => ({ typed: `../a clone/${script}`, from: elsewhere }),
  ],
  ['in the clone, where Slurm does not say the command', () => ({ from: clone })],
  ['in its own folder, where Slurm does not say the command', () => ({ from: join(clone, 'deploy/slurm') })],
])('the batch script finds the clone when it was submitted %s', async (_how, how) => {
  const { from, ...job } = how();
  const words = await submit({ ...job, from }, ['scenarios/visits.yaml', '--set', 'name=a']);
  const scenario = from === clone ? 'scenarios/visits.yaml' : join(clone, 'scenarios/visits.yaml');
  const program = join(clone, 'dist/src/cli/main.js');
  expect(words).toEqual([program, 'run', scenario, '--out', join(from, 'runs'), '--set', 'name=a']);
});

it('the batch script takes the program that RUBIN_ALERT_SIM names, and a scenario where sbatch was called', async () => {
  const env = { RUBIN_ALERT_SIM: join(clone, 'dist/src/cli/main.js'), RUNS: join(folder, 'results') };
  const words = await submit({ typed: '/copied/rubin-alert-sim.sbatch', from: elsewhere }, ['own.yaml'], env);
  expect(words.slice(1)).toEqual(['run', 'own.yaml', '--out', join(folder, 'results')]);
});

it.each([
  [
    'a copy of it has no clone',
    '/copied',
    'own.yaml',
    /^rubin-alert-sim\.sbatch: no program at .*: build the clone once/,
  ],
  [
    'there is no such scenario',
    undefined,
    'none.yaml',
    /^rubin-alert-sim\.sbatch: no scenario none\.yaml in /,
  ],
])('the batch script says what is missing when %s', async (_what, copied, scenario, sentence) => {
  const typed = copied === undefined ? join(clone, script) : `${copied}/rubin-alert-sim.sbatch`;
  const failed = submit({ typed, from: elsewhere }, [scenario]);
  await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) as string });
});
