import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, realpath, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { glob, isDynamicPattern } from 'tinyglobby';
import { AlertSimError } from '../../errors.js';
import { readError, writeError } from '../containerErrors.js';
import type { InputFile } from './alertReader.js';
import { faultAt } from './place.js';
import { temporaryFolder } from './temporaryFolder.js';

/** Opened only where it is named. */
export type StandardInput = () => NodeJS.ReadStream | Readable;

/** What stands for standard input. */
const standardInput = '-';

/**
 * The files that names stand for: themselves, the files in a folder and below it, those that a pattern with
 * `*` fits; in the order of the names, and those of a folder or pattern sorted. Pipes and standard input are
 * first copied to a temporary file, as they come, because alerts are read twice.
 *
 * @throws `BAD_INPUT_FILE` for a name that stands for nothing; `DISK_FULL`
 */
export async function inputFiles(
  names: readonly string[],
  stdin?: StandardInput,
): Promise<readonly InputFile[]> {
  let files: readonly InputFile[] = [];
  for (const name of names) files = files.concat(await filesOf(name, stdin));
  return files;
}

async function filesOf(name: string, stdin: StandardInput | undefined): Promise<readonly InputFile[]> {
  if (name === standardInput) {
    if (stdin === undefined)
      throw new AlertSimError('BAD_INPUT_FILE', 'standard input (-) cannot be used here: name files');
    const from = stdin();
    if ('isTTY' in from && from.isTTY)
      throw new AlertSimError(
        'BAD_USAGE',
        'standard input (-) is the terminal: send alerts to it with a pipe',
      );
    return copied(from, 'standard input');
  }
  const found = await stat(name).catch((thrown: unknown) => {
    if (isDynamicPattern(name)) return undefined;
    throw readError(thrown, name);
  });
  if (found === undefined) return filesLike(name);
  if (found.isDirectory()) return filesIn(name);
  if (found.isFile()) return [itself(name)];
  if (!found.isFIFO()) throw faultAt(name, 'it is a device or a socket', 'name a file or a folder');
  return copied(createReadStream(name), name);
}

async function filesLike(pattern: string): Promise<readonly InputFile[]> {
  const files = await glob(pattern, { expandDirectories: false, absolute: isAbsolute(pattern) });
  if (files.length > 0) return files.sort().map(itself);
  throw faultAt(pattern, 'no file fits this pattern', 'correct it, or put the name in quotes as it is');
}

async function filesIn(folder: string): Promise<readonly InputFile[]> {
  const files: string[] = [];
  await addFiles(files, folder, []);
  if (files.length > 0) return files.sort().map(itself);
  throw faultAt(folder, 'the folder holds no files', 'name a folder of alerts');
}

/**
 * Adds the files of a folder and below it, hidden ones apart. A part that cannot be read is an error, because its
 * alerts would be missing; a link that leads nowhere, or back to a folder that it lies in, is not.
 */
async function addFiles(files: string[], folder: string, outer: readonly string[]): Promise<void> {
  const real = await realpath(folder);
  if (outer.includes(real)) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => {
    throw readError(thrown, folder);
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    const found = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (found?.isDirectory() === true) await addFiles(files, path, [...outer, real]);
    else if (found?.isFile() === true) files.push(path);
  }
}

const checkedBytes = 64 * 1024 * 1024;
/** The share of the disk that is left free when nobody knows how much is to come. */
const sparedShare = 0.05;

function itself(path: string): InputFile {
  return { path, place: path };
}

async function copied(from: Readable, name: string): Promise<readonly InputFile[]> {
  const path = join(temporaryFolder(), 'input');
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    let checkedAt = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > checkedAt) {
        checkedAt = bytes + checkedBytes;
        await checkSpace(checkedBytes, `keep ${name}`, sparedShare);
      }
      yield chunk;
    }
  };
  try {
    await pipeline(from, counted, createWriteStream(path));
  } catch (thrown) {
    throw writeError(thrown, path, bytes);
  }
  if (bytes === 0) throw faultAt(name, 'it is empty', 'send alerts to it');
  return [{ path, place: name }];
}

/**
 * Makes sure that there is space in the folder for temporary files.
 *
 * @param task - what it is for: `sort 10,000 alerts`
 * @param spared - the share of the disk that must stay free
 * @throws `DISK_FULL`
 */
export async function checkSpace(bytes: number, task: string, spared = 0): Promise<void> {
  const folder = tmpdir();
  const { bavail, blocks, bsize } = await statfs(folder);
  const neededBytes = bytes + spared * blocks * bsize;
  if (bavail * bsize >= neededBytes) return;
  throw new AlertSimError(
    'DISK_FULL',
    `cannot ${task}: it needs ${gigabytes(neededBytes)} in ${folder}, which has ${gigabytes(bavail * bsize)}: ` +
      'make room there, or name another folder with the environment variable TMPDIR',
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
