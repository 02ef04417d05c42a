import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Manifest } from '../coordinator/manifest.js';
import { AlertSimError, messageOf } from '../errors.js';
import { fileError } from '../fileErrors.js';
import {
  readHlogLine,
  readHlogSection,
  type HlogSection,
  type LatencyInterval,
} from '../measure/hlogReader.js';
import type { IntervalRecord } from '../measure/interval.js';
import type { RunSummary } from '../measure/summary.js';
import { readInterval, readManifest, readSummary, type Reading } from './schema.js';

/** Content of a run folder. A run that died early has left only a part. */
export interface RunRecord {
  /** Absolute. */
  readonly path: string;
  /** The folder's name when it was made. */
  readonly id: string;
  /** Undefined where the file is missing or damaged. */
  readonly manifest: Manifest | undefined;
  /** Undefined where the run ended before it was written, or where it is damaged. */
  readonly summary: RunSummary | undefined;
  /** In order of time. */
  readonly intervals: readonly IntervalRecord[];
  /**
   * Reads `latency.hlog`, one histogram after the other, in order of time: those of a night do not fit into
   * memory. Damaged lines are skipped and reported to `onFault`.
   */
  readonly histograms: (onFault?: (remark: string) => void) => AsyncGenerator<LatencyInterval>;
  /** What is missing or damaged, a sentence each; empty for a complete folder. */
  readonly remarks: readonly string[];
}

/**
 * Reads a run folder. What is missing or damaged becomes a remark, and the rest is read.
 *
 * @throws `BAD_INPUT_FILE` when it is not a run folder, or a newer version of this program wrote it
 */
export async function readRunFolder(folder: string): Promise<RunRecord> {
  const path = resolve(folder);
  const at = (name: string): string => join(path, name);
  const [manifestText, summaryText, intervalsText] = await Promise.all(
    ['manifest.json', 'summary.json', 'intervals.ndjson'].map((name) => textOf(at(name))),
  );
  if (manifestText === undefined && summaryText === undefined && intervalsText === undefined) {
    throw await noRunFolder(folder);
  }
  const remarks: string[] = [];
  const take = <T>(name: string, reading: Reading<T> | undefined, absence: string): T | undefined => {
    if (reading === undefined) remarks.push(absence);
    else if ('fault' in reading) remarks.push(`${name} ${reading.fault}; it was left out`);
    else return reading.content;
    return undefined;
  };
  const manifest = take(
    'manifest.json',
    manifestText === undefined ? undefined : readManifest(manifestText, at('manifest.json')),
    'there is no manifest.json: on what the run ran is not known',
  );
  const summary = take(
    'summary.json',
    summaryText === undefined ? undefined : readSummary(summaryText, at('summary.json')),
    'there is no summary.json: the run ended before its result was written, or it still goes on',
  );
  if (intervalsText === undefined) {
    remarks.push('there is no intervals.ndjson: there is no timeline of the run');
  }
  const intervals = intervalsIn(intervalsText ?? '', remarks);
  return {
    path,
    id: summary?.run.id ?? manifest?.id ?? basename(path),
    manifest,
    summary,
    intervals,
    histograms: (onFault) => histogramsIn(at('latency.hlog'), onFault ?? (() => undefined)),
    remarks,
  };
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

/** An interval per line; the last one may be cut, when the run was killed or the disk was full. */
function intervalsIn(text: string, remarks: string[]): IntervalRecord[] {
  const intervals: IntervalRecord[] = [];
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const reading = readInterval(line);
    if ('content' in reading) intervals.push(reading.content);
    else if (index === lines.length - 1) remarks.push('the last line of intervals.ndjson is cut off');
    else remarks.push(`line ${index + 1} of intervals.ndjson ${reading.fault}; it was left out`);
  });
  return intervals;
}

async function* histogramsIn(
  path: string,
  onFault: (remark: string) => void,
): AsyncGenerator<LatencyInterval> {
  if ((await stat(path).catch(() => undefined)) === undefined) {
    onFault('there is no latency.hlog: the distribution of the latencies is not known');
    return;
  }
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let number = 0;
  let section: HlogSection | undefined;
  for await (const line of lines) {
    number += 1;
    section = readHlogSection(line) ?? section;
    let interval: LatencyInterval | undefined;
    try {
      interval = readHlogLine(line, section);
    } catch (thrown) {
      onFault(`line ${number} of latency.hlog is damaged (${messageOf(thrown)}); it was left out`);
    }
    if (interval !== undefined) yield interval;
  }
}
