import { html, Markup, type Insertable } from './markup.js';

export interface Column {
  readonly head: string;
  /** Texts to the left, numbers to the right. */
  readonly align?: 'left' | 'right';
}

export interface DataTable {
  /** Read out before the table. */
  readonly caption: string;
  readonly showsCaption?: boolean;
  /** The first one heads each row. */
  readonly columns: readonly Column[];
  /** One cell per column. */
  readonly rows: readonly (readonly Insertable[])[];
}

/** A table that scrolls sideways where it is wider than the screen. */
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
  // Whatever scrolls must be reachable with the keyboard: hence the tabindex, and with it a role and a name.
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

/** Names and values, a pair per line; pairs without a value are left out. */
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
