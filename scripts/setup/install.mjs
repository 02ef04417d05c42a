// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, readStamp, runLogged, writeStamp } from './step.mjs';

/**
 * Installs the dependencies of package-lock.json, unless this very lock file is installed already.
 *
 * @param {string} root the top folder of the clone
 */
export async function installDependencies(root) {
  const stampFile = join(root, 'node_modules', '.rubin-alert-sim-lock');
  const wanted = digest([readFileSync(join(root, 'package-lock.json'), 'utf8')]);
  if (readStamp(stampFile) === wanted && existsSync(join(root, 'node_modules', 'node-rdkafka'))) return;
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm === undefined ? ['npm'] : [process.execPath, npm];
  await runLogged('installing the dependencies', command, [...first, 'ci', '--include=dev'], {
    cwd: root,
    logFile: join(root, 'dist', 'setup-install.log'),
  });
  writeStamp(stampFile, wanted);
}
