import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, Markup, scriptJson } from '../../../src/report/html/markup.js';

describe('html', () => {
  it('escapes texts, and takes markup as it is', () => {
    const inner = html`<b>${'<script>'}</b>`;
    expect(html`<p title="${'"x" & y'}">${inner}</p>`.text).toBe(
      '<p title="&quot;x&quot; &amp; y"><b>&lt;script&gt;</b></p>',
    );
  });

  it('leaves out what is not there, and keeps a zero', () => {
    expect(html`[${undefined}${null}${false}${''}${0}]`.text).toBe('[0]');
  });

  it('joins lists', () => {
    expect(html`${[new Markup('<i>'), undefined, html`${'&'}`]}`.text).toBe('<i>&amp;');
  });
});

describe('escaping', () => {
  it('leaves nothing that could open a tag or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeHtml(text)).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('lets no text end a script element, and changes no value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', '</script>', '<!--'), (value, text) => {
        const json = scriptJson([value, text]).text;
        expect(json).not.toContain('<');
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify([value, text])));
      }),
    );
  });
});
