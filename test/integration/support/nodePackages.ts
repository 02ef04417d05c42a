import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../src/broker/cacheFolder.js';
import { messageOf } from '../../../src/errors.js';

/**
 * A folder in which packages of npm are installed, without their install scripts. They are programs that readers use and
 * we don't: so they are no dependencies of ours. It is made once, in the cache folder.
 *
 * @returns undefined after saying why there is none; then skip the test
 * @throws an Error instead of that where `CI` is set: there nothing is skipped in silence
 */
export async function nodePackages(packages: readonly string[]): Promise<string | undefined> {
  const key = createHash('sha256').update(packages.join('\0')).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'node', key);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  try {
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, 'package.json'), '{"private":true}');
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefix', partial];
    await promisify(execFile)('npm', ['install', ...options, ...packages], { timeout: 300_000 });
    await rename(partial, folder);
  } catch (thrown) {
    await rm(partial, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    const reason = `${packages.join(', ')} cannot be installed here (${messageOf(thrown).split('\n').at(-1) ?? ''})`;
    if ((process.env.CI ?? '') !== '') throw new Error(reason, { cause: thrown });
    console.warn(`skipped: ${reason}`);
    return undefined;
  }
  return folder;
}
