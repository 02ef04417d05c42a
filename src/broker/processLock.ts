import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AlertSimError } from '../errors.js';
import { isUnwritable } from '../fileErrors.js';
import { makeFolders } from '../makeFolders.js';
import { pause, stopIfInterrupted } from './interruption.js';
import { identify, isAlive, type ProcessIdentity } from './processIdentity.js';

export interface LockOptions {
  /** What the holder does, for the error's text: `starting a broker`. */
  readonly purpose: string;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a living holder; 180,000 by default. */
  readonly waitMs?: number | undefined;
  /**
   * What to do where no lock can be written, because the disk is full or read-only: `fail` by default. `go
   * on` is for work that is needed just then, such as stopping the broker that filled the disk; a lock that
   * someone holds still counts.
   */
  readonly withoutRoom?: 'fail' | 'go on' | undefined;
}

/**
 * Does some work while no other process does it. The lock is a file that names its holder; the lock of a
 * holder that died is taken over.
 *
 * @param file - its folder is created
 * @throws `SERVICE_UNAVAILABLE` when another process holds the lock for too long, `INTERRUPTED`
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const me = await identify(process.pid);
  if (me === undefined) throw new AlertSimError('INTERNAL', 'this process does not find itself');
  const isHeld = await acquire(file, { ...me, token: randomUUID() }, options);
  try {
    return await work();
  } finally {
    // On a disk that became read-only meanwhile, the lock of a process that has ended blocks no one.
    if (isHeld) await rm(file, { force: true }).catch(() => undefined);
  }
}

interface Holder extends ProcessIdentity {
  readonly token: string;
}

const pollMs = 50;

/** Resolves with false where the work goes on without a lock. */
async function acquire(file: string, me: Holder, options: LockOptions): Promise<boolean> {
  const { purpose, signal, waitMs = 180_000 } = options;
  for (let waitedMs = 0; ;) {
    stopIfInterrupted(signal, `another process was still ${purpose}`);
    const taken = await take(file, me);
    if (taken === 'taken') return true;
    const holder = await readHolder(file);
    const isHeld = holder !== undefined && (await isAlive(holder));
    if (!isHeld && typeof taken !== 'string') {
      if (options.withoutRoom === 'go on') return false;
      throw taken.unwritable;
    }
    if (holder === undefined) continue;
    if (!isHeld) {
      await setAside(file, holder, me);
      continue;
    }
    if (waitedMs >= waitMs) {
      throw new AlertSimError(
        'SERVICE_UNAVAILABLE',
        `another rubin-alert-sim (pid ${holder.pid}) has been ${purpose} for ${waitMs / 1000} s: ` +
          `wait for it or end it, then try again`,
      );
    }
    await pause(pollMs, signal);
    waitedMs += pollMs;
  }
}

/** A link appears at once with its whole content, and only one process can make it. */
async function take(
  file: string,
  me: Holder,
): Promise<'taken' | 'there is one' | { readonly unwritable: unknown }> {
  const draft = `${file}.${me.token}`;
  try {
    await makeFolders(dirname(file));
    await writeFile(draft, JSON.stringify(me));
    await link(draft, file);
    return 'taken';
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // ENOENT: the last holder removed the folder in between.
    if (code === 'EEXIST' || code === 'ENOENT') return 'there is one';
    if (isUnwritable(thrown)) return { unwritable: thrown };
    throw thrown;
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // Not a lock of ours: a holder that never lives.
    if (thrown instanceof SyntaxError) return { pid: 0, processStart: '', token: '' };
    throw thrown;
  }
}

/** Removes the lock of a dead holder, unless another process was faster and holds a new lock by now. */
async function setAside(file: string, dead: Holder, me: Holder): Promise<void> {
  const aside = `${file}.${me.token}.dead`;
  try {
    await rename(file, aside);
    if ((await readHolder(aside))?.token !== dead.token) await link(aside, file);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw thrown;
  } finally {
    await rm(aside, { force: true });
  }
}
