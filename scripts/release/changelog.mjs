// @ts-check
/**
 * The changelog at a release.
 *
 *   npm run release:version -- 1.2.3    sets the version, and gives the section [Unreleased] its name and date
 *   npm run release:notes -- v1.2.3     prints the section of a tag; fails where tag, version and changelog disagree
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { npm } from '../setup/install.mjs';

const file = fileURLToPath(new URL('../../CHANGELOG.md', import.meta.url));
const versionPattern = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** A fault that the maintainer can fix. */
export class ReleaseError extends Error {}

/**
 * The changelog in which everything unreleased belongs to a version.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {string} date as 2026-11-28
 */
export function released(changelog, version, date) {
  if (!versionPattern.test(version))
    throw new ReleaseError(`"${version}" is not a version: write it like 1.2.3`);
  if (sectionOf(changelog, version) !== undefined)
    throw new ReleaseError(`CHANGELOG.md has a section ${version} already`);
  const unreleased = sectionOf(changelog, 'Unreleased') ?? '';
  if (unreleased === '')
    throw new ReleaseError('CHANGELOG.md has nothing under "## [Unreleased]": write there what has changed');
  return changelog.replace(/^## \[Unreleased\]$/m, `## [Unreleased]\n\n## [${version}] – ${date}`);
}

/**
 * What a release says about itself: its section of the changelog.
 *
 * @param {string} changelog
 * @param {string} tag the tag, v1.2.3
 * @param {string} version what package.json says
 */
export function notesOf(changelog, tag, version) {
  if (tag !== `v${version}`)
    throw new ReleaseError(`the tag ${tag} is not v${version}, the version of package.json`);
  const section = sectionOf(changelog, version) ?? '';
  if (section === '')
    throw new ReleaseError(
      `CHANGELOG.md has no section ${version}: run npm run release:version -- ${version}`,
    );
  return section;
}

/**
 * @param {string} changelog
 * @param {string} name
 * @returns {string | undefined} the text below the heading, or undefined where there is no such heading
 */
function sectionOf(changelog, name) {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((section) => section.startsWith(`[${name}]`));
  return found?.slice(found.indexOf('\n')).trim();
}

/** @param {readonly string[]} words */
function main([command = '', word = '']) {
  const changelog = readFileSync(file, 'utf8');
  if (command === 'notes') {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    console.log(notesOf(changelog, word, version));
    return;
  }
  const dated = released(changelog, word, new Date().toISOString().slice(0, 10));
  const { command: run, args, env } = npm(process.env);
  const { status } = spawnSync(
    run,
    [...args, 'version', word, '--no-git-tag-version', '--allow-same-version'],
    {
      env,
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new ReleaseError('npm could not set the version');
  writeFileSync(file, dated);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(`release: ${error.message}`);
    process.exitCode = 2;
  }
}
