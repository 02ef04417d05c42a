import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { installationFolder } from '../../../src/version.js';

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** Null when it ended by itself. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
  /** Resolves when its output, both streams together, matches; rejects when it ends before. */
  readonly prints: (pattern: RegExp) => Promise<void>;
}

/** The compiled command line, as a user runs it. */
export const mainScript = join(installationFolder, 'dist', 'src', 'cli', 'main.js');

/**
 * Starts the compiled command line.
 *
 * @param args - after `rubin-alert-sim`
 * @param env - besides those of this process
 * @param uid - the user that runs it, where this process is root
 */
export function startCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  uid?: number,
): RunningCommand {
  const startMs = performance.now();
  const child = spawn(process.execPath, [mainScript, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid }),
  });
  // It does not outlive the tests when one of them fails.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of watchers) look();
    });
  }
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, ...output, seconds: (performance.now() - startMs) / 1000 });
    });
  });
  const prints = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(output.stdout + output.stderr)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      void ended.then((result) => {
        reject(new Error(`ended before it printed ${String(pattern)}: ${JSON.stringify(result)}`));
      }, reject);
    });
  return { child, ended, prints };
}

/**
 * Runs the compiled command line to its end.
 *
 * @param args - after `rubin-alert-sim`
 * @param env - besides those of this process
 * @param uid - the user that runs it, where this process is root
 */
export function runCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  uid?: number,
): Promise<CommandResult> {
  return startCommand(args, env, uid).ended;
}
