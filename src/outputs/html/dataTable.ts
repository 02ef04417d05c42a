import { html, Markup, type Insertable } from './markup.js';

/** A column of a table. */
export interface Column {
  /** Its heading. */
  readonly head: string;
  /** Texts to the left, figures to the right. */
  readonly align?: 'left' | 'right';
}

/** A table of texts. */
export interface DataTable {
  /** What it holds; read out before it. */
  readonly caption: string;
  /** Whether the caption is shown, too. */
  readonly showsCaption?: boolean;
  /** The columns; the first one heads each row. */
  readonly columns: readonly Column[];
  /** The rows, a cell a column. */
  readonly rows: readonly (readonly Insertable[])[];
}

/**
 * A table that scrolls sideways where it is wider than the screen.
 *
 * @param table - its content
 * @returns the markup
 */
export function dataTable({ caption, showsCaption = false, columns, rows }: DataTable): Markup {
  const sideOf = (index: number): string =>
    (columns[index]?.align ?? 'right') === 'left' ? ' class="left"' : '';
  const heads = columns.map(
    ({ head }, index) => html`<th scope="col" ${new Markup(sideOf(index))}>${head}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell, index) =>
          index === 0
            ? html`<th scope="row" ${new Markup(sideOf(index))}>${cell}</th>`
            : html`<td ${new Markup(sideOf(index))}>${cell}</td>`,
        )}
      </tr>`,
  );
  // What scrolls must be reachable with the keyboard: hence the tabindex, and with it a role and a name.
  return html`<div class="scrolls" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption ${new Markup(showsCaption ? '' : 'class="unseen"')}>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/**
 * Names and values, a pair a line.
 *
 * @param pairs - names and what stands beside them; pairs without a value are left out
 * @returns the markup
 */
export function factList(pairs: readonly (readonly [string, Insertable])[]): Markup {
  const filled = pairs.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return html`<dl class="facts">
    ${filled.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
