import { formatCount, tableText } from '../../src/report/format.js';
import type { BenchFile, BenchResult } from './result.js';
import type { RoundsResult, Spread } from './rounds.js';

const head = ['', 'median', 'min – max', 'ours / this (min – max)'];

/** A benchmark for a terminal: title, table, details and remarks. */
export function benchText(result: BenchResult): string {
  const { bench, unit, better, bound, results, notes } = result;
  const lines = [
    `\n${bench}, ${unit}${better === 'less' ? ' (less is better)' : ''}`,
    tableText(head, results.map(cells)),
    ...results.flatMap((contender) => detailsOf(contender).map((text) => `  ${text}`)),
    ...[...(bound === '' ? [] : [bound]), ...new Set(notes)].map((remark) => `  ${remark}`),
  ];
  return lines.join('\n');
}

/**
 * A result file as Markdown, for docs/performance.md: the machine, and a table with its remarks for each
 * benchmark.
 */
export function benchMarkdown({ machine, rounds, scale, results }: BenchFile, name: string): string {
  const facts = Object.entries(machine).map(([key, value]) => `${key} ${factText(value)}`);
  const parts = [
    `From \`${name}\`: medians of ${rounds} alternating rounds${scale === 1 ? '' : `, at ${scale} of the usual length`}. ${facts.join('; ')}.`,
  ];
  for (const result of results) {
    const { bench, unit, better, bound, notes } = result;
    parts.push(
      `### ${bench}, ${unit}${better === 'less' ? ' (less is better)' : ''}`,
      markdownTable([head, ...result.results.map(cells)]),
    );
    const remarks = [
      ...result.results.flatMap(detailsOf),
      ...(bound === '' ? [] : [bound]),
      ...new Set(notes),
    ];
    if (remarks.length > 0) parts.push(remarks.map((remark) => `- ${remark}`).join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

/**
 * A table in Markdown: words to the left in the first column, numbers to the right in the others.
 *
 * @param rows - the heads, then the rows
 */
export function markdownTable([heads = [], ...rows]: readonly (readonly string[])[]): string {
  const rule = heads.map((_, column) => (column === 0 ? '---' : '---:'));
  return [heads, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cells({ name, figures, median, ratio }: RoundsResult, index: number): string[] {
  const range = `${formatFigure(Math.min(...figures))} – ${formatFigure(Math.max(...figures))}`;
  const ratios = `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)})`;
  return [name, formatFigure(median), range, index === 0 ? '' : ratios];
}

function detailsOf({ name, details }: RoundsResult): string[] {
  const parts = Object.entries(details).map(([detail, spread]) => `${detail}: ${spreadText(spread)}`);
  return parts.length === 0 ? [] : [`${name}: ${parts.join('; ')}`];
}

function spreadText({ median, min, max }: Spread): string {
  return min === max
    ? formatFigure(median)
    : `${formatFigure(median)} (${formatFigure(min)} – ${formatFigure(max)})`;
}

/** A number: large ones whole, small ones with three significant digits. */
export function formatFigure(value: number): string {
  return Math.abs(value) >= 100 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function factText(value: unknown): string {
  if (Array.isArray(value)) return value.map(factText).join('/');
  return typeof value === 'number' ? formatFigure(value) : String(value);
}
