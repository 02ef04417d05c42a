import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { z } from 'zod';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError } from '../fileErrors.js';
import { readHlogLine, readHlogSection, type HlogSection, type LatencyInterval } from './latencyLog.js';
import {
  intervalShape,
  manifestShape,
  schemaVersion,
  summaryShape,
  type IntervalRecord,
  type Manifest,
  type RunSummary,
} from './runFolder.js';

/** Something that a run folder lacks. */
export type FolderFault =
  | { readonly kind: 'missing'; readonly file: RunFile }
  /** A file, or a line of it, was left out. */
  | {
      readonly kind: 'damaged';
      readonly file: RunFile;
      readonly line: number | undefined;
      /** Half a sentence that follows the name of the file. */
      readonly why: string;
    }
  /** The last line was not written to its end. */
  | { readonly kind: 'cutOff'; readonly file: RunFile; readonly line: number };

type RunFile = 'manifest.json' | 'summary.json' | 'intervals.ndjson' | 'latency.hlog';

type OnFault = (fault: FolderFault) => void;

/** A run folder. A run that died early has left only a part of it. */
export interface OpenRunFolder {
  /** Absolute. */
  readonly path: string;
  /** The folder's name when it was made. */
  readonly id: string;
  /** Undefined where the file is missing or damaged. */
  readonly manifest: Manifest | undefined;
  /** Undefined where the run ended before it was written, or where it is damaged. */
  readonly summary: RunSummary | undefined;
  /** What is missing or damaged of these two. */
  readonly faults: readonly FolderFault[];
  /** Reads `intervals.ndjson` in order of time; damaged lines are skipped and reported. */
  readonly intervals: (onFault?: OnFault) => AsyncGenerator<IntervalRecord>;
  /**
   * Reads `latency.hlog`, one histogram after the other, in order of time: those of a night do not fit into
   * memory. Damaged lines are skipped and reported.
   */
  readonly histograms: (onFault?: OnFault) => AsyncGenerator<LatencyInterval>;
}

/** A run folder whose intervals are in memory. */
export interface RunRecord extends Omit<OpenRunFolder, 'intervals'> {
  /** In order of time. */
  readonly intervals: readonly IntervalRecord[];
}

/**
 * Opens a run folder. What is missing or damaged becomes a fault, and the rest is read.
 *
 * @throws `BAD_INPUT_FILE` when it is not a run folder, or a newer version of this program wrote it
 */
export async function openRunFolder(folder: string): Promise<OpenRunFolder> {
  const path = resolve(folder);
  const at = (name: RunFile): string => join(path, name);
  const [manifestText, summaryText] = await Promise.all([
    textOf(at('manifest.json')),
    textOf(at('summary.json')),
  ]);
  if (manifestText === undefined && summaryText === undefined && !(await isThere(at('intervals.ndjson')))) {
    throw await noRunFolder(folder);
  }
  const faults: FolderFault[] = [];
  const take = <T>(file: RunFile, text: string | undefined, shape: z.ZodType<T>): T | undefined => {
    if (text === undefined) {
      faults.push({ kind: 'missing', file });
      return undefined;
    }
    checkVersion(text, at(file));
    const reading = read(text, shape);
    if ('why' in reading) faults.push({ kind: 'damaged', file, line: undefined, why: reading.why });
    return 'why' in reading ? undefined : reading.content;
  };
  const readManifest = take<Manifest>('manifest.json', manifestText, manifestShape);
  const summary = take<RunSummary>('summary.json', summaryText, summaryShape);
  // The whole file, with what a later program may have added: comparisons look at all of it.
  const manifest = readManifest && (JSON.parse(manifestText ?? '') as Manifest);
  return {
    path,
    id: summary?.run.id ?? manifest?.id ?? basename(path),
    manifest,
    summary,
    faults,
    intervals: (onFault = () => undefined) => intervalsIn(at('intervals.ndjson'), onFault),
    histograms: (onFault = () => undefined) => histogramsIn(at('latency.hlog'), onFault),
  };
}

/**
 * Reads a run folder with its intervals.
 *
 * @throws as {@link openRunFolder} does
 */
export async function readRunFolder(folder: string): Promise<RunRecord> {
  const open = await openRunFolder(folder);
  const faults = [...open.faults];
  const intervals: IntervalRecord[] = [];
  for await (const interval of open.intervals((fault) => faults.push(fault))) intervals.push(interval);
  return { ...open, faults, intervals };
}

