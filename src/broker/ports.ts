import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { AlertSimError } from '../errors.js';
import { brokerHost } from './brokerConfig.js';

/** Draws a whole number; the second argument is exclusive. */
export type RandomInt = (from: number, below: number) => number;

/**
 * Finds different free ports on 127.0.0.1. They lie below the range that systems use for outgoing
 * connections, so that they stay free until a server is started on them, and while it restarts.
 *
 * @param given - ports that are free as well, but given away already
 */
export async function freePorts(
  count: number,
  given: readonly number[] = [],
  random: RandomInt = randomInt,
): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = random(20_000, 32_768);
    if (!ports.has(port) && !given.includes(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

/**
 * Makes sure that a port on 127.0.0.1 can be listened on.
 *
 * @param what - what it is for: `the broker`
 * @param option - the command's option that chooses another
 * @throws `BAD_USAGE` naming the port, and who uses it where the system reports it
 */
export async function requireFreePort(port: number, what: string, option: string): Promise<void> {
  try {
    await listenOnce(port);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      throw new AlertSimError(
        'BAD_USAGE',
        `port ${port} for ${what} needs special rights: choose another with ${option}`,
      );
    }
    if (code !== 'EADDRINUSE') throw thrown;
    const owner = await portOwner(port);
    throw new AlertSimError(
      'BAD_USAGE',
      `port ${port} for ${what} is in use${owner === undefined ? '' : ` by ${owner}`}: ` +
        `stop what uses it, or choose another port with ${option}`,
      thrown,
    );
  }
}

/** Who listens, from the output of `lsof -Fpc` or `ss -ltnpH`: `java (pid 4711)`. */
export function ownerFrom(text: string): string | undefined {
  const lsof = /^p(\d+)\nc(.+)$/m.exec(text);
  if (lsof !== null) return `${lsof[2] ?? ''} (pid ${lsof[1] ?? ''})`;
  const ss = /\("([^"]+)",pid=(\d+)/.exec(text);
  return ss === null ? undefined : `${ss[1] ?? ''} (pid ${ss[2] ?? ''})`;
}

async function portOwner(port: number): Promise<string | undefined> {
  const questions: readonly (readonly [string, readonly string[]])[] = [
    ['lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']],
    ['ss', ['-ltnpH', `sport = :${port}`]],
  ];
  for (const [command, args] of questions) {
    try {
      const { stdout } = await promisify(execFile)(command, args, { timeout: 3000 });
      const owner = ownerFrom(stdout);
      if (owner !== undefined) return owner;
    } catch {
      // Not installed, or not permitted.
    }
  }
  return undefined;
}

async function isFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    return true;
  } catch {
    return false;
  }
}

/** Listens on a port and stops at once; rejects where that is not possible. */
function listenOnce(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: brokerHost, port, exclusive: true }, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}
