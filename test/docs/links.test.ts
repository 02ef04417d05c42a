import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'data/README.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe('the documentation', () => {
  it.each(pages)('%s: every relative link leads to a file, and every anchor to a heading', (page) => {
    expect(deadLinks(page)).toEqual([]);
  });

  it('README.md fits about three screens, and has the two commands in their sections', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme.split('\n').length).toBeLessThan(175);
    expect(readme).toMatch(/^## Quick start$[^]*?^npm start$/m);
    expect(readme).toMatch(/^## Tests$[^]*?^npm test$/m);
  });

  it('docs/README.md leads to every page of docs', () => {
    const index = linksOf(readFileSync(join(root, 'docs/README.md'), 'utf8'));
    const reached = new Set(index.map((link) => join('docs', link.replace(/#.*/, ''))));
    const decision = /^docs\/adr\/\d/;
    const own = pages.filter((page) => page.startsWith('docs/') && !decision.test(page));
    expect(own.filter((page) => page !== 'docs/README.md' && !reached.has(page))).toEqual([]);
  });
});

/** The links of a page that lead nowhere. */
function deadLinks(page: string): string[] {
  return linksOf(readFileSync(join(root, page), 'utf8')).filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? join(root, page) : join(root, dirname(page), decodeURI(path));
    if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
}

/** Where the links of Markdown lead that name no other server; code is left out. */
function linksOf(markdown: string): string[] {
  const links = withoutCode(markdown).matchAll(/\]\(([^()\s]+)\)/g);
  return [...links].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(readFileSync(file, 'utf8')).matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^ *(```|~~~)[^]*?^ *\1/gm, '');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replace(/`[^`\n]*`/g, '``');
}
