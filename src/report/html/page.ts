import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { html, Markup } from './markup.js';

/** A page that can be sent to a colleague. */
export interface Page {
  /** As a browser shows it. */
  readonly title: string;
  /** The content of its `main`, after the header. */
  readonly body: Markup;
  /** The first heading, and what follows it. */
  readonly header: Markup;
  /** What the page is made of. */
  readonly footer: Markup;
}

/**
 * A whole page in one file: styles, the charting library and the script that draws are inside; nothing is
 * loaded over a network, and its content policy forbids it.
 */
export function pageText({ title, header, body, footer }: Page): string {
  const scripts = [libraryText(), browserFile('page.js')].map(asScript);
  const style = browserFile('page.css');
  // Only these very scripts run, whatever text of a scenario might slip in. The charts set style attributes.
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.map((text) => `'sha256-${hashOf(text)}'`).join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const head = html`<meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <link rel="icon" href="data:," />
    <title>${title}</title>
    <style>
      ${new Markup(style)}
    </style>`;
  const content = html`<a class="skip" href="#content">To the content</a>
    <header>${header}</header>
    <noscript><p class="note">Charts need JavaScript. Every number is in the tables, too.</p></noscript>
    <main id="content">${body}</main>
    <footer>${footer}</footer>`;
  const code = scripts.map((text) => `<script>${text}</script>`).join('\n');
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.text}\n</head>\n<body>\n${content.text}\n${code}\n</body>\n</html>\n`;
}

function browserFile(name: string): string {
  return readFileSync(new URL(`browser/${name}`, import.meta.url), 'utf8');
}

/** Apache ECharts in its minified build, with its licence notice. */
function libraryText(): string {
  return readFileSync(createRequire(import.meta.url).resolve('echarts/dist/echarts.min.js'), 'utf8');
}

/** As a parser will see it, so that the hash is right; and without an end tag that would end it early. */
function asScript(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/<\/script/gi, '<\\/script');
}

function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64');
}
