import { readFileSync } from 'node:fs';
import { AlertSimError, messageOf } from '../../src/errors.js';
import type { BenchFile } from './result.js';

/**
 * Reads a result file, `runs/bench-….json`.
 *
 * @throws `BAD_INPUT_FILE` for other files
 */
export function readResult(path: string): BenchFile {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as Partial<BenchFile> | null;
    if (Array.isArray(file?.results)) return file as BenchFile;
  } catch (cause) {
    throw new AlertSimError(
      'BAD_INPUT_FILE',
      `${path} cannot be read as a result: ${messageOf(cause)}`,
      cause,
    );
  }
  throw new AlertSimError('BAD_INPUT_FILE', `${path} is no result of npm run bench: it has no results`);
}
