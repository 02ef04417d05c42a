import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { benchSvg } from './support/chart.js';
import type { BenchFile } from './support/result.js';
import { benchMarkdown } from './support/tables.js';

/**
 * `npm run bench -- show`: prints result files as Markdown, and draws them.
 *
 * @param paths - the result files
 * @param svg - where the chart goes; undefined for none
 */
export function show(paths: readonly string[], svg: string | undefined): void {
  if (paths.length === 0) throw new Error('show needs result files: npm run bench -- show runs/bench-….json');
  const files = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as BenchFile);
  for (const [index, file] of files.entries()) console.log(benchMarkdown(file, basename(paths[index] ?? '')));
  if (svg === undefined) return;
  writeFileSync(svg, benchSvg(files));
  process.stderr.write(`drawn to ${svg}\n`);
}
