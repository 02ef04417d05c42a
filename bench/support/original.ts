import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AlertSimError, messageOf } from '../../src/errors.js';
import { installationFolder } from '../../src/version.js';
import { runProgram } from './program.js';

/** The original simulator, where the user has a checkout of it. */
export interface Original {
  /** The checkout. */
  readonly folder: string;
  /** An interpreter with the needed packages. */
  readonly python: string;
}

/**
 * Checks whether the original simulator can be run from a folder. It is a separate program under the GPL: it
 * is run as it is, and nothing of it is part of ours.
 *
 * @param folder - a checkout of https://github.com/lsst-dm/alert-stream-simulator, with its Python in `venv`
 * or `.venv`; otherwise `python3` of the path is used
 * @throws `BAD_USAGE` for another folder, `MISSING_PREREQUISITE` where a Python package is missing
 */
export async function findOriginal(folder: string): Promise<Original> {
  if (!existsSync(programOf(folder))) {
    throw new AlertSimError(
      'BAD_USAGE',
      `${folder} is no checkout of the original simulator: it lacks python/bin/rubin-alert-sim; ` +
        'git clone https://github.com/lsst-dm/alert-stream-simulator',
    );
  }
  const places = ['venv', '.venv'].map((name) => join(folder, name, 'bin', 'python3'));
  const python = places.find((place) => existsSync(place)) ?? 'python3';
  const original = { folder, python };
  try {
    await runProgram(python, [programOf(folder), '--help'], { env: environmentOf(folder) });
  } catch (thrown) {
    const last = messageOf(thrown).trim().split('\n').at(-1) ?? '';
    throw new AlertSimError(
      'MISSING_PREREQUISITE',
      `the original simulator in ${folder} does not start with ${python} (${last}): it needs a virtual environment in ` +
        'venv/ with confluent-kafka, fastavro, astropy, python-snappy, lsst-alert-packet and lsst-alert-stream',
      thrown,
    );
  }
  return original;
}

/**
 * Runs one of its commands: seconds that the whole command took, and how many alerts it reports.
 *
 * @param words - the command and its options
 */
export async function runOriginal(
  { folder, python }: Original,
  words: readonly string[],
): Promise<{ readonly seconds: number; readonly alerts: number }> {
  const startMs = performance.now();
  const { stdout } = await runProgram(python, [programOf(folder), ...words], { env: environmentOf(folder) });
  return { seconds: (performance.now() - startMs) / 1000, alerts: alertsTold(stdout) };
}

/**
 * The number of alerts in its last message.
 *
 * @throws where there is none
 */
export function alertsTold(text: string): number {
  const found = /successfully preloaded stream with (\d+) alerts|played (\d+) alerts from the stream/.exec(
    text,
  );
  if (found === null) throw new Error(`the original told no number of alerts: ${text.slice(-300)}`);
  return Number(found[1] ?? found[2]);
}

/**
 * Copies a container of ours to one that the original can read, too: it needs fields that today's alerts
 * don't have.
 *
 * @param withoutHistoryBytes - leaves earlier detections out, and fills each alert up to this size instead
 */
export async function writeForOriginal(
  { python }: Original,
  from: string,
  to: string,
  withoutHistoryBytes?: number,
): Promise<void> {
  const script = join(installationFolder, 'bench', 'peers', 'alertsForOriginal.py');
  const size = withoutHistoryBytes === undefined ? [] : [String(withoutHistoryBytes)];
  await runProgram(python, [script, from, to, ...size]);
}

function programOf(folder: string): string {
  return join(folder, 'python', 'bin', 'rubin-alert-sim');
}

function environmentOf(folder: string): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: join(folder, 'python') };
}
