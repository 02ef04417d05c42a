import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { benchSvg } from './support/chart.js';
import { readResult } from './support/readResult.js';
import { benchMarkdown } from './support/tables.js';

/**
 * `npm run bench -- show`: prints result files as Markdown, and draws them.
 *
 * @param svg - where the chart goes
 * @throws `BAD_INPUT_FILE` for other files
 */
export function show(paths: readonly string[], svg: string | undefined): void {
  const files = paths.map(readResult);
  for (const [index, file] of files.entries()) console.log(benchMarkdown(file, basename(paths[index] ?? '')));
  if (svg === undefined) return;
  writeFileSync(svg, benchSvg(files));
  process.stderr.write(`drawn to ${svg}\n`);
}