const runFolderFix = 'name the folder that a run made';

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(thrown, { task: `read ${path}`, code: 'BAD_INPUT_FILE', fix: runFolderFix });
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** Says why, and where there are run folders: the folder of all runs is easily given by mistake. */
async function noRunFolder(folder: string): Promise<AlertSimError> {
  const found = await stat(folder).catch((thrown: unknown) => {
    throw fileError(thrown, { task: `read the run folder ${folder}`, code: 'BAD_INPUT_FILE' });
  });
  const error = (way: string): AlertSimError =>
    new AlertSimError('BAD_INPUT_FILE', `${folder} is not a run folder: ${way}`);
  if (!found.isDirectory()) return error('it is a file; name the folder that holds it');
  const inside: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const manifest = join(folder, entry.name, 'manifest.json');
    if ((await stat(manifest).catch(() => undefined))?.isFile() === true) inside.push(entry.name);
  }
  const latest = inside.sort().at(-1);
  return error(
    latest === undefined
      ? 'it holds neither manifest.json nor summary.json nor intervals.ndjson'
      : `it holds ${inside.length === 1 ? 'one' : `${inside.length} of them`}; name one, for example ${join(folder, latest)}`,
  );
}

/** The lines of a file with their numbers, and whether each is the last; none where it is missing. */
async function* linesOf(
  path: string,
): AsyncGenerator<{ readonly text: string; readonly number: number; readonly isLast: boolean }> {
  const stream = createReadStream(path, 'utf8');
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  // The interface does not pass the errors of its input on.
  let error: unknown;
  stream.once('error', (thrown) => {
    error = thrown;
    lines.close();
  });
  let number = 0;
  let before: string | undefined;
  try {
    for await (const text of lines) {
      if (before !== undefined) yield { text: before, number, isLast: false };
      number += 1;
      before = text;
    }
  } finally {
    stream.destroy();
  }
  if (error !== undefined)
    throw fileError(error, { task: `read ${path}`, code: 'BAD_INPUT_FILE', fix: runFolderFix });
  if (before !== undefined) yield { text: before, number, isLast: true };
}

/** An interval per line; the last one may be cut off, when the run was killed or the disk was full. */
async function* intervalsIn(path: string, onFault: OnFault): AsyncGenerator<IntervalRecord> {
  const file = 'intervals.ndjson';
  if (!(await isThere(path))) {
    onFault({ kind: 'missing', file });
    return;
  }
  for await (const { text, number, isLast } of linesOf(path)) {
    if (text.trim() === '') continue;
    const reading = read<IntervalRecord>(text, intervalShape);
    if ('content' in reading) yield reading.content;
    else if (isLast) onFault({ kind: 'cutOff', file, line: number });
    else onFault({ kind: 'damaged', file, line: number, why: reading.why });
  }
}

async function* histogramsIn(path: string, onFault: OnFault): AsyncGenerator<LatencyInterval> {
  const file = 'latency.hlog';
  if (!(await isThere(path))) {
    onFault({ kind: 'missing', file });
    return;
  }
  let section: HlogSection | undefined;
  for await (const { text, number } of linesOf(path)) {
    section = readHlogSection(text) ?? section;
    let interval: LatencyInterval | undefined;
    try {
      interval = readHlogLine(text, section);
    } catch (thrown) {
      onFault({ kind: 'damaged', file, line: number, why: `is damaged (${messageOf(thrown)})` });
    }
    if (interval !== undefined) yield interval;
  }
}

function checkVersion(text: string, path: string): void {
  const version = versionIn(text);
  if (version <= schemaVersion) return;
  throw new AlertSimError(
    'BAD_INPUT_FILE',
    `${path} has schemaVersion ${version}, and this version of rubin-alert-sim reads up to ${schemaVersion}: ` +
      'use the version that wrote it, or a newer one',
  );
}

function versionIn(text: string): number {
  try {
    const { schemaVersion: version } = JSON.parse(text) as { schemaVersion?: unknown };
    return typeof version === 'number' ? version : 0;
  } catch {
    return 0;
  }
}

/** A text's content, or half a sentence on what is wrong with it. */
function read<T>(text: string, shape: z.ZodType<T>): { readonly content: T } | { readonly why: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    return { why: `is not complete JSON (${messageOf(thrown)})` };
  }
  const result = shape.safeParse(parsed);
  if (result.success) return { content: result.data };
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return { why: `does not hold what it should${where}: ${issue?.message ?? 'of another form'}` };
}
