import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { callPrefix, shellWord, type Call } from '../src/ownCommand.js';

const clone = '/home/vera/my clone';
const main = `${clone}/dist/src/cli/main.js`;
const call = (parts: Partial<Call>): Call => ({
  script: main,
  cwd: clone,
  installation: clone,
  env: { PATH: '/usr/bin:/usr/local/bin' },
  ...parts,
});

describe('how the program is called again', () => {
  it.each<[string, Partial<Call>, string]>([
    ['by npx', { env: { npm_lifecycle_event: 'npx' } }, 'npx rubin-alert-sim'],
    [
      'by npm start in a clone',
      { env: { npm_lifecycle_event: 'start', INIT_CWD: clone } },
      'npx rubin-alert-sim',
    ],
    [
      'by npm start in a folder of the clone',
      { env: { npm_lifecycle_event: 'start', INIT_CWD: `${clone}/docs` } },
      'npx rubin-alert-sim',
    ],
    [
      'by npm --prefix from elsewhere, where npx would not find it',
      { env: { npm_lifecycle_event: 'start', INIT_CWD: '/tmp' } },
      `node '${main}'`,
    ],
    ['by its script', {}, 'node dist/src/cli/main.js'],
    [
      'by its script, from a folder beside it',
      { cwd: '/home/vera/data' },
      `node '../my clone/dist/src/cli/main.js'`,
    ],
    ['by its script, from far away', { cwd: '/srv/a/b/c/d' }, `node '${main}'`],
    ['from the PATH', { script: '/usr/local/bin/rubin-alert-sim' }, 'rubin-alert-sim'],
    [
      'by a path of its own',
      { script: '/srv/app/node_modules/.bin/rubin-alert-sim', cwd: '/srv/app' },
      'node_modules/.bin/rubin-alert-sim',
    ],
    ['inside a worker thread', { script: `${clone}/dist/src/workers/entry.js` }, 'rubin-alert-sim'],
  ])('%s', (_how, parts, prefix) => {
    expect(callPrefix(call(parts))).toBe(prefix);
  });
});

describe('a word for a shell', () => {
  it.each(['plain', 'a/b-c_d.e', 'key=value', 'localhost:9092,localhost:9093', '@file'])(
    '%s stays as it is',
    (word) => {
      expect(shellWord(word)).toBe(word);
    },
  );

  it.each(['two words', "it's", '$HOME', '', 'a;b', '*', '"x"', '~/x', 'a\nb', 'ü'])(
    '%j comes back whole',
    (word) => {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
    },
  );
});
