import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { AlertSimError, messageOf } from '../src/errors.js';
import { benchSvg } from './support/chart.js';
import type { BenchFile } from './support/result.js';
import { benchMarkdown } from './support/tables.js';

/**
 * `npm run bench -- show`: prints result files as Markdown, and draws them.
 *
 * @param paths - the result files
 * @param svg - where the chart goes; undefined for none
 * @throws `BAD_INPUT_FILE` for what is no result file
 */
export function show(paths: readonly string[], svg: string | undefined): void {
  const files = paths.map(readResult);
  for (const [index, file] of files.entries()) console.log(benchMarkdown(file, basename(paths[index] ?? '')));
  if (svg === undefined) return;
  writeFileSync(svg, benchSvg(files));
  process.stderr.write(`drawn to ${svg}\n`);
}

function readResult(path: string): BenchFile {
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
