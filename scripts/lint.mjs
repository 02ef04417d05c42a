// @ts-check
/**
 * `npm run lint`: format, lint and plain language of the files that differ from the main branch, committed or not. It
 * takes seconds; `npm run check` looks at all files, and at types and import directions too.
 *
 * Usage: npm run lint [-- FILE...]
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const given = process.argv.slice(2);
const files = given.length > 0 ? given : changedFiles();
const endingWith = (/** @type {RegExp} */ ending) => files.filter((file) => ending.test(file));

if (files.length === 0) console.log('lint: no file has changed');
else {
  console.log(`lint: ${files.length} file(s)`);
  const bin = (/** @type {string} */ name) => join('node_modules', '.bin', name);
  /** @type {[string, string[], string[]][]} */
  const steps = [
    [bin('prettier'), ['--check', '--log-level', 'warn', '--ignore-unknown'], files],
    [bin('eslint'), ['--no-warn-ignored', '--max-warnings', '0'], endingWith(/\.(ts|mjs|cjs|js)$/)],
    [
      process.execPath,
      [join('scripts', 'plainLanguage.mjs')],
      endingWith(/^[^/]+\.md$|^docs\/.*\.md$|^src\/.*\.ts$/),
    ],
  ];
  for (const [command, args, about] of steps) {
    if (about.length === 0) continue;
    const { status } = spawnSync(command, [...args, ...about], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
  if (process.exitCode === undefined) console.log('lint: all held');
}

function changedFiles() {
  const base = ['origin/HEAD', 'origin/main', 'main']
    .map((branch) => git('merge-base', branch, 'HEAD')[0])
    .find((commit) => commit !== undefined);
  const changed = git('diff', '--name-only', base ?? 'HEAD');
  const untracked = git('ls-files', '--others', '--exclude-standard');
  return [...new Set([...changed, ...untracked])].filter((file) => existsSync(file));
}

/** @param {string[]} args */
function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
}
