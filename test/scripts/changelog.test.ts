import { describe, expect, it } from 'vitest';
import { notesOf, released } from '../../scripts/release/changelog.mjs';

const changelog = `# Changelog

## [Unreleased]

- Bursts.

## [0.1.0] – 2026-10-01

### Begin

- \`npm start\`.
`;

describe('the changelog at a release', () => {
  it('moves what is unreleased into a section with version and date', () => {
    expect(released(changelog, '0.2.0', '2026-11-28')).toBe(
      changelog.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] – 2026-11-28\n'),
    );
  });

  it.each([
    ['a second release of the same version', changelog, '0.1.0', /has a section 0\.1\.0 already/],
    ['a word that is not a version', changelog, 'v0.2', /"v0\.2" is not a version: write it like 1\.2\.3/],
    ['nothing to release', changelog.replace('- Bursts.\n', ''), '0.2.0', /has nothing under/],
  ])('rejects %s', (_, text, version, message) => {
    expect(() => released(text, version, '2026-11-28')).toThrow(message);
  });

  it('gives a tag its section, subsections included', () => {
    expect(notesOf(changelog, 'v0.1.0', '0.1.0')).toBe('### Begin\n\n- `npm start`.');
  });

  it.each([
    ['a tag of another version', 'v0.2.0', '0.1.0', /the tag v0\.2\.0 is not v0\.1\.0/],
    [
      'a version without a section',
      'v0.3.0',
      '0.3.0',
      /has no section 0\.3\.0: run npm run release:version -- 0\.3\.0/,
    ],
  ])('rejects %s', (_, tag, version, message) => {
    expect(() => notesOf(changelog, tag, version)).toThrow(message);
  });
});
