import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Aborted when the benchmark is stopped. Every program that is started for a measurement has its signal: one
 * that was left behind would go on trying to reach a broker that is gone, and take a core from whatever is
 * measured next.
 */
export const breakOff = new AbortController();

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws where it fails, or the benchmark is stopped
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<{ stdout: string; stderr: string }> {
  return execute(command, [...args], { maxBuffer: 1 << 26, signal: breakOff.signal, ...options });
}
