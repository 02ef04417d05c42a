import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { installationFolder } from './version.js';

/** How a process was called. */
export interface Call {
  /** The script that Node runs: `process.argv[1]`. */
  readonly script: string;
  readonly cwd: string;
  /** The folder of package.json. */
  readonly installation: string;
  /** npm puts there what it runs and where it was called. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A command of this program, as the user can paste it into the shell where this process was called: `npx
 * rubin-alert-sim broker up --data '/my data'`.
 *
 * @param words - after the program's name: `broker`, `up`
 */
export function ownCommand(...words: readonly string[]): string {
  return [callPrefix(thisCall()), ...words.map(shellWord)].join(' ');
}

/**
 * A file of this installation, as a word of the shell where this process was called.
 *
 * @param path - from the installation's folder: `scenarios/quick-smoke.yaml`
 */
export function ownFile(path: string): string {
  return shellWord(shortPath(join(installationFolder, path), userFolder(thisCall())));
}

/**
 * How this program is called again: `rubin-alert-sim`, `npx rubin-alert-sim` or `node` with the script's
 * path.
 */
export function callPrefix(call: Call): string {
  const { script, env, installation } = call;
  const from = userFolder(call);
  const npx = 'npx rubin-alert-sim';
  if (env.npm_lifecycle_event === 'npx') return npx;
  const name = basename(script);
  if (name === 'rubin-alert-sim') {
    const isOnPath = (env.PATH ?? '').split(delimiter).includes(dirname(script));
    return isOnPath && env.npm_lifecycle_event === undefined ? name : shellWord(shortPath(script, from));
  }
  // Inside a worker thread or a test: no one called it by this script.
  if (name !== 'main.js') return 'rubin-alert-sim';
  const isInside = !relative(installation, from).startsWith('..');
  if (env.npm_lifecycle_event !== undefined && isInside) return npx;
  return `node ${shellWord(shortPath(script, from))}`;
}

/** A word for a POSIX shell, quoted where necessary. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

function thisCall(): Call {
  return {
    script: process.argv[1] ?? '',
    cwd: process.cwd(),
    installation: installationFolder,
    env: process.env,
  };
}

/** The user's folder: npm runs scripts in that of package.json. */
function userFolder({ cwd, env }: Call): string {
  const { npm_lifecycle_event: event, INIT_CWD: initial = '' } = env;
  return event === undefined || event === 'npx' || !isAbsolute(initial) ? cwd : initial;
}

/** Relative to a folder, or absolute where that is not longer. */
function shortPath(path: string, from: string): string {
  const whole = resolve(path);
  const short = relative(from, whole);
  if (short.startsWith('..') && short.length >= whole.length) return whole;
  return short === '' ? '.' : short;
}
