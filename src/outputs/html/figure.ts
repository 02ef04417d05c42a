import { dataTable, type DataTable } from './dataTable.js';
import { html, scriptJson, type Markup } from './markup.js';

/**
 * An ECharts option as JSON. What JSON cannot say is named, and the page's script puts it in: functions as
 * `$name` (see `functions` in browser/page.js), colours of the theme as `@name` (see `palettes` there).
 */
export type ChartOption = Readonly<Record<string, unknown>>;

/** One of several views of a chart. */
export interface ChartView {
  /** What the reader chooses it by; unused where there is one view. */
  readonly label: string;
  /** What is drawn. */
  readonly option: ChartOption;
}

/** A chart with its caption, and its figures as a table. */
export interface Figure {
  /** Names the figure within the page. */
  readonly id: string;
  /** The heading. */
  readonly title: string;
  /** What is to be seen, a sentence or two. */
  readonly caption: string;
  /** What the chart shows, with its main figures: what is read out in its place. */
  readonly description: string;
  /** What the views differ in: `Percentile`; unused where there is one view. */
  readonly choice?: string;
  /** The views; the first one is shown, unless another is named. */
  readonly views: readonly ChartView[];
  /** The label of the view that is shown first. */
  readonly firstView?: string;
  /** What stands right above the chart, in its width. */
  readonly strip?: Markup;
  /** The height of the chart, CSS pixels. */
  readonly heightPx: number;
  /** The figures, for those who cannot see the chart, or want to copy them; left out where they stand beside it. */
  readonly table?: DataTable;
}

/**
 * A figure: heading, caption, choice of views, chart, and the table behind it.
 *
 * @param figure - its content
 * @returns the markup; the page's script draws the chart
 */
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
