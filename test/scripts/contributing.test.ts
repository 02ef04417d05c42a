import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { installationFolder } from '../../src/version.js';

const page = readFileSync(join(installationFolder, 'CONTRIBUTING.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(installationFolder, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** The parts of a text that a pattern's first group matches. */
function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

it('CONTRIBUTING.md names files and folders that exist', () => {
  const named = [
    ...all(page, /`((?:src|test|bench|docs|scripts|scenarios|grafana|patches)\/[^`\s]*)`/g),
    ...all(page, /\]\(([^)]+)\)/g),
    ...all(page, /vitest run (\S+\.ts)/g),
  ];
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((path) => !existsSync(join(installationFolder, path)))).toEqual([]);
});

it('CONTRIBUTING.md has a line for each folder of src', () => {
  const folders = readdirSync(join(installationFolder, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}/`);
  const listed = all(page, /^\| `(src\/\w+\/)`/gm);
  expect(listed.sort()).toEqual(folders.sort());
});

it('CONTRIBUTING.md names npm scripts that exist', () => {
  const named = all(page, /npm run ([\w:]+)/g);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
