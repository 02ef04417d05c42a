import { basename, delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { installationFolder } from './version.js';

/** What a process knows of how it was called. */
export interface Call {
  /** The script that Node runs: `process.argv[1]`. */
  readonly script: string;
  /** The process's folder. */
  readonly cwd: string;
  /** The folder of package.json. */
  readonly installation: string;
  /** The environment: npm says there what it runs and where it was called. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A command of this program, as the user can paste it into the shell where this process was called.
 *
 * @param words - the words after the program's name: `broker`, `up`
 * @returns for example `npx rubin-alert-sim broker up --data '/my data'`
 */
export function ownCommand(...words: readonly string[]): string {
  return [callPrefix(thisCall()), ...words.map(shellWord)].join(' ');
}

/**
 * A file of this installation, as a word of the shell where this process was called.
 *
 * @param path - the path from the installation's folder: `scenarios/quick-smoke.yaml`
 */
export function ownFile(path: string): string {
  return shellWord(shortPath(join(installationFolder, path), userFolder(thisCall())));
}

/**
 * How this program is called again from where it was called.
 *
 * @param call - how it was called
 * @returns `rubin-alert-sim`, `npx rubin-alert-sim` or `node` with the script's path
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

/**
 * A word for a POSIX shell.
 *
 * @param word - any text
 * @returns the word itself, in quotes where the shell would take it apart
 */
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

/** The folder that the user is in: npm runs scripts in that of package.json. */
function userFolder({ cwd, env }: Call): string {
  const { npm_lifecycle_event: event, INIT_CWD: initial = '' } = env;
  return event === undefined || event === 'npx' || !isAbsolute(initial) ? cwd : initial;
}

/** A path from a folder, or the whole one where that is not longer. */
function shortPath(path: string, from: string): string {
  const whole = resolve(path);
  const short = relative(from, whole);
  if (short.startsWith('..') && short.length >= whole.length) return whole;
  return short === '' ? '.' : short;
}
