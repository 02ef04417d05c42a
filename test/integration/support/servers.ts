import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';

export interface Server {
  readonly pid: number;
  /** Undefined while it runs. */
  readonly ended: () => string | undefined;
  /** Asks it to end, and kills it after five seconds. */
  readonly stop: () => Promise<void>;
}

/** Starts a server; should the test's process end without `stop`, it is killed. */
export function startServer(
  command: string,
  args: readonly string[],
  { env = {}, output }: { readonly env?: NodeJS.ProcessEnv; readonly output: string },
): Server {
  const file = openSync(output, 'w');
  const child: ChildProcess = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended ??= `ended with ${String(code ?? signal)}, see ${output}`;
      resolve();
    });
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.on('exit', kill);
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    stop: async () => {
      process.removeListener('exit', kill);
      if (ended !== undefined) return;
      child.kill('SIGTERM');
      const timer = setTimeout(kill, 5000);
      await end;
      clearTimeout(timer);
    },
  };
}

/**
 * Waits until a condition holds.
 *
 * @param what - for the error
 * @param isSo - asked every 100 ms; what it throws counts as no
 */
export async function until(
  what: string,
  deadlineMs: number,
  isSo: () => Promise<boolean> | boolean,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      if (await isSo()) return;
    } catch (thrown) {
      last = thrown;
    }
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
