// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, readStamp, requireWritable, runLogged, writeStamp } from './step.mjs';

/**
 * Installs the dependencies of package-lock.json, unless this very lock file is installed already.
 *
 * @param {string} root the top folder of the clone
 */
export async function installDependencies(root) {
  const stampFile = join(root, 'node_modules', '.rubin-alert-sim-lock');
  const wanted = digest([readFileSync(join(root, 'package-lock.json'), 'utf8')]);
  if (readStamp(stampFile) === wanted && existsSync(join(root, 'node_modules', 'node-rdkafka'))) return;
  requireWritable(root);
  const { command, args, env } = npm(process.env);
  await runLogged('installing the dependencies', command, [...args, 'ci', '--include=dev'], {
    cwd: root,
    logFile: join(root, 'dist', 'setup-install.log'),
    env,
  });
  writeStamp(stampFile, wanted);
}

/**
 * The npm that runs this script. The lock file is npm's, so pnpm and yarn hand over to the npm of the PATH, without
 * the settings (npm_config_registry, for one) with which they shadow the user's.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{command: string, args: string[], env: NodeJS.ProcessEnv}}
 */
export function npm(env) {
  const running = env.npm_execpath;
  if (running !== undefined && /(^|[\\/])npm(-cli)?\.[cm]?js$/.test(running)) {
    return { command: process.execPath, args: [running], env };
  }
  const own = Object.entries(env).filter(([name]) => !/^npm_config_/i.test(name));
  return { command: 'npm', args: [], env: running === undefined ? env : Object.fromEntries(own) };
}
