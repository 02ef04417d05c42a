import { AlertSimError } from '../errors.js';
import { pause } from './interruption.js';
import { isAlive, type ProcessIdentity } from './processIdentity.js';

export type Ending = 'by itself' | 'by force';

/**
 * Ends a process: asks it to end, waits, and kills it in the end.
 *
 * @param identity - a later process with its number is left alone
 * @param graceMs - how long it may take to end by itself
 */
export async function stopProcess(identity: ProcessIdentity, graceMs: number): Promise<Ending> {
  await send(identity, 'SIGTERM');
  const endMs = performance.now() + graceMs;
  while (performance.now() < endMs) {
    if (!(await isAlive(identity))) return 'by itself';
    await pause(pollMs);
  }
  await send(identity, 'SIGKILL');
  while (await isAlive(identity)) await pause(pollMs);
  return 'by force';
}

async function send(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  if (!(await isAlive(identity))) return;
  try {
    process.kill(identity.pid, signal);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EPERM') {
      throw new AlertSimError(
        'BAD_USAGE',
        `the process ${identity.pid} belongs to another user: stop it as that user, or as root`,
        thrown,
      );
    }
    if (code !== 'ESRCH') throw thrown;
  }
}

const pollMs = 50;
