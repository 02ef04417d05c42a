// @ts-check
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A fault that the user can fix: its message is printed without a stack trace. */
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
 * @param {(string | Uint8Array)[]} texts
 */
export function digest(texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/**
 * Name and content of every file below some paths: the same in a moved clone, and in a fresh one of the same commit.
 *
 * @param {string} root
 * @param {string[]} names files and folders below it
 * @returns {string[]}
 */
export function fileStamps(root, names) {
  return names.flatMap((name) => {
    const path = join(root, name);
    if (!existsSync(path)) return [];
    if (!statSync(path).isDirectory()) return [name, digest([readFileSync(path)])];
    return fileStamps(
      root,
      readdirSync(path)
        .sort()
        .map((entry) => join(name, entry)),
    );
  });
}

/**
 * Ends the set-up with a sentence where it would have to write into a folder that is read-only.
 *
 * @param {string} root
 */
export function requireWritable(root) {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    throw new SetupError(
      `${root} is read-only and not built yet: let its owner run npm run build there once, or use a clone of your own`,
    );
  }
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
