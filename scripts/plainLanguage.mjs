// @ts-check
/**
 * `npm run check`, the step "plain language": finds words of an old dialect where a user reads them, in README.md,
 * CHANGELOG.md, CONTRIBUTING.md, docs/ and the messages of src/. Each rule has the words that we use instead.
 *
 * Usage: node scripts/plainLanguage.mjs [FILE...]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * What is not written, and what is written instead. A word with a good use beside the bad one has a pattern that knows
 * the good one, so that there is no list of exceptions.
 *
 * @type {readonly (readonly [RegExp, string])[]}
 */
const rules = [
  // What one can or cannot tell is plain English.
  [/(?<!\b(can|cannot|can't|can be|cannot be) )\b(tells?|telling|told)\b/i, 'report, print, show, log'],
  [/\bmend(s|ed|ing)?\b/i, 'fix, repair'],
  [/\bthe way out\b/i, 'how to fix it; the command that fixes it'],
  // Another service refuses us, a connection, a login; our own checks reject.
  [
    /(?<!\bconnection (is |was |were )?)\brefus(es?|ed|ing|al)\b(?! (us|the (connection|user|token|points|login))\b)/i,
    'reject; invalid',
  ],
  [/\bis no (key|member|part|phase) of\b/i, 'unknown key `x` in `y`'],
  [
    /(?<!\b[Tt]here )\b(is|are|was|were) no (?!one\b|longer\b|more\b|less\b|fewer\b|(key|member|part|phase) of\b)/i,
    'is not a; there is no',
  ],
  [/\b(is|are|was|were) not there\b/i, 'is missing; not found; does not exist'],
  // A FITS header of synthetic alerts has this phrase: those bytes stay.
  [/\bnobody\b(?! observed this)/i, 'no one; nothing listens on'],
  // "since" is about time: since 10:00, since the start.
  [/, since (?!\d|then\b|(the|its) (start|last|first|end|beginning)\b)/i, 'because'],
  [/\bproves? nothing\b/i, 'inconclusive: the load generator was the bottleneck'],
  [/\bhalf-made\b/i, 'incomplete'],
  [/\bdoubles\b(?! (the|its|it|that|every|each)\b)/i, 'duplicates'],
  [
    /\b(pure|upper|lower|ground|own|which|each|every|this) (room|floor)\b|\brooms\b|(?<!-)\bhouse\b/i,
    'module, package',
  ],
  [/\blanes?\b/i, 'producer, consumer, worker'],
  [/\bfigures?\b/i, 'metrics; numbers, results'],
  [/\bthe course of\b/i, 'time series, timeline'],
  [/\bended by Ctrl-C\b/i, 'interrupted by Ctrl-C'],
  [/\bfor ever\b/i, 'infinite; without end'],
  [/\bas (many|much|fast) as (it|they) can\b/i, 'unbounded; at full speed'],
  [/\bat the most\b/i, 'at most'],
];

/**
 * @typedef {{line: number, column: number, found: string, instead: string}} Fault
 */

/**
 * The faults of a stretch of text.
 *
 * @param {string} text
 * @returns {{index: number, found: string, instead: string}[]}
 */
function faultsOf(text) {
  return rules.flatMap(([pattern, instead]) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ 0: found, index }) => ({
      index,
      found: found.trim().replace(/\s+/g, ' '),
      instead,
    })),
  );
}

/**
 * Blanks out what is no prose of ours in Markdown: code, addresses of links, and quotations.
 *
 * @param {string} markdown
 */
function proseOf(markdown) {
  const blank = (/** @type {string} */ part) => part.replace(/[^\n]/g, '·');
  return markdown
    .replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, blank)
    .replace(/(`+)[^`](?:[\s\S]*?[^`])?\1(?!`)/g, blank)
    .replace(/\]\([^)\n]*\)/g, blank)
    .replace(/<!--[\s\S]*?-->|<[a-z][^>\n]*>|https?:\/\/\S+/g, blank);
}

/**
 * The faults of a Markdown page. A phrase may go on in the next line.
 *
 * @param {string} markdown
 * @returns {Fault[]}
 */
export function faultsOfMarkdown(markdown) {
  const prose = proseOf(markdown).replace(/\n(?=[^\n])/g, ' ');
  return faultsOf(prose).map(({ index, ...fault }) => ({ ...placeOf(markdown, index), ...fault }));
}

/**
 * The faults of the messages in a TypeScript module: of its string literals and templates that have a space, without
 * their HTML tags. A literal without a space is a name.
 *
 * @param {string} source
 * @returns {Fault[]}
 */
export function faultsOfSource(source) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  /** @type {Fault[]} */
  const faults = [];
  /** @param {import('typescript').Node} node */
  const visit = (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const text = blankExpressions(node).replace(/<[^<>]*>/g, (tag) => '·'.repeat(tag.length));
      if (/\s/.test(text.trim())) {
        const start = node.getStart();
        for (const { index, ...fault } of faultsOf(text))
          faults.push({ ...placeOf(source, start + index), ...fault });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return faults;
}

/**
 * A literal as it is written, with a placeholder of the same length for each expression of a template: what is inside
 * of those is visited by itself.
 *
 * @param {import('typescript').StringLiteralLike | import('typescript').TemplateExpression} node
 */
function blankExpressions(node) {
  let text = node.getText();
  if (!ts.isTemplateExpression(node)) return text;
  for (const { expression } of node.templateSpans) {
    const from = expression.getFullStart() - node.getStart();
    const to = expression.getEnd() - node.getStart();
    text = text.slice(0, from) + '·'.repeat(to - from) + text.slice(to);
  }
  return text;
}

/**
 * @param {string} text
 * @param {number} index
 */
function placeOf(text, index) {
  const before = text.slice(0, index);
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') };
}

/**
 * @param {string} folder
 * @param {string} ending
 */
function files(folder, ending) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}

/** @param {readonly string[]} files */
function main(files) {
  let count = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const { line, column, found, instead } of file.endsWith('.md')
      ? faultsOfMarkdown(text)
      : faultsOfSource(text)) {
      console.error(`${file}:${line}:${column}: "${found}": write ${instead}`);
      count += 1;
    }
  }
  if (count > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = process.argv.slice(2);
  main(
    given.length > 0
      ? given
      : [
          ...readdirSync('.').filter((name) => name.endsWith('.md')),
          ...files('docs', '.md'),
          ...files('src', '.ts'),
        ],
  );
}
