import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../../errors.js';
import { fileError } from '../../fileErrors.js';
import type { IntervalRecord } from '../../measure/interval.js';
import type { RunSummary } from '../../measure/summary.js';
import type { InfluxPlan } from '../../scenario/plan.js';

/** What is needed of a run's manifest. */
export interface RunManifest {
  /** The run's id. */
  readonly id: string;
  /** When it started, ISO 8601. */
  readonly startedAt: string;
  /** The scenario as it was resolved, without secrets. */
  readonly scenario: {
    readonly name: string;
    readonly variant?: string;
    readonly outputs?: { readonly influx?: Partial<InfluxPlan> };
  };
}

/** A line of `intervals.ndjson`. */
export type IntervalLine =
  /** An interval. */
  | { readonly kind: 'interval'; readonly record: IntervalRecord }
  /** No interval: half of one, where writing was cut off. */
  | { readonly kind: 'damaged'; readonly line: number };

const intervalsFile = 'intervals.ndjson';

/**
 * The manifest of a run.
 *
 * @param folder - the run's folder
 * @returns what is needed of it
 * @throws `BAD_INPUT_FILE` where there is none, or it is damaged
 */
export async function readManifest(folder: string): Promise<RunManifest> {
  const manifest = (await readJson(folder, 'manifest.json')) as Partial<RunManifest> | undefined;
  if (manifest === undefined) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${folder} is not a run folder: it has no manifest.json; run folders are in runs/, or where --out said`,
    );
  }
  const isSound =
    typeof manifest.id === 'string' &&
    !Number.isNaN(Date.parse(manifest.startedAt ?? '')) &&
    typeof manifest.scenario?.name === 'string';
  if (!isSound) throw damaged(join(folder, 'manifest.json'), 'it does not name the run and its scenario');
  return manifest as RunManifest;
}

/**
 * The result of a run.
 *
 * @param folder - the run's folder
 * @returns `summary.json`; undefined where the run has not ended, or was ended by force
 * @throws `BAD_INPUT_FILE` where it is damaged
 */
export async function readSummary(folder: string): Promise<RunSummary | undefined> {
  const summary = (await readJson(folder, 'summary.json')) as Partial<RunSummary> | undefined;
  if (summary === undefined) return undefined;
  const isSound =
    !Number.isNaN(Date.parse(summary.run?.endedAt ?? '')) &&
    Array.isArray(summary.phases) &&
    Array.isArray(summary.reasons);
  if (!isSound) throw damaged(join(folder, 'summary.json'), 'it lacks the end or the phases of the run');
  return summary as RunSummary;
}

/**
 * The intervals of a run, read one after the other.
 *
 * @param folder - the run's folder
 * @returns each line; none where the file is missing
 */
export async function* readIntervals(folder: string): AsyncGenerator<IntervalLine> {
  const file = await open(join(folder, intervalsFile)).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fileError(thrown, { task: `read ${join(folder, intervalsFile)}`, code: 'BAD_INPUT_FILE' });
  });
  if (file === undefined) return;
  try {
    let line = 0;
    for await (const text of file.readLines({ encoding: 'utf8', autoClose: false })) {
      line += 1;
      const record = intervalFrom(text);
      yield record === undefined ? { kind: 'damaged', line } : { kind: 'interval', record };
    }
  } finally {
    await file.close();
  }
}

function intervalFrom(text: string): IntervalRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<IntervalRecord> | null;
    const isSound =
      !Number.isNaN(Date.parse(record?.time ?? '')) &&
      [record?.counts, record?.latency, record?.lag, record?.workers].every((map) => typeof map === 'object');
    return isSound ? (record as IntervalRecord) : undefined;
  } catch {
    return undefined;
  }
}

async function readJson(folder: string, name: string): Promise<unknown> {
  const file = join(folder, name);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fileError(thrown, { task: `read ${file}`, code: 'BAD_INPUT_FILE' });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (thrown) {
    throw damaged(file, messageOf(thrown));
  }
  throw damaged(file, 'it holds no object');
}

function damaged(file: string, why: string): AlertSimError {
  return new AlertSimError('BAD_INPUT_FILE', `${file} is damaged: ${why}; copy the run folder anew`);
}
