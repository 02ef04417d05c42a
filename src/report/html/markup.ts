/** HTML in which everything that was inserted is escaped. */
export class Markup {
  readonly text: string;

  /** @param text - HTML that is safe already */
  constructor(text: string) {
    this.text = text;
  }
}

/** Texts are escaped, markup is taken as it is, undefined is left out. */
export type Insertable =
  string | number | Markup | readonly (Markup | undefined)[] | undefined | null | false;

/** A template of HTML: whatever is inserted is escaped, also within quoted attributes. */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  // The indentation of our source is not part of the page.
  const own = parts.map((part) => part.replace(/\n\s+/g, '\n'));
  return new Markup(own.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}

/** Escapes `& < > " '` as entities, for use between tags and within quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}

/** JSON for a script element: it contains no `<`, so no text in it can end the element, or open a comment. */
export function scriptJson(value: unknown): Markup {
  return new Markup(JSON.stringify(value).replace(/</g, '\\u003c'));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(value: Insertable): string {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return value.map((one) => one?.text ?? '').join('');
}
