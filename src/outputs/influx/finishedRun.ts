import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../../errors.js';
import { fileError } from '../../fileErrors.js';
import type { IntervalRecord } from '../../measure/interval.js';
import type { RunSummary } from '../../measure/summary.js';
import type { InfluxPlan } from '../../scenario/plan.js';

/** The part of a run's manifest that we need. */
export interface RunManifest {
  readonly id: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** As resolved, without secrets. */
  readonly scenario: {
    readonly name: string;
    readonly variant?: string;
    readonly outputs?: { readonly influx?: Partial<InfluxPlan> };
  };
}

export type IntervalLine =
  | { readonly kind: 'interval'; readonly record: IntervalRecord }
  /** Not an interval: a part of one, where writing was cut off. */
  | { readonly kind: 'damaged'; readonly line: number };

const intervalsFile = 'intervals.ndjson';

/**
 * Reads the part of a run's manifest that we need.
 *
 * @throws `BAD_INPUT_FILE` where it is missing or damaged
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
 * Reads `summary.json`; undefined where the run has not ended, or was killed.
 *
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

/** Reads the intervals of a run, one after the other; none where the file is missing. */
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
