import { dataTable, type DataTable } from './dataTable.js';
import { html, scriptJson, type Markup } from './markup.js';

/**
 * An ECharts option as JSON. What JSON cannot express is named, and the page's script inserts it: functions
 * as `$name` (see `functions` in browser/page.js), colours of the theme as `@name` (see `palettes` there).
 */
export type ChartOption = Readonly<Record<string, unknown>>;

/** One of several views of a chart. */
export interface ChartView {
  /** Label of the button; unused where there is one view. */
  readonly label: string;
  readonly option: ChartOption;
}

/** A chart with its caption, and its numbers as a table. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  /** What the chart shows, in a sentence or two. */
  readonly caption: string;
  /** With its main numbers: read out instead of the picture. */
  readonly description: string;
  /** What the views differ in: `Percentile`; unused where there is one view. */
  readonly choice?: string;
  /** The first one is shown, unless another is named. */
  readonly views: readonly ChartView[];
  /** Label of the view that is shown first. */
  readonly firstView?: string;
  /** Shown right above the chart, in its width. */
  readonly strip?: Markup;
  readonly heightPx: number;
  /**
   * The numbers, for those who cannot see the chart, or want to copy them; undefined where they are shown
   * beside it.
   */
  readonly table?: DataTable;
}

/** A figure: heading, caption, choice of views, chart, and its table; the page's script draws the chart. */
export function figureMarkup(figure: Figure): Markup {
  const { id, title, caption, description, choice, views, strip, heightPx, table } = figure;
  const first = Math.max(
    0,
    views.findIndex(({ label }) => label === figure.firstView),
  );
  const options = { first, options: views.map(({ option }) => option) };
  return html`<figure id="${id}" class="chart-figure" aria-labelledby="${id}-title">
    <h3 id="${id}-title">${title}</h3>
    <figcaption>${caption}</figcaption>
    ${views.length > 1 && choices(id, choice ?? 'View', views, first)} ${strip}
    <div
      class="chart"
      role="img"
      aria-label="${description}"
      data-height="${heightPx}"
      style="height:${heightPx}px"
    ></div>
    <script type="application/json">
      ${scriptJson(options)}
    </script>
    ${
      table !== undefined &&
      html`<details class="figures">
        <summary>Numbers as a table<span class="unseen">: ${title}</span></summary>
        ${dataTable(table)}
      </details>`
    }
  </figure>`;
}

function choices(id: string, choice: string, views: readonly ChartView[], first: number): Markup {
  return html`<fieldset class="choices">
    <legend>${choice}</legend>
    ${views.map(
      ({ label }, index) =>
        html`<label
          ><input type="radio" name="${id}-view" value="${index}" ${index === first && html`checked`} /><span
            >${label}</span
          ></label
        >`,
    )}
  </fieldset>`;
}
