import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from '../../src/broker/processIdentity.js';
import { withLock } from '../../src/broker/processLock.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(folder, 'sub', 'a.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const options = { purpose: 'testing' };

describe('withLock', () => {
  it('lets one work at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, options, work)));
    expect(most).toBe(1);
    expect(await readdir(join(folder, 'sub'))).toEqual([]);
  });

  it('is released when the work fails', async () => {
    await expect(withLock(file, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    ['a process that ended', { pid: 2 ** 22 + 1, processStart: 'x', token: 'old' }],
    ['another process with the same number', { pid: process.pid, processStart: 'before', token: 'old' }],
    ['nobody: the file is garbled', 'not json'],
  ])('takes the lock over from %s, and only one of several does', async (_who, holder) => {
    await withLock(file, options, () => Promise.resolve());
    await writeFile(file, typeof holder === 'string' ? holder : JSON.stringify(holder));
    let inside = 0;
    const work = async (): Promise<number> => {
      inside += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return inside--;
    };
    expect(await Promise.all([1, 2, 3].map(() => withLock(file, options, work)))).toEqual([1, 1, 1]);
  });

  it('names the holder when it waited long enough', async () => {
    await withLock(file, options, async () => {
      await expect(withLock(file, { ...options, waitMs: 0 }, () => Promise.resolve())).rejects.toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        message: expect.stringContaining(`(pid ${process.pid}) has been testing`) as unknown,
      });
    });
  });

  it('stops waiting when it is interrupted', async () => {
    const signal = AbortSignal.abort();
    await withLock(file, options, async () => {
      const waiting = withLock(file, { ...options, signal }, () => Promise.resolve());
      await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
    });
  });
});

describe('identify', () => {
  it('gives a living process the same identity each time, and a dead one none', async () => {
    expect(await identify(process.pid)).toEqual(await identify(process.pid));
    expect(await identify(2 ** 22 + 1)).toBeUndefined();
  });
});
