// @ts-check
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A fault that the user can mend: its message is printed without a stack trace. */
export class SetupError extends Error {}

/**
 * Runs a long command with its output in a file, and shows how long it has been running.
 *
 * @param {string} title what is being done
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd: string, logFile: string, env?: NodeJS.ProcessEnv}} options
 */
export async function runLogged(title, command, args, { cwd, logFile, env = process.env }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const startMs = Date.now();
  const seconds = () => `${Math.round((Date.now() - startMs) / 1000)}s`;
  const terminal = process.stderr.isTTY;
  if (!terminal) console.error(`setup: ${title}`);
  const timer = terminal
    ? setInterval(() => process.stderr.write(`\r\x1b[Ksetup: ${title} (${seconds()})`), 500)
    : setInterval(() => console.error(`setup: still ${title} (${seconds()})`), 30_000);
  try {
    const code = await new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.pipe(log, { end: false });
      child.stderr.pipe(log, { end: false });
      child.on('error', reject);
      child.on('close', resolve);
    });
    await new Promise((resolve) => log.end(resolve));
    if (code !== 0)
      throw new SetupError(`${title} failed. The end of ${logFile}:\n${lastLines(logFile, 15)}`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`${title} failed: ${command} could not be run (${String(error)})`);
  } finally {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\x1b[K');
  }
  console.error(`setup: done ${title} in ${seconds()}`);
}

/**
 * A digest that changes when any of the texts does.
 *
 * @param {string[]} texts
 */
export function digest(texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/**
 * Name, size and modification time of every file below a path.
 *
 * @param {string} path a file or a folder
 * @returns {string[]}
 */
export function fileStamps(path) {
  if (!existsSync(path)) return [];
  const stat = statSync(path);
  if (!stat.isDirectory()) return [`${path} ${stat.size} ${stat.mtimeMs}`];
  return readdirSync(path)
    .sort()
    .flatMap((name) => fileStamps(join(path, name)));
}

/**
 * The digest that an earlier run left, or an empty text.
 *
 * @param {string} file
 */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/**
 * Leaves a digest for later runs.
 *
 * @param {string} file
 * @param {string} stamp
 */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${stamp}\n`);
}

/**
 * @param {string} file
 * @param {number} count
 */
function lastLines(file, count) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
