/** A piece of HTML in which everything that was inserted is escaped. */
export class Markup {
  /** The HTML text. */
  readonly text: string;

  /**
   * @param text - HTML that is safe as it stands
   */
  constructor(text: string) {
    this.text = text;
  }
}

/** What may be inserted into a template: texts are escaped, markup is taken as it is, nothing is left out. */
export type Insertable =
  string | number | Markup | readonly (Markup | undefined)[] | undefined | null | false;

/**
 * A template of HTML: whatever is inserted is escaped, also within quoted attributes.
 *
 * @param parts - the template's own text
 * @param values - what is inserted
 * @returns the markup
 */
export function html(parts: TemplateStringsArray, ...values: readonly Insertable[]): Markup {
  // The indentation of our source is no part of the page.
  const own = parts.map((part) => part.replace(/\n\s+/g, '\n'));
  return new Markup(own.reduce((text, part, index) => text + textOf(values[index - 1]) + part));
}

/**
 * Makes a text harmless in HTML, between tags and within quoted attributes.
 *
 * @param text - any text
 * @returns the text with `& < > " '` as entities
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);
}

/**
 * JSON that may stand within a script element: no text in it can end the element, or open a comment.
 *
 * @param value - anything that JSON knows
 * @returns JSON without any `<`
 */
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
